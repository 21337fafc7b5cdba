"""A refusal: its rule, its legal source, the problem and the remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """One refusal."""

    rule: str
    source: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.rule} ({self.source}): {self.reason}; {self.remedy}"
