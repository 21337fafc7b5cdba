"""Plans, routes and ground that many tests need. A test names the fields that it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Polygon

from blindspot.mission import (
    Aim,
    Coverage,
    DensityBand,
    DroneModel,
    Expected,
    Failsafe,
    GroundMasks,
    Leg,
    Mission,
    Origin,
    Plan,
    Point,
    Relief,
    Route,
    Step,
    View,
    Waypoint,
    load_mission,
    site_of,
    timing,
)
from blindspot.planning.atlas import ATLAS_FILE, GROUND_FILE, Atlas, AtlasSquare, AtlasView
from blindspot.planning.atlas.atlas_file import SquareView, hashes_of
from blindspot.site.ground import Grid, HeightField

ORIGIN = Origin(lat_deg=47.2, lon_deg=-1.55, datum_amsl_m=8.0, geoid_m=48.0)
BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
DOWN = Aim(heading_deg=0.0, pitch_deg=-90.0)
ATLAS_VIEW = "drone1-001.json"
Corners = tuple[tuple[float, float], ...]
NO_CHANGES: Mapping[str, Any] = MappingProxyType({})


def square(half_m: float) -> Corners:
    """Corners of a square around the origin, anticlockwise from the south-west."""
    return ((-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m))


SQUARE = square(100.0)


def at(east_m: float = 0.0, north_m: float = 0.0, up_m: float = 0.0) -> Point:
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)


def waypoint_at(*place_m: float, speed_mps: float = 5.0) -> Waypoint:
    return Waypoint(to=at(*place_m), speed_mps=speed_mps)


def view_at(*place_m: float, **changes: Any) -> View:
    """A view straight down."""
    return View(**{"id": "v1", "to": at(*place_m), "aim": DOWN, "speed_mps": 5.0, "dwell_s": 5.0} | changes)


def leg_to(*place_m: float, **changes: Any) -> Leg:
    """A leg with the camera straight down."""
    return Leg(**{"id": "l1", "to": at(*place_m), "aim": DOWN, "speed_mps": 5.0} | changes)


def cost_of(time_s: float = 120.0, distance_m: float = 200.0, energy_wh: float = 8.0, left: float = 0.9) -> Expected:
    """The expected figures of a route; `left` is the share of the battery that is left at the end."""
    return Expected(flight_time_s=time_s, distance_m=distance_m, energy_wh=energy_wh, battery_left_fraction=left)


def failsafe_of(up_m: float, **changes: Any) -> Failsafe:
    """Straight home at the height of the route, `up_m` above home, in the square and at most 10 m above the route."""
    fields = {"rtl_type": 0, "rtl_return_alt_m": up_m, "fence": SQUARE, "fence_max_alt_m": up_m + 10.0}
    return Failsafe(**fields | changes)


def route_of(
    *steps: Step,
    home: Point | None = None,
    up_m: float = 60.0,
    failsafe: Mapping[str, Any] = NO_CHANGES,
    **changes: Any,
) -> Route:
    """A route of drone1 from a pad at the origin.

    Parameters
    ----------
    steps
        Steps between take-off and landing.
    home, up_m
        The pad, and the end of the vertical take-off in metres above the site's datum.
    failsafe
        Changed fields of the settings of `failsafe_of`.
    changes
        Other fields of the route.
    """
    home = home or at()
    settings = failsafe_of(up_m - home.up_m, **failsafe)
    fields = {"drone": "drone1", "model": "reference", "pad": "north", "expected": cost_of()} | changes
    return Route(home=home, takeoff_up_m=up_m, steps=steps, failsafe=settings, **fields)


def coverage_of(blind_m2: float = 1.0, **changes: Any) -> Coverage:
    """Ground that no fixed camera sees, `blind_m2` square metres, and that the plan sees as a whole."""
    areas = dict.fromkeys(("public_area_m2", "blind_area_m2", "reachable_area_m2", "planned_area_m2"), blind_m2)
    return Coverage(**{"cell_m": 2.0, "fixed_area_m2": 0.0} | areas | changes)


def plan_of(*routes: Route, **changes: Any) -> Plan:
    """A plan over the square, on level ground."""
    fields = {
        "id": "p", "mission": "m", "site": "s", "seed": 1, "origin": ORIGIN, "perimeter": SQUARE, "band": BAND,
        "relief": Relief(lowest_m=0.0, highest_m=0.0), "coverage": coverage_of(),
    }  # fmt: skip
    return Plan(routes=routes, **fields | changes)


def flat_town(rows: int, cols: int, blocks: Iterable[tuple[Any, ...]] = (), cell_m: float = 1.0) -> HeightField:
    """Level ground with blocks (row_min, row_max, col_min, col_max, height_m); upper ends not included. A sixth number
    is the underside of a hanging block."""
    top_m, under_m = np.zeros((rows, cols), np.float32), np.zeros((rows, cols), np.float32)
    for row_min, row_max, col_min, col_max, height_m, *hangs_m in blocks:
        top_m[row_min:row_max, col_min:col_max] = height_m
        under_m[row_min:row_max, col_min:col_max] = hangs_m[0] if hangs_m else 0.0
    grid = Grid(0.0, 0.0, cell_m, rows, cols)
    return HeightField(grid, np.zeros_like(top_m), top_m, under_m if under_m.any() else None)


def masks_over(ground: Grid | HeightField, blind: NDArray[np.bool_] | None = None) -> GroundMasks:
    """Public ground, flat on a grid. The fixed cameras see all but the `blind` cells; default: they see nothing."""
    if isinstance(ground, Grid):
        ground = HeightField(ground, np.zeros(ground.shape, np.float32), np.zeros(ground.shape, np.float32))
    public = np.ones(ground.grid.shape, np.bool_)
    blind = public.copy() if blind is None else blind
    return GroundMasks(ground, public, ~blind, blind)


def with_dwell(plan: Plan, model: DroneModel, dwell_s: float) -> Plan:
    """A post of one view whose drone stays there for another time, with the figures of that flight."""
    [route] = plan.routes
    steps = tuple(
        step.model_copy(update={"dwell_s": dwell_s}) if isinstance(step, View) else step for step in route.steps
    )
    before, after = (timing.flight(model, route.home, route.takeoff_up_m, way)[-1] for way in (route.steps, steps))
    saved_wh, expected = before.energy_wh - after.energy_wh, route.expected
    figures = {
        "flight_time_s": round(expected.flight_time_s - before.time_s + after.time_s, 1),
        "energy_wh": round(expected.energy_wh - saved_wh, 2),
        "battery_left_fraction": round(expected.battery_left_fraction + saved_wh / model.energy.usable_wh(), 4),
    }
    expected = expected.model_copy(update=figures)
    return plan.with_routes([route.model_copy(update={"steps": steps, "expected": expected})])


def write_atlas(folder: Path, mission: Mission, plan: Plan, masks: GroundMasks) -> Path:
    """The files of an atlas with one view, `ATLAS_VIEW`, of one square at the origin; returns the folder."""
    contents = {ATLAS_VIEW: plan.to_json().encode(), GROUND_FILE: masks.to_bytes()}
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    mission_sha256, authorisation_sha256 = hashes_of(mission)
    route = plan.routes[0]
    view = AtlasView(
        id="view", drone=route.drone, pad=route.pad, file=ATLAS_VIEW, sha256=hashes[ATLAS_VIEW], at=at(up_m=60.0),
        aim=DOWN, looking_s=60.0,
    )  # fmt: skip
    square = AtlasSquare(at=(0, 0), ground_m=0.0, public_m2=100.0, views=(SquareView(view=0, share=1.0),))
    atlas = Atlas(
        schema="blindspot.atlas/2", mission_sha256=mission_sha256, authorisation_sha256=authorisation_sha256,
        ground_sha256=hashes[GROUND_FILE], views=(view,), squares=(square,),
    )  # fmt: skip
    (folder / ATLAS_FILE).write_text(atlas.model_dump_json(by_alias=True))
    return folder


def quicken(drone: Path) -> None:
    """Let a drone climb and descend as fast as PX4 can: a stack needs a fifth of a processor for each second."""
    text = drone.read_text()
    for usual, fastest in {"climb_mps: 3.0": "climb_mps: 8.0", "descend_mps: 1.5": "descend_mps: 4.0"}.items():
        assert usual in text
        text = text.replace(usual, fastest)
    drone.write_text(text)


def plan_file(mission: Path, folder: Path) -> Path:
    """The plan of a mission as a file. This process has compiled the planner already, which a command would do anew."""
    from blindspot.planning.planner import make_plan  # slow, and few tests need it
    from blindspot.planning.reasons import intrusion_of, surroundings_of

    folder.mkdir(exist_ok=True)
    asked = load_mission(mission)
    plan = make_plan(asked)
    around = surroundings_of(Polygon(plan.perimeter), asked, site_of(asked))
    plan = plan.model_copy(update={"intrusion": intrusion_of(plan, asked, around)})
    (folder / "plan.json").write_text(plan.to_json(), encoding="utf-8")
    return folder / "plan.json"
