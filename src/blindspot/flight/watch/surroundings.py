"""What a flight must know beside its own telemetry: the ground station, the other drones, the computer on board."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blindspot.flight.route.settings import FlightSettings
    from blindspot.flight.vehicle.vehicle import Telemetry, Word
    from blindspot.mission import Point

Space = tuple[float, float, float]
UNKNOWN: Space = (nan, nan, nan)


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
    speed_mps: Space = (0.0, 0.0, 0.0)
    """East, north, up; nothing where it does not know its own."""


def hear_other(
    known: Other | None, name: str, phase: str, place: Space, speed_mps: Space, word: Word = "unknown"
) -> Other:
    """What another drone's status makes of what was known (None: nothing); `word` is its autopilot's.

    Its node is idle again after every flight, and when it was started again in one: the autopilot's word says whether
    it flies; without one it is where it was. Its speed is the one that it tells: two places say little of it, told late
    as they may be.
    """
    if phase == "idle" and (word == "unknown" or not isfinite(place[2])):
        flies = word == "up" or (word == "unknown" and known is not None and known.flies)
        return replace(known or Other(name), flies=flies, silent_s=0.0)
    flies = word == "up" if phase == "idle" else phase not in ("preflight", "landed")
    is_told = isfinite(speed_mps[0] + speed_mps[1] + speed_mps[2])
    return Other(name, *place, flies, 0.0, speed_mps if is_told else (0.0, 0.0, 0.0))


def place_and_speed(seen: Telemetry, home: Point | None, settings: FlightSettings) -> tuple[Space, Space]:
    """What a drone tells the others: where it is, m ENU, and its speed, m/s; NaN once they are old.

    Its height counts from `home`, its pad, where it flies a route. The others keep away from where it is, not from
    where it was.
    """
    place = speed_mps = UNKNOWN
    if seen.position_age_s <= settings.stale_position_s and seen.state_age_s <= settings.stale_state_s:
        up_m = seen.up_m if home is None else home.up_m + seen.height_m
        place = float(seen.east_m), float(seen.north_m), float(up_m)
        if seen.motion_age_s <= settings.stale_position_s:
            speed_mps = float(seen.east_mps), float(seen.north_mps), float(seen.up_mps)
    return place, speed_mps


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
