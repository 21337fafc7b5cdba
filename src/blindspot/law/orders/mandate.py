"""A pilot's mandate: the passes of one evening that a scheduler may order in the pilot's name. Pure.

Time and plan of a pass are secret until the pass is due, so no person can sign the order. The pilot on duty signs,
once, the operation, the evening, the drones, the mission, the hours and the most passes, together with the scheduler's
own key. The scheduler signs the order of each pass with that key and sends the mandate with it. Any stop ends the
mandate.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection
from dataclasses import astuple, dataclass, fields

from blindspot.core import one_line

MANDATE = "mandate"
LONGEST = 24 * 3600
"""Longest span of hours in which a mandate's passes start, s."""
LONGEST_SIGNATURE = 4000
"""Characters of an order's signature, with its mandate."""
_FORM = re.compile(r"mandate:([A-Za-z0-9_=-]{1,3600}):(\d{1,20}:[A-Za-z0-9+/]{86}==)")


@dataclass(frozen=True, slots=True)
class Mandate:
    """A pilot's permission for an evening. `drones` are the permitted drones, `mission` with the hash is the only
    mission."""

    person: str
    reason: str
    drones: tuple[str, ...]
    operation_sha256: str
    evening: str
    """`<operation>/<date>/<slot>`."""
    begins_s: int
    """Passes start from here on, UTC, s."""
    ends_s: int
    most_passes: int
    """Take-offs of the fleet, repeated ones included."""
    mission: str
    mission_sha256: str
    key: str
    """Public key of the scheduler."""
    signature: str = ""
    """The pilot's, over all of these."""

    @property
    def details(self) -> tuple[str | int, ...]:
        """All that is signed besides person, reason and drones."""
        return (
            self.operation_sha256, self.evening, self.begins_s, self.ends_s, self.most_passes, self.mission,
            self.mission_sha256, self.key,
        )  # fmt: skip

    def with_pass(self, signature: str) -> str:
        """The signature of a pass's order: this mandate, and the scheduler's own signature."""
        said = base64.urlsafe_b64encode(json.dumps(astuple(self), separators=(",", ":")).encode()).decode()
        return f"{MANDATE}:{said}:{signature}"

    def why_not_run(self, run: str, mission: str, mission_sha256: str) -> str:
        """The reason against a run as a pass of this evening; empty if the run is such a pass."""
        if (mission, mission_sha256) != (self.mission, self.mission_sha256):
            return f"the mandate of {self.person} is for another mission"
        if not re.fullmatch(re.escape(self.evening.replace("/", "-")) + r"-\d{1,3}(-again\d{1,3})?", run):
            return f"the mandate of {self.person} is for {one_line(self.evening, 100)}, and for no other evening"
        return ""

    def why_not_drones(self, drones: Collection[str]) -> str:
        """The reason why these drones may not fly by it; empty if they may."""
        others = [drone for drone in drones if drone not in self.drones]
        return f"the mandate of {self.person} does not name {one_line(others[0], 60)}" if others else ""

    def why_not_now(self, run: str, now_s: float, past: Past, *, simulated: bool) -> str:
        """The reason why a new pass may not start now; empty if it may. The evenings of a simulation have their own
        time, so there the hours are not compared with the computer's clock."""
        if not 0 < self.ends_s - self.begins_s <= LONGEST:
            return f"the mandate of {self.person} spans more than a day, or no time"
        if not simulated and not self.begins_s <= now_s <= self.ends_s:
            return f"it is outside of the hours of the mandate of {self.person}"
        if past.is_stopped:
            return f"the mandate of {self.person} has ended: drones were stopped or called home since; sign another"
        if run in past.runs:
            return f"run {one_line(run, 80)} has been flown by this mandate"
        if len(past.runs) >= self.most_passes:
            return f"the mandate of {self.person} is used up: it permits {self.most_passes} passes"
        return ""


@dataclass(frozen=True, slots=True)
class Past:
    """What happened since a mandate was signed: whether drones were stopped, and the flown runs."""

    is_stopped: bool
    runs: frozenset[str]


def read_mandate(signature: str) -> tuple[Mandate, str] | None:
    """The mandate in the signature of an order, and the scheduler's own signature; `None` if there is none."""
    found = _FORM.fullmatch(signature)
    if found is None:
        return None
    try:
        said = json.loads(base64.urlsafe_b64decode(found[1]))
        if not isinstance(said, list) or len(said) != len(fields(Mandate)) or not isinstance(said[2], list):
            return None
        said[2] = tuple(said[2])
        mandate = Mandate(*said)
    except (ValueError, RecursionError):
        return None
    return (mandate, found[2]) if _has_types(mandate) else None


def _has_types(mandate: Mandate) -> bool:
    numbers = (mandate.begins_s, mandate.ends_s, mandate.most_passes)
    texts = (
        mandate.person, mandate.reason, mandate.operation_sha256, mandate.evening, mandate.mission,
        mandate.mission_sha256, mandate.key, mandate.signature, *mandate.drones,
    )  # fmt: skip
    is_key = isinstance(mandate.key, str) and re.fullmatch(r"[0-9a-f]{64}", mandate.key)
    return all(type(each) is int for each in numbers) and all(isinstance(each, str) for each in texts) and bool(is_key)
