"""The drones of a watch between two turns: they wait for a fresh pack, are ready, or are lost to the watch."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import inf

from blindspot.operations.watches import DroneState


class Rests:
    """Times are those of one clock, s. `swap_s` is the time from a landing to a fresh pack; None if a person reports
    each pack. The other arguments are the properties of the object of an earlier process."""

    def __init__(
        self, swap_s: float | None, until: Mapping[str, tuple[float, str]] | None = None,
        unswapped: Collection[str] = (), lost: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.until = dict(until or {})
        """By drone on its pad: until when it takes no turn, s, and the reason of its last turn's end."""
        self.unswapped = set(unswapped)
        """Drones on their pads whose packs a person changes."""
        self.lost = dict(lost or {})
        """By drone that takes no other turn: the reason."""
        self._swap_s = swap_s

    def flew(self, drone: str, now_s: float, reason: str) -> None:
        """A drone has flown a turn, and is back on its pad."""
        self.until[drone] = now_s + (self._swap_s or 0.0), reason
        if self._swap_s is None:
            self.unswapped.add(drone)

    def did_not_fly(self, drone: str, now_s: float, reason: str) -> None:
        """A turn of a drone has ended before the take-off; the relay decides when the drone is tried again."""
        self.until[drone] = now_s, reason

    def loses(self, drone: str, reason: str) -> None:
        """A drone is not on its pad after a turn."""
        self.lost[drone] = reason

    def swapped(self, drones: Collection[str]) -> None:
        """A person has changed the packs of these drones."""
        for drone in self.unswapped.intersection(drones):
            self.unswapped.discard(drone)
            self.until.pop(drone, None)

    def state(self, drone: str, now_s: float, *, is_down: bool) -> tuple[DroneState, str]:
        """What a drone without an open turn does, and why. `is_down`: it is known to stand on the ground."""
        until_s, reason = self.until.get(drone, (-inf, ""))
        if drone in self.lost:
            return "out", self.lost[drone]
        if not is_down:
            return "out", "it is not known to stand on its pad"
        if drone in self.unswapped:
            return "swapping", "it waits for a new battery pack"
        return ("swapping" if now_s < until_s else "ready"), reason
