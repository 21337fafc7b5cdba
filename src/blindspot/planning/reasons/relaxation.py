"""An impossible mission: the single constraint to relax, and its value, with which a plan becomes possible.

The values are tested: every limit that may bar the view is relaxed alone, step by step, and the planner's own
candidates are searched each time.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np

from blindspot.camera import RECOGNISE_PX_PER_M
from blindspot.core import InputError, PlanningError
from blindspot.mission import Mission, Route, drone_model, mission_file
from blindspot.planning.drones.bad_pads import LEAST_CLEARANCE_M
from blindspot.planning.drones.best_view import some_view_sees
from blindspot.planning.drones.patrols import Patrol, drones_of
from blindspot.planning.tours.routing import BATTERY_SLACK_WH, alone_wh
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2, Shot
from blindspot.planning.views.candidates import Fineness
from blindspot.planning.views.target_ground import Ground

SAMPLE = 8
"""Step between the sampled rows and columns of the blind cells."""
ROUGH = Fineness(16.0, 8, 20.0)
"""Candidates few enough for many searches; the planner's own are denser."""
FLATTEST_DEG = -20.0
MONITOR_PX_PER_M = 12.5
"""EN 62676-4: upper bound of a density cap, and least useful density."""
WIDER_M = (5, 10, 20, 40)
OTHER_BORDERS = 1.1
"""Factor on the energy: another battery moves the borders between drones, and the nearest view may be farther away."""
LONGER = 0.05
"""Share by which a flight may take longer than its route expects: the tolerance of the checker's own times."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A constraint with the user's name for the constraint and the value; `tries` are laxer values, the mildest
    first."""

    name: str
    now: str
    tries: Sequence[float]
    relaxed: Callable[[float], tuple[Mission, Ground]]
    text: Callable[[float], str]


def no_view(mission: Mission, ground: Ground) -> PlanningError:
    """The error for a mission without any legal view, with every single constraint that would open a view."""
    ways = [f"{lever.name} {lever.text(value)} (now {lever.now})" for lever, value in _openings(mission, ground)]
    problem = "no legal view sees any blind ground"
    if not ways:
        return PlanningError(f"{problem}, and no single constraint that is relaxed opens one: draw another perimeter")
    ways_out = f"one of these would open some, where the authorisation covers it: {', '.join(ways)}"
    return PlanningError(f"{problem}; {ways_out}")


def no_battery(mission: Mission, squad: Sequence[Patrol], shots: Sequence[Shot]) -> PlanningError:
    """The error for batteries too small for a view and the way home; it names the drone with the smallest deficit."""
    lacks = []
    for patrol in squad:
        own = [shot for shot in shots if shot.drone == patrol.drone.name]
        if own:
            needed = OTHER_BORDERS * (min(alone_wh(patrol, shot) for shot in own) + BATTERY_SLACK_WH)
            lacks.append((needed / patrol.drone.model.energy.usable_wh(), needed, patrol))
    share, needed, patrol = min(lacks, key=lambda lack: lack[0])
    energy = patrol.drone.model.energy
    reserve = math.floor(100 * (1.0 - share)) / 100
    capacity_wh = needed / (1.0 - energy.reserve_fraction) * energy.capacity_wh / energy.usable_wh()
    way_out = f"at least energy.capacity_wh {math.ceil(10 * capacity_wh) / 10:g} (now {energy.capacity_wh:g})"
    if reserve >= drone_model.LEAST_RESERVE:
        way_out += f", or at most energy.reserve_fraction {reserve:g} (now {energy.reserve_fraction:g})"
    return PlanningError(
        "every battery of the fleet is too small for a single view, the way home and the reserve:"
        f" {patrol.drone.name} needs {needed:.1f} Wh; in {mission.model_file(patrol.drone.model_name)} {way_out}, or a"
        " pad nearer to the blind ground"
    )


def too_late(mission: Mission, routes: Sequence[Route], begins_s: float = 0.0) -> PlanningError | None:
    """The error for routes that exceed the mission's window, with times that would fit; None if all routes fit.
    `begins_s` is the time of the take-off after the mission's start, s."""
    file = mission.file
    needed_s = {route.drone: (1.0 + LONGER) * (begins_s + route.expected.flight_time_s) for route in routes}
    late = {drone: math.ceil(time_s - file.window_s) for drone, time_s in needed_s.items() if time_s > file.window_s}
    if file.latest_landing is None or not late:
        return None
    by = timedelta(seconds=max(late.values()))
    problem = ", ".join(f"{drone} may land {over_s} s too late" for drone, over_s in late.items())
    return PlanningError(
        f"{problem} ({100 * LONGER:.0f} % of the flight are kept as a margin); latest_landing"
        f" {(file.latest_landing + by).isoformat()} would do (now {file.latest_landing.isoformat()}), or start"
        f" {(file.start - by).isoformat()} where the authorisation covers it (now {file.start.isoformat()})"
    )


def _openings(mission: Mission, ground: Ground) -> Iterator[tuple[Lever, float]]:
    """Every constraint that opens a view alone, with the mildest sufficient value."""
    for lever in _levers(mission, ground):
        if lever.tries and _opens(*lever.relaxed(lever.tries[-1])):
            yield lever, next(value for value in lever.tries if _opens(*lever.relaxed(value)))


def _opens(mission: Mission, ground: Ground) -> bool:
    """Whether a candidate view sees enough blind ground to be taken."""
    sampled = np.zeros_like(ground.spots.blind)
    sampled[::SAMPLE, ::SAMPLE] = ground.spots.blind[::SAMPLE, ::SAMPLE]
    cells = np.flatnonzero(sampled)
    try:
        drones = drones_of(mission, ground)
    except (PlanningError, InputError):
        return False
    weight_m2 = np.full(len(cells), SAMPLE**2 * ground.field.grid.cell_area_m2)
    return some_view_sees(mission, ground, drones, cells, weight_m2, ENOUGH_AT_LAST_M2, ROUGH)


def _levers(mission: Mission, ground: Ground) -> Iterator[Lever]:
    limits, band = mission.file.limits, mission.file.band

    def limit(name: str, tries: Sequence[float], unit: str) -> Lever:
        now = f"{getattr(limits, name):g} {unit}"
        return Lever(
            f"limits.{name}", now, tries, lambda value: (_with(mission, "limits", name, value), ground),
            lambda value: f"{value:g} {unit}",
        )  # fmt: skip

    def density(name: str, tries: Sequence[float]) -> Lever:
        return Lever(
            f"band.{name}", f"{getattr(band, name):g} px/m", tries,
            lambda value: (_with(mission, "band", name, value), ground), lambda value: f"{value:g} px/m",
        )  # fmt: skip

    yield limit("building_clearance_m", steps_to(limits.building_clearance_m, LEAST_CLEARANCE_M, 1.0), "m")
    yield limit("min_up_m", steps_to(limits.min_up_m, 10, 5.0), "m")
    yield limit("max_up_m", steps_to(limits.max_up_m, mission_file.HIGHEST_M, 5.0), "m")
    yield limit("max_pitch_deg", steps_to(limits.max_pitch_deg, FLATTEST_DEG, 5.0), "deg")
    yield limit("min_pitch_deg", steps_to(limits.min_pitch_deg, -90, 5.0), "deg")
    yield density("max_px_per_m", steps_to(band.max_px_per_m, RECOGNISE_PX_PER_M - 1.0, 5.0))
    yield density("min_px_per_m", steps_to(band.min_px_per_m, MONITOR_PX_PER_M, 2.5))
    yield Lever(
        "a perimeter", "as drawn", WIDER_M,
        lambda value: (mission, replace(ground, perimeter=ground.perimeter.buffer(value, join_style="mitre"))),
        lambda value: f"{value:g} m wider all round",
    )  # fmt: skip


def _with(mission: Mission, section: str, name: str, value: float) -> Mission:
    changed = getattr(mission.file, section).model_copy(update={name: value})
    return replace(mission, file=mission.file.model_copy(update={section: changed}))


def steps_to(now: float, end: float, by: float) -> tuple[float, ...]:
    """Values in steps of `by` from the first one after `now` to `end`, up or down; empty if `now` is `end`."""
    count = math.ceil(abs(end - now) / by - 1e-9)
    sign = math.copysign(by, end - now)
    return tuple(end if k == count else now + k * sign for k in range(1, count + 1))
