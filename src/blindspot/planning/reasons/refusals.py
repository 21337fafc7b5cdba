"""Refusal of a mission before the computation: all checks that work without coverage and views, each with its file."""

from __future__ import annotations

import math

import shapely
from shapely import Polygon

from blindspot.core import InputError, PlanningError
from blindspot.mission import DroneModel, Mission, priorities, timing
from blindspot.planning.drones.patrols import pad_named, pad_of
from blindspot.planning.views.candidates import COARSE, aims_for, flying_height_m
from blindspot.planning.views.target_ground import too_wide
from blindspot.site import Site, load_area

BEYOND_TOWN_M = 1.0
"""Rounding of a perimeter drawn along the edge of the area of interest, or of a target along a perimeter, m."""


def refuse_early(mission: Mission, site: Site) -> None:
    """Check a mission before planning. Raises InputError for an unknown pad, or a perimeter with a hole, wider than
    10 km or beyond the area of interest; PlanningError for an unusable lens or battery and for too much wind."""
    file = mission.file
    for drone in file.fleet:
        pad_of(mission, site, drone.name)
    for pad in file.further_pads:
        pad_named(mission, site, pad, "further_pads")
    for name, model in mission.models.items():
        try:
            flying_height_m(model, file.band, file.limits)
            aims_for(model, file.limits, COARSE)
        except PlanningError as error:
            raise PlanningError(f"{mission.model_file(name)}: {error}") from error
        _refuse_battery(mission, name, model)
        if file.wind.speed_mps > (bears_mps := model.performance.max_wind_mps):
            raise PlanningError(
                f"{mission.path}: wind.speed_mps {file.wind.speed_mps:g} is more than the {bears_mps:g} m/s of"
                f" performance.max_wind_mps in {mission.model_file(name)}: wait for less wind"
            )
    perimeter = load_area(mission.perimeter_path, site.frame)
    if perimeter.interiors:
        raise InputError(mission.perimeter_path, "", "has a hole", "draw the hole as a no-fly zone of the site")
    if problem := too_wide(perimeter):
        raise InputError(mission.perimeter_path, "", problem, "draw a part of the town")
    outside_m = perimeter.distance(site.area_of_interest)
    if outside_m > 0.0:
        problem = f"lies {outside_m:.0f} m outside the area of interest of {site.name}"
        raise InputError(mission.perimeter_path, "", problem, "draw it there, or name its own site in the mission")
    corners = shapely.points(shapely.get_coordinates(perimeter))
    beyond_m = float(shapely.distance(corners, site.area_of_interest).max())
    if not site.area_of_interest.buffer(BEYOND_TOWN_M).covers(perimeter):
        problem = f"reaches {beyond_m:.0f} m out of the area of interest of {site.name}, where no building is known"
        raise InputError(mission.perimeter_path, "", problem, "draw it inside, or import a larger area")
    _refuse_targets(mission, site, perimeter)


def _refuse_battery(mission: Mission, name: str, model: DroneModel) -> None:
    energy, height_m = model.energy, mission.file.limits.min_up_m
    needed_wh = timing.take_off(model, height_m).energy_wh + timing.land(model, height_m).energy_wh
    usable_wh = energy.usable_wh() * (1.0 - energy.reserve_fraction)
    if needed_wh > usable_wh:
        least_wh = math.ceil(10 * energy.capacity_wh * needed_wh / max(usable_wh, 1e-9)) / 10
        raise PlanningError(
            f"{mission.model_file(name)}: the battery gives {usable_wh:.1f} Wh above its reserve, take-off to"
            f" {height_m:g} m and landing alone take {needed_wh:.1f} Wh: energy.capacity_wh must be"
            f" well above {least_wh:g} (now {energy.capacity_wh:g})"
        )


def _refuse_targets(mission: Mission, site: Site, perimeter: Polygon) -> None:
    """Raise InputError for a target outside the perimeter. A street's target is the part of the street inside."""
    areas = priorities.target_areas(mission, site)
    for number, one in enumerate(mission.file.targets, 1):
        area, field = areas[one.name], f"targets item {number}, area"
        if not area.intersects(perimeter):
            raise InputError(mission.path, field, f"{one.name} lies outside the perimeter", "draw one of the two anew")
        if one.is_file and not perimeter.buffer(BEYOND_TOWN_M).covers(area):
            beyond_m2 = area.difference(perimeter).area
            problem = f"{one.name} reaches out of the perimeter by {beyond_m2:.0f} m2"
            raise InputError(mission.path, field, problem, "draw the target inside the perimeter")
