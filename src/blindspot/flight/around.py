"""What a flight must know beside its own telemetry: the ground station, the other drones, the computer on board."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, nan

LEAST_APART_S = 0.3
"""Places told closer together than this say nothing of a speed."""


@dataclass(frozen=True, slots=True)
class Other:
    """Another drone of the plan, as it told itself: m ENU about the site's origin, `up_m` above its datum."""

    name: str
    east_m: float = nan
    north_m: float = nan
    up_m: float = nan
    flies: bool = True
    """False only where it said that it stands."""
    silent_s: float = inf
    speed_mps: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """East, north, up, by its last two places."""


def hear_other(
    known: Other | None, name: str, phase: str, place: tuple[float, float, float], after_s: float
) -> Other:  # fmt: skip
    """What another drone's status makes of what was known (None: nothing), told `after_s` after the last place taken.

    Its node is idle again after every flight, one that failed in the air included: then it is where it was.
    """
    if phase == "idle":
        return replace(known, silent_s=0.0) if known is not None else Other(name, flies=False, silent_s=0.0)
    flies = phase not in ("preflight", "landed")
    if known is not None and 0.0 <= after_s < LEAST_APART_S:
        return replace(known, flies=flies, silent_s=0.0)
    speed_mps = (0.0, 0.0, 0.0)
    if known is not None and 0.0 < after_s < 5.0:
        moved = (place[0] - known.east_m, place[1] - known.north_m, place[2] - known.up_m)
        if isfinite(moved[0] + moved[1] + moved[2]):
            speed_mps = (moved[0] / after_s, moved[1] / after_s, moved[2] / after_s)
    return Other(name, *place, flies, 0.0, speed_mps)


@dataclass(frozen=True, slots=True)
class Computer:
    """The companion computer; NaN is unknown."""

    temperature_c: float = nan
    disk_free_mb: float = nan


@dataclass(slots=True)
class Around:
    """What is not said is unknown, which is never well.

    Nobody changes it. It is not frozen because ten of them a second are made for each drone.
    """

    ground_silent_s: float = inf
    """Since the ground station (its mission manager) was heard."""
    others: tuple[Other, ...] = ()
    computer: Computer = Computer()
    land_within_s: float = nan
    """Until the mission's latest landing; infinite where it sets none."""


CALM = Around(ground_silent_s=0.0, computer=Computer(temperature_c=20.0, disk_free_mb=inf), land_within_s=inf)
"""For a flight in one process: the ground station is the caller, the computer is not the drone's."""
