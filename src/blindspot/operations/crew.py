"""The work of an evening's people: drones in the air for each pilot, and packs changed on the pads between passes.

Packs are changed when the drones of a pass are down, so pilots change packs, too. Each person walks from pad to pad.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import dist, inf

WALK_MPS = 1.2
"""Speed of a person with a battery case."""
PlaceM = tuple[float, float]


def turnaround_s(pads: Sequence[PlaceM], people: int, swap_s: float) -> float:
    """Time from the landing of all drones until each has a fresh pack, s, if the people share the pads at best. `pads`
    are at most 12 places, m east and north; `swap_s` is the time to change one pack and make its drone ready.

    >>> turnaround_s([(0.0, 0.0), (120.0, 0.0)], 2, 180.0), turnaround_s([(0.0, 0.0), (120.0, 0.0)], 1, 180.0)
    (180.0, 460.0)
    """
    every = (1 << len(pads)) - 1

    @cache
    def way_m(done: int, last: int) -> float:
        """Shortest way over the pads of `done` that ends at `last`, m."""
        before = done & ~(1 << last)
        if not before:
            return 0.0
        return min(
            way_m(before, other) + dist(pads[other], pads[last])
            for other in range(len(pads)) if before >> other & 1
        )  # fmt: skip

    @cache
    def alone_s(some: int) -> float:
        """Time of one person for these pads, s."""
        if not some:
            return 0.0
        shortest_m = min(way_m(some, last) for last in range(len(pads)) if some >> last & 1)
        return some.bit_count() * swap_s + shortest_m / WALK_MPS

    @cache
    def shared_s(some: int, number: int) -> float:
        """Time of `number` people for these pads, s."""
        if number == 1:
            return alone_s(some)
        best, part = inf, some
        while True:  # each part of these pads for one person, the others for the rest
            best = min(best, max(alone_s(part), shared_s(some & ~part, number - 1)))
            if not part:
                return best
            part = (part - 1) & some

    return shared_s(every, min(people, len(pads)))


def people_needed(pads: Sequence[PlaceM], swap_s: float, within_s: float) -> int | None:
    """The fewest people whose turnaround takes at most `within_s`; None if not even one person a pad is fast enough."""
    return next((n for n in range(1, len(pads) + 1) if turnaround_s(pads, n, swap_s) <= within_s), None)
