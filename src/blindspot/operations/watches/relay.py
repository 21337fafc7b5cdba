"""The relay of a watch: which drone starts, which drone looks, which drone leaves its post.

The relay is pure: it has no clock, sends nothing and reads nothing. The caller asks ten times a second with the facts
of all drones, and carries out the acts. The next call shows by its facts whether an act had its effect, so a lost
message only delays the act. Orders of persons go past the relay: it sees their effect in the facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import nan
from typing import Literal

from blindspot.operations.watches.post_plan import PostPlan

DroneState = Literal["ready", "swapping", "starting", "under_way", "on_post", "holding", "homeward", "out"]
"""What a drone of a watch does.

- ready: on its pad with a fresh battery, no turn is open
- swapping: on its pad, landed or waiting for the battery to be swapped
- starting: from the order of its turn to the take-off: clearance, pre-flight checks, arming
- under_way: in the air, not yet at its viewpoint
- on_post: at its viewpoint in its mission; LOITER_TIME runs
- holding: in a hold in the air, at its viewpoint or elsewhere
- homeward: in the air on its way home, or landing
- out: lost, failed, or taken out of the watch; a drone in this state gets no order
"""
TargetState = Literal["before", "watched", "handing_over", "short", "gap", "ended"]
"""`before` the watch begins and after it has `ended` no camera is expected. `short`: a gap is foreseen."""
LEAST_PREFLIGHT_S = 45.0
"""Least time from the order of a turn to its take-off that a relay counts on, s."""


@dataclass(frozen=True, slots=True)
class DroneNow:
    """What is known of a drone now. Moments are on the clock of `Relay.step`.

    Parameters
    ----------
    state, since_s
        What it does, and since when. A resumed hold begins `on_post` anew, because LOITER_TIME does, too.
    battery_fraction
        Its charge, 0 to 1; NaN when unknown.
    wind_mps
        Measured wind, m/s; NaN when unknown, which counts as the strongest permitted wind.
    cleared
        The gate has cleared its turn. A drone in the air without a clearance keeps all others on their pads.
    has_right
        Its last lease gives it the right to look.
    looks
        Its camera made an exposure within the last second.
    inhibited
        Its sensor is reported as inhibited.
    reason
        Why it is in this state, one sentence: a refusal, a failed check, an order; empty if there is none.
    """

    state: DroneState
    since_s: float
    battery_fraction: float = nan
    wind_mps: float = nan
    cleared: bool = True
    has_right: bool = False
    looks: bool = False
    inhibited: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Start:
    """Open a turn of a ready drone: clearance, pre-flight, take-off. Without effect for a drone with an open turn."""

    drone: str


@dataclass(frozen=True, slots=True)
class PassLook:
    """Ask the gate to pass the right to look. An empty `to` only takes the right, an empty `from_` only gives it."""

    to: str
    from_: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Order the return of a drone, in the name of the person who ordered the watch. Without effect for a drone that
    already flies home."""

    drone: str


Act = Start | PassLook | Leave


@dataclass(frozen=True, slots=True)
class TargetStatus:
    """The live state of a target, as `WatchStatus` shows it.

    Parameters
    ----------
    target, state
        The target of the mission file, and its state.
    looking
        Drone of the target with the right to look; empty without one.
    due_s
        Until the next relief has to start, s; negative if the relief is late, NaN if no relief is needed or known.
    gap_s
        Length of the present gap, or the time until the foreseen gap, s; 0 without one.
    reason
        Of the gap, one sentence; empty without one.
    reliefs
        Hand-overs from one drone to another so far.
    """

    target: str
    state: TargetState
    looking: str = ""
    due_s: float = nan
    gap_s: float = 0.0
    reason: str = ""
    reliefs: int = 0


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
        self._posts = {post.drone: post for post in posts}
        self._starts_s, self._ends_s, self._earliest_s = starts_s, ends_s, earliest_s
        self._cap, self._overlap_s, self._swap_s = cap, overlap_s, swap_s

    def step(self, now_s: float, drones: Mapping[str, DroneNow]) -> tuple[Act, ...]:
        """The acts of now. `now_s` only goes forward; a drone of the posts that is missing in `drones` is out."""
        raise NotImplementedError

    def targets(self) -> tuple[TargetStatus, ...]:
        """The state of each target at the last step, in the order of the posts."""
        raise NotImplementedError

    def end(self, now_s: float) -> None:
        """End the watch by order of a person: no drone starts any more, and the next steps call all drones home."""
        raise NotImplementedError
