"""The facts that go into a relay, and the acts and states that come out of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

DroneState = Literal["ready", "swapping", "starting", "under_way", "on_post", "holding", "homeward", "out"]
"""The activity of a drone of a watch.

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
"""`before` the watch begins and after it has `ended` no camera is expected: the way of the first drone is no gap.
`short`: a gap is foreseen. A gap that is foreseen `before` the begin has its length of warning and its reason there."""


@dataclass(frozen=True, slots=True)
class DroneNow:
    """The known facts of a drone now. Moments are on the clock of `Relay.step`.

    Parameters
    ----------
    state, since_s
        Activity of the drone, and its begin. A resumed hold begins `on_post` anew, because LOITER_TIME does, too.
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
        Length of the present gap since the begin of the watch, or the time until the foreseen gap, s; 0 without one.
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
