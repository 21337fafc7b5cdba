"""The battery packs of a watch: a drone that has landed gets the pack that is charged first."""

from __future__ import annotations

import heapq
from collections.abc import Collection
from math import inf


class Packs:
    """Each drone begins with a full pack. `spare` packs lie charged on the ground; infinitely many without a number.

    A person changes a pack in `swap_s`, and a pack is full again `charge_s` after the landing. Nobody changes the packs
    of the drones in `forgotten`.
    """

    def __init__(self, swap_s: float, spare: int | None = None, charge_s: float = 0.0) -> None:
        self.forgotten: Collection[str] = ()
        self._swap_s, self._charge_s = swap_s, charge_s
        self._charged_s = None if spare is None else [-inf] * spare
        """For each pack on the ground: the time from which it is full, s."""
        self._ready_s: dict[str, float] = {}

    def landed(self, drone: str, now_s: float) -> None:
        """A drone stands with an empty pack, s of the simulation."""
        if drone in self.forgotten:
            self._ready_s[drone] = inf
            return
        charged_s = now_s
        if self._charged_s is not None:
            charged_s = heapq.heappushpop(self._charged_s, now_s + self._charge_s)
        self._ready_s[drone] = max(now_s, charged_s) + self._swap_s

    def ready_s(self, drone: str) -> float:
        """Time from which a drone has a full pack, s; infinite while nobody changes it."""
        return self._ready_s.get(drone, -inf)
