"""Random towns with a plan for them: streets between blocks, towers, no-fly zones; patrols along the streets.

The routes are simple rather than good: there and back along random streets that are legal by construction. The
planner's independent checker (`planning.check`) judges every plan of a campaign.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from math import inf
from pathlib import Path
from random import Random

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon, box, mapping

from blindspot.core.errors import PlanningError
from blindspot.law.files.authorisation_file import DAYS, AuthorisationFile
from blindspot.law.signatures.authorisation import Authorisation, file_sha256
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.failsafe_settings import failsafe
from blindspot.mission.homes import NoFly
from blindspot.mission.mission_file import FleetDrone, Limits, Mission, MissionFile
from blindspot.mission.plan import (
    Aim,
    DensityBand,
    Expected,
    Origin,
    Plan,
    Point,
    Relief,
    Route,
    Step,
    View,
    Waypoint,
)
from blindspot.mission.plan_figures import Coverage
from blindspot.mission.return_path import ALONG_MISSION, STRAIGHT
from blindspot.mission.timing import flight
from blindspot.planning.checker.check import check_plan
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.model import Building, Pad, Site, Zone

START = datetime(2026, 11, 6, 19, tzinfo=UTC)
ORIGIN = Origin(lat_deg=47.2, lon_deg=-1.55, datum_amsl_m=8.0, geoid_m=48.0)
BAND = DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)
CLEARANCE_M, SEPARATION_M = 5.0, 15.0
EDGE_M = 18.0
"""Distance from the outermost streets to the perimeter: longer than the braking distance."""
ROOFS_BELOW_M = 56.0
"""Roofs at least this far below the flight stay under the largest pixel density. Higher ones count as towers, which the
views avoid."""
VIEW_REACH_M, STRAIGHT_DOWN_REACH_M = 75.0, 42.0
STEEPEST_DEG, FLATTEST_DEG = -90.0, -70.0
Minutes = tuple[float, float]
MINUTES: Minutes = (8.0, 12.0)
"""Bounds of a route's duration, min; one more walk may come on top."""

Place = tuple[float, float]
Corner = tuple[int, int]
"""Column and row of a crossing of two streets."""


@dataclass(frozen=True, slots=True)
class RandomTown:
    """A town, its mission, and a plan that the checker has accepted."""

    site: Site
    mission: Mission
    plan: Plan
    authorisation: Authorisation
    no_fly: tuple[NoFly, ...]


def make_town(
    seed: int, model: DroneModel, folder: Path, minutes: Minutes = MINUTES, *, along: bool = False
) -> RandomTown:  # fmt: skip
    """A town and its plan, always the same for a seed. The files for the law package are written to `folder`.

    With `along` the drones return along their missions, and fly streets from which the straight way home is barred.

    Raises PlanningError if the checker refuses the plan. That is an error of the campaign, not of the product.
    """
    random = Random(seed)
    streets = _Streets(random, drones=random.choice((1, 2, 2, 3)))
    level_m = round(random.uniform(68.0, 96.0), 1)
    buildings, zones = tuple(streets.buildings(level_m)), tuple(streets.zones(level_m))
    pads, routes = [], []
    for index, nodes in enumerate(streets.sectors):
        name = f"drone{index + 1}"
        patrol = _Patrol(random, model, level_m, streets, nodes, buildings, zones, along=along)
        route = patrol.route(name, minutes)
        routes.append(route)
        pads.append(Pad(route.pad, route.home.east_m, route.home.north_m, 0.0))
    frame = ORIGIN.frame
    site = Site("campaign", folder, frame, streets.perimeter, buildings, (), (), tuple(pads), (), zones, (), "")
    area_path = folder / f"area-{seed}.geojson"
    _write_area(area_path, streets.perimeter, frame)
    mission = _mission(tuple(pads), area_path, model, along=along)
    plan = Plan(
        id=f"campaign-{seed}", mission="campaign", site="campaign", origin=ORIGIN, seed=seed, band=BAND,
        perimeter=_corners(streets.perimeter), relief=Relief(lowest_m=0.0, highest_m=0.0), routes=tuple(routes),
        coverage=Coverage(cell_m=2.0, public_area_m2=0.0, fixed_area_m2=0.0, blind_area_m2=0.0,
                          reachable_area_m2=0.0, planned_area_m2=0.0),
    )  # fmt: skip
    if broken := check_plan(plan, mission, site):
        raise PlanningError(f"town {seed}: {broken[0]}")
    no_fly = tuple(NoFly(z.name, _corners(z.polygon), z.floor_m, z.ceiling_m) for z in zones)
    return RandomTown(site, mission, plan, _authorisation(area_path), no_fly)


class _Streets:
    """A lattice of streets, turned by some angle; each drone has columns of its own."""

    def __init__(self, random: Random, drones: int) -> None:
        self._random = random
        columns = [random.randint(2, 3) for _ in range(drones)]
        self._half_m = random.uniform(8.0, 12.0)
        xs = np.cumsum([0.0] + [random.uniform(45.0, 70.0) for _ in range(sum(columns) - 1)]).tolist()
        ys = np.cumsum([0.0] + [random.uniform(45.0, 75.0) for _ in range(random.randint(3, 5))]).tolist()
        self._xs, self._ys = xs, ys
        self._turn_deg = random.uniform(0.0, 90.0)
        self.perimeter = self._turned(box(xs[0], ys[0], xs[-1], ys[-1]).buffer(EDGE_M, join_style="mitre"))
        firsts = np.cumsum([0, *columns]).tolist()
        self.sectors = [
            {(c, r): self._place(xs[c], ys[r]) for c in range(a, b) for r in range(len(ys))}
            for a, b in pairwise(firsts)
        ]
        self._blocks = [
            box(xs[c] + self._half_m, ys[r] + self._half_m, xs[c + 1] - self._half_m, ys[r + 1] - self._half_m)
            for c in range(len(xs) - 1) for r in range(len(ys) - 1)
        ]  # fmt: skip
        random.shuffle(self._blocks)

    def buildings(self, level_m: float) -> Iterator[Building]:
        """Up to four buildings on a block, some blocks bare, and a few towers, which may be higher than the flight."""
        for number, block in enumerate(self._blocks):
            if self._random.random() < 0.2:
                continue
            for part, footprint in enumerate(self._split(block)):
                is_tower = self._random.random() < 0.1
                roofs_m = level_m - ROOFS_BELOW_M
                low_m, high_m = (roofs_m, level_m + 15.0) if is_tower else (5.0, roofs_m)
                height_m = round(self._random.uniform(low_m, high_m), 1)
                yield Building(f"b{number}-{part}", self._turned(footprint), 0.0, height_m, False)

    def zones(self, level_m: float) -> Iterator[Zone]:
        """Up to two blocks as no-fly zones, some only from a height on."""
        for number, block in enumerate(self._blocks[: self._random.randint(0, 2)]):
            floor_m = self._random.choice((-inf, level_m - 20.0))
            yield Zone(f"zone{number}", "no_fly", self._turned(block.buffer(-1.0)), floor_m)

    def _split(self, block: Polygon) -> list[Polygon]:
        west, south, east, north = block.bounds
        x, y = (self._random.uniform(0.3, 0.7) for _ in range(2))
        middle_x, middle_y = west + x * (east - west), south + y * (north - south)
        quarters = [
            box(west, south, middle_x - 1, middle_y - 1),
            box(middle_x + 1, south, east, middle_y - 1),
            box(west, middle_y + 1, middle_x - 1, north),
            box(middle_x + 1, middle_y + 1, east, north),
        ]
        return [block] if self._random.random() < 0.3 else [q for q in quarters if self._random.random() < 0.8]

    def _turned(self, shape: Polygon) -> Polygon:
        return affinity.rotate(shape, self._turn_deg, origin=(0.0, 0.0))

    def _place(self, x: float, y: float) -> Place:
        point = affinity.rotate(shapely.Point(x, y), self._turn_deg, origin=(0.0, 0.0))
        return round(point.x, 3), round(point.y, 3)


class _Patrol:
    """One drone's way along the streets of its sector."""

    def __init__(
        self, random: Random, model: DroneModel, level_m: float, streets: _Streets, nodes: dict[Corner, Place],
        buildings: tuple[Building, ...], zones: tuple[Zone, ...], *, along: bool,
    ) -> None:  # fmt: skip
        self._along = along
        self._random, self._model, self._level_m = random, model, level_m
        self._perimeter, self._nodes = streets.perimeter, nodes
        towers = [b.footprint for b in buildings if b.highest_m > level_m - ROOFS_BELOW_M]
        high = [b.footprint for b in buildings if b.highest_m > level_m - CLEARANCE_M - 1.0]
        self._towers = shapely.union_all(towers)
        self._barred = shapely.union_all([*high, *(z.polygon for z in zones)]).buffer(CLEARANCE_M + 1.0)

    def route(self, drone: str, minutes: Minutes) -> Route:
        """A route along the streets and back the same way, from the pad with most legal streets."""
        pad, streets = max(((c, self._legal(c)) for c in self._nodes), key=lambda found: len(found[1]))
        speed_mps = round(self._random.uniform(4.0, 6.0), 1)
        wanted_s = self._random.uniform(*minutes) * 60.0
        home = Point(east_m=self._nodes[pad][0], north_m=self._nodes[pad][1], up_m=0.0)
        walked, steps = [pad], tuple[Step, ...]()
        while not steps or flight(self._model, home, self._level_m, steps)[-1].time_s < wanted_s:
            walked.append(self._random.choice(streets[walked[-1]]))
            steps = tuple(self._steps(drone, [*walked[1:], *reversed(walked[:-1])], speed_mps))
        cost = flight(self._model, home, self._level_m, steps)[-1]
        return Route(
            drone=drone, model=self._model.name, pad=f"pad_{drone}", home=home, takeoff_up_m=self._level_m, steps=steps,
            failsafe=failsafe(
                self._model, speed_mps, self._level_m, self._perimeter, ALONG_MISSION if self._along else STRAIGHT
            ),
            expected=Expected(
                flight_time_s=cost.time_s, distance_m=cost.distance_m, energy_wh=cost.energy_wh,
                battery_left_fraction=1.0 - cost.energy_wh / self._model.energy.usable_wh(),
            ),
        )  # fmt: skip

    def _legal(self, pad: Corner) -> dict[Corner, list[Corner]]:
        """Neighbour corners along the legal streets: with a straight return, if all ways home from it are legal."""
        legal = defaultdict(list)
        for corner in self._nodes:
            for other in ((corner[0] + 1, corner[1]), (corner[0], corner[1] + 1)):
                if other not in self._nodes:
                    continue
                ends = [self._nodes[c] for c in ((corner, other) if self._along else (pad, corner, other))]
                if not shapely.MultiPoint(ends).convex_hull.intersects(self._barred):
                    legal[corner].append(other)
                    legal[other].append(corner)
        reached, last = {pad}, {pad}
        while last:
            last = {other for corner in last for other in legal[corner]} - reached
            reached |= last
        if len(reached) < 2:
            return {}
        return {corner: legal[corner] for corner in reached}

    def _steps(self, drone: str, corners: list[Corner], speed_mps: float) -> Iterator[Step]:
        """A view at every corner, straight down near a tower. Very near a tower the drone only passes the corner."""
        look = Random(f"{drone} {self._level_m}")  # repeatable when the way grows
        for number, corner in enumerate(corners):
            east_m, north_m = self._nodes[corner]
            to = Point(east_m=east_m, north_m=north_m, up_m=self._level_m)
            tower_m = shapely.distance(self._towers, shapely.Point(east_m, north_m))  # NaN without any
            if number == len(corners) - 1 or tower_m < STRAIGHT_DOWN_REACH_M:
                yield Waypoint(to=to, speed_mps=speed_mps)
                continue
            flattest_deg = STEEPEST_DEG if tower_m < VIEW_REACH_M else FLATTEST_DEG
            aim = Aim(heading_deg=float(look.randrange(360)), pitch_deg=look.uniform(STEEPEST_DEG, flattest_deg))
            yield View(id=f"{drone}-{number}", to=to, aim=aim, speed_mps=speed_mps, dwell_s=look.uniform(4.5, 9.0))


def _mission(pads: tuple[Pad, ...], area_path: Path, model: DroneModel, *, along: bool) -> Mission:
    fleet = tuple(FleetDrone(name=f"drone{k + 1}", model=model.name, pad=pad.name) for k, pad in enumerate(pads))
    limits = Limits.model_validate({
        "min_up_m": 60.0, "max_up_m": 100.0, "building_clearance_m": CLEARANCE_M, "separation_m": SEPARATION_M,
        "return": "mission" if along else "straight",
    })  # fmt: skip
    file = MissionFile(
        schema="blindspot.mission/1", name="campaign", kind="sweep", site="", authorisation="", perimeter="",
        start=START, fleet=fleet, band=BAND, limits=limits,
    )  # fmt: skip
    return Mission(Path("campaign"), file, area_path.parent, area_path, area_path, {model.name: model})


def _authorisation(area_path: Path) -> Authorisation:
    """An authorisation for exactly this area. It can't arm a real autopilot."""
    file = AuthorisationFile.model_validate({
        "schema": "blindspot.authorisation/1", "id": "SIM-CAMPAIGN", "profile": "SIM-ONLY",
        "window": {
            "not_before": "2026-01-01T00:00:00Z", "not_after": "2036-01-01T00:00:00Z", "tz": "Europe/Paris",
            "daily_slots": [{"days": DAYS, "start": "06:00", "end": "23:00"}], "max_flight_min_per_day": 60,
        },
        "area": {"geojson": area_path.name, "sha256": file_sha256(area_path), "max_area_m2": 1e6, "floor_m_agl": 20,
                 "ceiling_m_agl": 120},
        "sensors": {"max_simultaneous_cameras": 3, "cameras": [
            {"id": "main", "max_pitch_deg": -40, "min_pitch_deg": -90, "max_zoom": 1.0, "max_px_per_m": 60}]},
        "recording": {"allowed": False, "retention_h": 0, "dwelling_purge_h": 0},
        "analytics": {"masking": "REQUIRED"},
    })  # fmt: skip
    return Authorisation(file, area_path)


def _write_area(path: Path, area: Polygon, frame: LocalFrame) -> None:
    degrees = shapely.transform(area, lambda points: np.column_stack(frame.to_wgs84(points[:, 0], points[:, 1])))
    feature = {"type": "Feature", "properties": {}, "geometry": mapping(degrees)}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))


def _corners(ring: Polygon) -> tuple[Place, ...]:
    return tuple((float(east_m), float(north_m)) for east_m, north_m in ring.exterior.coords[:-1])
