"""A refusal: the rule, where it comes from, what is wrong and what would satisfy it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule that refuses."""

    rule: str
    source: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.source}): {self.reason}; {self.remedy}"
