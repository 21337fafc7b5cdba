"""The relay of a watch: which drone starts, which drone looks, which drone leaves its post.

The relay is pure: it has no clock, sends nothing and reads nothing. The caller asks ten times a second with the facts
of all drones, and carries out the acts. The next call shows by its facts whether an act had its effect, so a lost
message only delays the act. Orders of persons go past the relay: it sees their effect in the facts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from math import isfinite
from statistics import median

from blindspot.operations.watches.drone_memory import IN_THE_AIR, DroneMemory
from blindspot.operations.watches.exchange import Act, DroneNow, PassLook, TargetStatus
from blindspot.operations.watches.post_plan import PostPlan
from blindspot.operations.watches.target_relay import MARGIN_S, SETTLE_S, TargetRelay, Times

LEAST_PREFLIGHT_S = 45.0
"""Least time from the order of a turn to its take-off that a relay counts on, s."""

WAYS_KEPT, LONGEST_WAY = 8, 2.0
"""So many of the last measured ways count, each at most so many times as long as the planned way."""


def lead_s(posts: Iterable[PostPlan], overlap_s: float) -> float:
    """From the order of the first turn to a begin of the watch that the first drone reaches with time to spare, s."""
    return LEAST_PREFLIGHT_S + max(post.way_s for post in posts) + SETTLE_S + overlap_s + MARGIN_S


class Relay:
    """The relay of one watch.

    Parameters
    ----------
    posts
        The post of each drone. Drones with the same target relieve each other, in this order.
    starts_s, ends_s
        The watch begins, and the latest landing, on the clock of `step`, s.
    cap
        Most cameras that may look at once, for all targets together.
    overlap_s
        The relief has its target in the picture this long before the other drone leaves, s.
    swap_s
        From a landing to the next possible start with a fresh battery, s.
    earliest_s
        No drone starts before, s: the gate refuses an earlier flight.

    Example
    -------
    >>> relay = Relay(posts, starts_s=3600.0, ends_s=18_000.0, cap=2, overlap_s=15.0, swap_s=180.0)  # doctest: +SKIP
    >>> relay.step(3500.0, {"drone1": DroneNow("ready", 0.0), "drone2": DroneNow("ready", 0.0)})  # doctest: +SKIP
    (Start(drone='drone1'),)
    """

    def __init__(
        self,
        posts: Iterable[PostPlan],
        *,
        starts_s: float,
        ends_s: float,
        cap: int,
        overlap_s: float,
        swap_s: float,
        earliest_s: float = 0.0,
    ) -> None:
        self._drones = {post.drone: DroneMemory(post) for post in posts}
        targets = dict.fromkeys(drone.post.target for drone in self._drones.values())
        self._targets = [
            TargetRelay(target, [drone for drone in self._drones.values() if drone.post.target == target])
            for target in targets
        ]
        self._starts_s, self._ends_s, self._earliest_s = starts_s, ends_s, earliest_s
        self._cap, self._overlap_s, self._swap_s = cap, overlap_s, swap_s
        self._preflights_s: list[float] = []
        self._ways: deque[float] = deque([1.0], WAYS_KEPT)
        self._status = tuple(TargetStatus(target, "before") for target in targets)

    def step(self, now_s: float, drones: Mapping[str, DroneNow]) -> tuple[Act, ...]:
        """The acts of now. `now_s` only goes forward; a drone of the posts that is missing in `drones` is out."""
        for name, drone in self._drones.items():
            drone.notice(now_s, drones.get(name, DroneNow("out", now_s, cleared=False)))
            if isfinite(drone.preflight_s):
                self._preflights_s.append(drone.preflight_s)
            if isfinite(drone.way_ratio):
                self._ways.append(min(drone.way_ratio, LONGEST_WAY))
        acts: list[Act] = []
        states: list[TargetStatus] = []
        for target in self._targets:
            new, status = target.step(now_s, self._times(acts))
            acts += new
            states.append(status)
        self._status = tuple(states)
        return tuple(acts)

    def targets(self) -> tuple[TargetStatus, ...]:
        """The state of each target at the last step, in the order of the posts."""
        return self._status

    def begin(self, starts_s: float, ends_s: float) -> None:
        """Another begin and latest landing: in a simulation both follow the first clearance."""
        self._starts_s, self._ends_s = starts_s, ends_s

    @property
    def preflight_s(self) -> float:
        """From the order of a turn to its take-off, s: the median of this watch, and at least `LEAST_PREFLIGHT_S`."""
        return max(LEAST_PREFLIGHT_S, median(self._preflights_s or [0.0]))

    def end(self, now_s: float) -> None:
        """End the watch by order of a person: no drone starts any more, and the next steps call all drones home."""
        self._ends_s = min(self._ends_s, now_s)

    def _times(self, acts: Iterable[Act]) -> Times:
        """The times of now. A right that was asked for at this step counts against the cap, too."""
        asked = sum(isinstance(act, PassLook) and act.to != "" for act in acts)
        return Times(
            starts_s=self._starts_s,
            ends_s=self._ends_s,
            earliest_s=self._earliest_s,
            overlap_s=self._overlap_s,
            swap_s=self._swap_s,
            preflight_s=self.preflight_s,
            way_factor=max(1.0, *self._ways),
            cap_left=self._cap - asked - sum(drone.facts.has_right for drone in self._drones.values()),
            blocked=self._blocked(),
        )

    def _blocked(self) -> str:
        """The drones in the air without a clearance: their ways are unknown, so the gate clears no further drone."""
        names = [
            name for name, drone in self._drones.items()
            if drone.facts.state in IN_THE_AIR and not drone.facts.cleared
        ]  # fmt: skip
        return f"{', '.join(names)}: in the air without a clearance, so no drone may start" if names else ""
