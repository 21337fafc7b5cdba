"""Inputs of a flight besides its own telemetry: the ground station, the other drones, the computer on board."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf, isfinite, nan
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from blindspot.flight.route.settings import FlightSettings
    from blindspot.flight.vehicle.vehicle import Telemetry, Word
    from blindspot.flight.watch.traffic import Aircraft
    from blindspot.mission import Point

Space = tuple[float, float, float]
UNKNOWN: Space = (nan, nan, nan)


@dataclass(frozen=True, slots=True)
class Other:
    """Another drone of the plan, by the drone's status: m ENU about the site's origin, `up_m` above the datum."""

    name: str
    east_m: float = nan
    north_m: float = nan
    up_m: float = nan
    flies: bool = True
    """False only after a report of standing."""
    silent_s: float = inf
    speed_mps: Space = (0.0, 0.0, 0.0)
    """East, north, up; zeros for an unknown speed."""


def hear_other(
    known: Other | None, name: str, phase: str, place: Space, speed_mps: Space, word: Word = "unknown"
) -> Other:
    """Update the state of another drone (`known`, or `None`) by the status; `word` is the statement of the drone's
    autopilot.

    A drone's node is idle after every flight, and also after a restart in flight; the pre-flight checks begin at any
    place of the drone. The autopilot's statement then decides about "flying"; without a statement, the previous state
    stays. The speed is the reported one: a speed from two places, which may arrive late, is unreliable.
    """
    if phase in ("idle", "preflight"):
        flies = word == "up" or (word == "unknown" and known is not None and known.flies)
    else:
        flies = phase != "landed"
    if phase == "idle" and (word == "unknown" or not isfinite(place[2])):
        return replace(known or Other(name), flies=flies, silent_s=0.0)
    is_known = isfinite(speed_mps[0] + speed_mps[1] + speed_mps[2])
    return Other(name, *place, flies, 0.0, speed_mps if is_known else (0.0, 0.0, 0.0))


def place_and_speed(seen: Telemetry, home: Point | None, settings: FlightSettings) -> tuple[Space, Space]:
    """The place, m ENU, and speed, m/s, that a drone reports to the others; NaN once they are old.

    On a route the drone's height counts from `home`, the pad. The others must keep away from its present place, so old
    values are withheld.
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
    """The surroundings of a flight. A field left at its default is unknown, which never counts as healthy.

    Treat it as read-only. The class is plain for speed: ten objects a second are made for each drone.
    """

    ground_silent_s: float = inf
    """Time since the last message of the ground station (its mission manager), s."""
    others: tuple[Other, ...] = ()
    computer: Computer = Computer()
    land_within_s: float = nan
    """Time until the mission's latest landing, s; infinite if the mission has no such limit."""
    aircraft: tuple[Aircraft, ...] = ()
    """Reported crewed aircraft; none without a receiver."""


CALM = Around(ground_silent_s=0.0, computer=Computer(temperature_c=20.0, disk_free_mb=inf), land_within_s=inf)
"""For a flight in one process: the ground station is the caller, the computer is not the drone's."""
