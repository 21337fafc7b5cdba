"""The checker's rules about pictures: pixel density within the cap, and as much ground seen as the plan claims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.camera import Lens
from blindspot.core import plain_text
from blindspot.coverage.ground import BlindSpots, blind_spots
from blindspot.coverage.sight import DroneView, drone_view, fixed_coverage
from blindspot.mission import Aim, DroneModel, Leg, Mission, Plan, Point, Route, View, rounding
from blindspot.planning.checker.check_flight import Flight, Violation
from blindspot.site import Site, load_area
from blindspot.site.ground import HeightField, height_field

StepView = tuple[Route, int, NDArray[np.integer]]
"""A route, the number of a view or leg among the steps, and the seen blind cells (flat)."""
LEG_STEP_M = 3.0
POSE_ERROR_M = 1.0
"""Least position error at which every picture keeps the density cap, m; the error that a plan claims may be 0."""
DENSITY_CELL_M = 0.5
"""Cell size on which densities are judged, m, independent of the plan's own cells."""


def density_breaches(flight: Flight, field: HeightField) -> Iterator[Violation]:
    """Every view and leg aims within the limits and keeps every surface in the picture under the cap. `field` is the
    result of `density_field`."""
    limits, camera, band = flight.mission.file.limits, flight.model.camera, flight.plan.band
    lowest = max(limits.min_pitch_deg, camera.gimbal_min_pitch_deg)
    highest = min(limits.max_pitch_deg, camera.gimbal_max_pitch_deg)
    start, nothing = flight.route.start, np.zeros(field.grid.shape, dtype=bool)
    for number, step in enumerate(flight.route.steps):
        if isinstance(step, View | Leg):
            sample = int(np.flatnonzero(flight.track.step == number)[-1])
            if not lowest - 0.01 <= step.aim.pitch_deg <= highest + 0.01:
                yield flight.breach(
                    "pitch",
                    sample,
                    f"{step.id} looks at {step.aim.pitch_deg:g} deg, {lowest:g}..{highest:g} are allowed",
                )
            for place in [step.to] if isinstance(step, View) else _along(start, step.to):
                view = look(field, flight.model, place, step.aim, flight.plan, nothing, error_m=POSE_ERROR_M)
                if view.max_px_per_m > band.max_px_per_m + 1e-6:
                    found, most = (
                        plain_text.beside(view.max_px_per_m, band.max_px_per_m),
                        plain_text.exact(band.max_px_per_m),
                    )
                    yield flight.breach(
                        "density", sample, f"{step.id} sees a surface at {found} px/m, {most} are allowed"
                    )
                    break
        start = step.to


def coverage_breaches(plan: Plan, spots: BlindSpots, views: Iterable[StepView]) -> Iterator[Violation]:
    """The claimed areas of the plan agree with a new count on the ground of the perimeter: `views` are the result of
    `seen_by_step`."""
    seen = _mask(views, spots)
    grid, claimed = spots.field.grid, plan.coverage
    found = {
        "public_area_m2": spots.public,
        "fixed_area_m2": spots.fixed_seen,
        "blind_area_m2": spots.blind,
        "planned_area_m2": seen,
    }
    for name, mask in found.items():
        claimed_m2, counted_m2 = getattr(claimed, name), float(mask.sum()) * grid.cell_area_m2
        if abs(claimed_m2 - counted_m2) > rounding.area_within_m2(mask, grid.cell_m):
            yield Violation(
                "coverage", "", None, None, f"{name} is claimed as {claimed_m2:.0f}, counted {counted_m2:.0f}"
            )
    left_m2 = claimed.blind_area_m2 - claimed.planned_area_m2
    if abs(sum(rest.area_m2 for rest in claimed.unseen) - left_m2) > rounding.LEAST_AREA_M2:
        yield Violation("coverage", "", None, None, "the unseen ground by cause does not sum to the remaining ground")
    within_m2 = rounding.LEAST_AREA_M2
    if not claimed.planned_area_m2 - within_m2 <= claimed.reachable_area_m2 <= claimed.blind_area_m2 + within_m2:
        yield Violation("coverage", "", None, None, "reachable ground must lie between planned and blind ground")


def ground_of(plan: Plan, site: Site, known: BlindSpots | None = None) -> BlindSpots:
    """Public, fixed-seen and blind ground of the plan's perimeter, from the town; or `known`, if it has the plan's
    perimeter, cell size and least density."""
    perimeter, cell_m, min_px_per_m = Polygon(plan.perimeter), plan.coverage.cell_m, plan.band.min_px_per_m
    if known is not None and (known.perimeter, known.field.grid.cell_m, known.min_px_per_m) == (
        perimeter, cell_m, min_px_per_m
    ):  # fmt: skip
        return known
    return _ground_inside(perimeter, site, cell_m, min_px_per_m)


def ground_of_mission(mission: Mission, site: Site) -> BlindSpots:
    """The ground of `ground_of` for the mission's plans with cells of `DENSITY_CELL_M`."""
    perimeter = rounding.outline_of(load_area(mission.perimeter_path, site.frame))
    return _ground_inside(perimeter, site, DENSITY_CELL_M, mission.file.band.min_px_per_m)


def _ground_inside(perimeter: Polygon, site: Site, cell_m: float, min_px_per_m: float) -> BlindSpots:
    field = _field_around(perimeter, site, cell_m)
    return blind_spots(site, field, fixed_coverage(site, field), perimeter, min_px_per_m)


def seen_cells(plan: Plan, mission: Mission, spots: BlindSpots) -> NDArray[np.bool_]:
    """Mask of the blind cells seen by the plan's views with the claimed position error."""
    return _mask(seen_by_step(plan, mission, spots), spots)


def _mask(views: Iterable[StepView], spots: BlindSpots) -> NDArray[np.bool_]:
    seen = np.zeros(spots.blind.size, dtype=bool)
    for _, _, cells in views:
        seen[cells] = True
    return seen.reshape(spots.blind.shape)


def seen_by_step(plan: Plan, mission: Mission, spots: BlindSpots) -> Iterator[StepView]:
    """Each view and leg, as route and number among the steps, with the seen blind cells (flat)."""
    for route in plan.routes:
        model = mission.model_of(route.drone)
        start = route.start
        for number, step in enumerate(route.steps):
            if isinstance(step, View | Leg):
                if isinstance(step, View):
                    yield route, number, look(spots.field, model, step.to, step.aim, plan, spots.blind).cells
                else:
                    yield route, number, _seen_along(start, step, model, plan, spots)
            start = step.to


def look(
    field: HeightField, model: DroneModel, place: Point, aim: Aim, plan: Plan, among: NDArray[np.bool_],
    error_m: float = 0.0,
) -> DroneView:  # fmt: skip
    """One picture of the plan by the coverage kernel, with the position error that the plan claims, at least
    `error_m`."""
    camera = model.camera
    lens = Lens(camera.hfov_deg, camera.width_px, camera.height_px)
    return drone_view(
        field, lens, place.east_m, place.north_m, place.up_m, aim.heading_deg, aim.pitch_deg, plan.band,
        among=among, uncertainty_m=max(plan.coverage.pose_error_m, error_m),
    )  # fmt: skip


def _seen_along(start: Point, leg: Leg, model: DroneModel, plan: Plan, spots: BlindSpots) -> NDArray[np.integer]:
    """Cells that stay in sight for a second of the leg, once the camera has turned half around and straight down."""
    turned_s = max(180.0 / model.performance.yaw_rate_dps, 90.0 / model.camera.gimbal_slew_dps)
    unsteady_m = _way_from_rest_m(turned_s, leg.speed_mps, model.performance.acceleration_mps2)
    seen = [np.empty(0, np.int32)]
    length_m = math.dist(_flat(start), _flat(leg.to))
    if length_m < unsteady_m + 1e-6:
        return seen[0]
    share, before_m = unsteady_m / length_m, 0.0
    steady = Point(**{axis: (1.0 - share) * getattr(start, axis) + share * at for axis, at in leg.to})
    in_sight, run_m = seen[0], np.empty(0)
    for place in _along(steady, leg.to):
        at_m = math.dist(_flat(start), _flat(place))
        cells = look(spots.field, model, place, leg.aim, plan, spots.blind).cells
        _, before, now = np.intersect1d(in_sight, cells, assume_unique=True, return_indices=True)
        run_now_m = np.zeros(len(cells))
        run_now_m[now] = run_m[before] + at_m - before_m
        seen.append(cells[run_now_m >= 1.0 * leg.speed_mps - rounding.LEG_M])
        in_sight, run_m, before_m = cells, run_now_m, at_m
    return np.unique(np.concatenate(seen))


def _way_from_rest_m(time_s: float, speed_mps: float, acceleration_mps2: float) -> float:
    """Longest distance that a drone covers from rest in this time, m."""
    if time_s * acceleration_mps2 <= speed_mps:
        return 0.5 * acceleration_mps2 * time_s**2
    return speed_mps * time_s - 0.5 * speed_mps**2 / acceleration_mps2


def _flat(point: Point) -> tuple[float, float]:
    return (point.east_m, point.north_m)


def density_field(plan: Plan, site: Site, known: BlindSpots | None) -> HeightField:
    """The town around the plan's perimeter on cells of `DENSITY_CELL_M`; that of `known`, if it has the plan's
    perimeter and these cells."""
    perimeter = Polygon(plan.perimeter)
    if known is not None and (known.perimeter, known.field.grid.cell_m) == (perimeter, DENSITY_CELL_M):
        return known.field
    return _field_around(perimeter, site, DENSITY_CELL_M)


def _field_around(perimeter: Polygon, site: Site, cell_m: float) -> HeightField:
    """The town around a perimeter, out to the range of its cameras."""
    ranges_m = [camera.range_m for camera in site.cameras if camera.always_sees]
    return height_field(site, perimeter.buffer(max([60.0, *ranges_m]) + 1.0).bounds, cell_m)


def _along(start: Point, end: Point) -> list[Point]:
    """Places at most LEG_STEP_M apart on a leg."""
    a, b = np.array([start.east_m, start.north_m, start.up_m]), np.array([end.east_m, end.north_m, end.up_m])
    ways = np.linspace(a, b, rounding.pieces(float(np.linalg.norm(b - a)), LEG_STEP_M) + 1)
    return [Point(east_m=rounding.on_leg(e), north_m=rounding.on_leg(n), up_m=rounding.on_leg(u)) for e, n, u in ways]
