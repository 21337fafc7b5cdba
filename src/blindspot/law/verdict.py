"""A refusal: its rule, its legal source, the problem and the remedy."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verdict:
    """One refusal."""

    rule: str
    source: str
    reason: str
    remedy: str
    remedy_fr: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, language: str) -> str:
        """One line, with the remedy in this language; the fact that decided is in English."""
        remedy = (self.remedy_fr or self.remedy) if language == "fr" else self.remedy
        return f"{self.rule} ({self.source}): {self.reason}; {remedy}"
