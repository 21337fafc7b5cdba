"""A refusal: rule, legal source, problem and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from blindspot.law.french import said


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
        """One line in this language, "en" or "fr"."""
        if language != "fr":
            return f"{self.rule} ({self.source}): {self.reason}; {self.remedy}"
        source, reason = said(self.source, "fr"), said(self.reason, "fr")
        return f"{self.rule} ({source}) : {reason} ; {self.remedy_fr or self.remedy}"


PRODUCT_RULES: Mapping[str, str] = {
    "AUT-08": "the rest of a plan that is wider than the cleared plan",
    "AUT-09": "a drone that is cleared for another plan; a cleared plan, or its rest, from another requester; a "
    "request without a requester",
    "AUT-10": "a clearance whose entry cannot be written to the journal",
    "PLN-01": "a plan about another origin or datum than the site's, or without a route",
    "PLN-02": "a drone that the fleet lacks, two routes of a drone, two drones on one route, another model or pad",
    "PLN-03": "an autopilot parameter that no plan may set, or a value beyond its bounds",
    "PLN-04": "a plan that the independent checker refuses, or gives no verdict on",
    "PLN-05": "a fence closer to the fence of another cleared plan, or of a drone still in the air, than the larger "
    "`separation_m` of both missions; a drone in the air without a clearance",
    "PLN-06": "a flight more than an hour before the mission's `start`: its town lacks the obstacles until then",
}
"""The rules of the product itself, beside the law: the reason for which each refuses."""
