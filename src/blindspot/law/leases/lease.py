"""The lease of a drone as its flight sees it: a permit that dies of silence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal

LeaseState = Literal["ok", "inhibit", "hold", "return"]

LEASE_S = 3.0
"""How long a lease is valid at most."""

INHIBIT_AFTER_S = 3.0
HOLD_AFTER_S = 10.0
RETURN_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Lease:
    """What `authority` says for one drone at one moment."""

    granted: bool
    valid_until: datetime
    """UTC; a lease that is not granted was never valid."""
    rule: str = ""
    """The rule that refused, empty when granted."""
    reason: str = ""
    """One sentence for the operator: "GO until 22:58", or what would satisfy the rule."""


class LeaseWatch:
    """Turns what is heard of leases into what it means for the flight. Never heard counts as lost.

    A refusal or a lease past its end inhibits the sensor at once; the drone is moved as after a silence of the same
    length, so that a breach of the law never makes an unsafe manoeuvre of a short gap.
    """

    def __init__(self) -> None:
        self._good_s = -inf
        self._until_s = -inf
        self.reason = "no lease was heard yet"

    def heard(self, granted: bool, valid_until_s: float, now_s: float, reason: str = "") -> None:
        """A lease arrived; `valid_until_s` is on the same clock as `now_s`."""
        self.reason = reason
        if granted and valid_until_s > now_s:
            self._good_s, self._until_s = now_s, valid_until_s
        else:
            self._until_s = -inf

    def at(self, now_s: float) -> LeaseState:
        """What the flight may do now."""
        silent_s = now_s - self._good_s
        if silent_s >= RETURN_AFTER_S:
            return "return"
        if silent_s >= HOLD_AFTER_S:
            return "hold"
        if silent_s >= INHIBIT_AFTER_S or now_s >= self._until_s:
            return "inhibit"
        return "ok"
