"""The lease of a drone for the flight: a permit that expires when messages stop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Literal

LeaseState = Literal["ok", "inhibit", "hold", "return"]

LEASE_S = 3.0
"""Longest validity of a lease."""

INHIBIT_AFTER_S = 3.0
HOLD_AFTER_S = 10.0
RETURN_AFTER_S = 30.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease that `authority` gives one drone at one moment."""

    granted: bool
    valid_until: datetime
    """UTC; for a refusal, the time of the refusal."""
    rule: str = ""
    """The rule that refused, empty when granted."""
    reason: str = ""
    """One sentence for the operator: "GO until 22:58", or the reason of the refusal."""
    may_look: bool = False
    """Whether the drone may also look; without this right the drone flies with its sensor inhibited."""


class LeaseWatch:
    """Derives the permitted flight state from the leases that arrive. A lease that never arrived counts as lost.

    A refusal or an expired lease inhibits the sensor at once. The drone is moved only as after a gap in the messages
    of the same length, so that a short gap never causes an unsafe manoeuvre. A lease without the right to look
    inhibits the sensor and nothing else.

    Examples
    --------
    >>> watch = LeaseWatch()
    >>> watch.heard(granted=True, valid_until_s=103.0, now_s=100.0, may_look=True)
    >>> [watch.at(now_s) for now_s in (101.0, 104.0, 111.0, 131.0)]
    ['ok', 'inhibit', 'hold', 'return']
    >>> [watch.may_look(now_s) for now_s in (101.0, 104.0)]
    [True, False]
    """

    def __init__(self) -> None:
        self._good_s = -inf
        self._until_s = -inf
        self._looks = False
        self.reason = "no lease has arrived yet"

    def heard(
        self, granted: bool, valid_until_s: float, now_s: float, reason: str = "", *, may_look: bool = False
    ) -> None:
        """A lease arrived; `valid_until_s` is on the same clock as `now_s`."""
        self.reason, self._looks = reason, may_look
        if granted and valid_until_s > now_s:
            self._good_s, self._until_s = now_s, valid_until_s
        else:
            self._until_s = -inf

    def silent_s(self, now_s: float) -> float:
        """Time since the last valid lease, s."""
        return now_s - self._good_s

    def at(self, now_s: float) -> LeaseState:
        """The state that the flight is permitted now."""
        silent_s = self.silent_s(now_s)
        if silent_s >= RETURN_AFTER_S:
            return "return"
        if silent_s >= HOLD_AFTER_S:
            return "hold"
        if silent_s >= INHIBIT_AFTER_S or now_s >= self._until_s:
            return "inhibit"
        return "ok"

    def may_look(self, now_s: float) -> bool:
        """Whether the sensor is permitted now: the latest lease holds and has the right to look."""
        return self._looks and self.at(now_s) == "ok"
