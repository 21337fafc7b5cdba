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
    heard = Other(name, *place, flies=phase not in ("preflight", "landed"), silent_s=0.0)
    if known is not None and 0.0 <= after_s < LEAST_APART_S:
        return replace(known, flies=heard.flies, silent_s=0.0)
    if known is None or not 0.0 < after_s < 5.0:
        return heard
    moved = (heard.east_m - known.east_m, heard.north_m - known.north_m, heard.up_m - known.up_m)
    if not all(map(isfinite, moved)):
        return heard
    return replace(heard, speed_mps=(moved[0] / after_s, moved[1] / after_s, moved[2] / after_s))


@dataclass(frozen=True, slots=True)
class Computer:
    """The companion computer; NaN is unknown."""

    temperature_c: float = nan
    disk_free_mb: float = nan


@dataclass(frozen=True, slots=True)
class Around:
    """What is not said is unknown, which is never well."""

    ground_silent_s: float = inf
    """Since the ground station (its mission manager) was heard."""
    others: tuple[Other, ...] = ()
    computer: Computer = Computer()
    land_within_s: float = nan
    """Until the mission's latest landing; infinite where it sets none."""


CALM = Around(ground_silent_s=0.0, computer=Computer(temperature_c=20.0, disk_free_mb=inf), land_within_s=inf)
"""For a flight in one process: the ground station is the caller, the computer is not the drone's."""
