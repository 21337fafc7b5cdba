"""The drones of a mission: the air from which every return of a drone is clear, and its sector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil, dist, floor, inf

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError, PlanningError
from blindspot.mission import (
    DroneModel,
    Mission,
    MissionFile,
    Point,
    failsafe_settings as failsafe,
    mission_file,
    px4_plan_parameters,
    return_path,
    rounding,
)
from blindspot.planning.airspace.air import (
    POSITION_ERROR_M,
    TRACKING_ERROR_M,
    Air,
    fence_margin_m,
    legal_air,
    speed_of,
)
from blindspot.planning.airspace.holds import HoldRoom
from blindspot.planning.airspace.paths import Ways, ways_from
from blindspot.planning.airspace.sectors import sectors
from blindspot.planning.drones.bad_pads import BadPad
from blindspot.planning.views.candidates import flying_height_m, lens_of
from blindspot.planning.views.drone_sight import HEAD_M
from blindspot.planning.views.target_ground import Ground
from blindspot.site import Pad, Site

LEG_MPS, LEAST_LEG_MPS = 6.0, 0.5
"""Fastest flight in which ground counts as seen, and slowest flight that sees ground in a useful time, m/s."""
SHORTEST_S = 1e-6
"""Shortest exposure that a drone's file may state, s."""
SEEN_M2_PER_S = 58.0
"""Blind ground seen by a tour in a second between first and last view, over Nantes."""


@dataclass(frozen=True, slots=True)
class Drone:
    """A drone on the pad, with the permitted air: legal, and with a clear way home for the drone's kind of return."""

    name: str
    model_name: str
    model: DroneModel
    pad: str
    home: Point
    up_m: float
    speed_mps: float
    leg_mps: float
    """Speed at which ground counts as seen, m/s: pictures of people are blurred by at most one pixel."""
    air: Air
    returns: BaseGeometry
    """Ground plan that a straight line of a return may cross at the drone's height."""
    holds: HoldRoom
    rtl_type: int = return_path.STRAIGHT

    @property
    def home_2d(self) -> tuple[float, float]:
        return (self.home.east_m, self.home.north_m)


@dataclass(frozen=True, slots=True)
class Patrol:
    """A drone in the drone's sector; `ways` lead from the pad to every cell in reach there.

    A hovering drone begins at `start`. The first step leads to `entry`, the nearest place in the drone's air.
    """

    drone: Drone
    air: Air
    ways: Ways
    start: Point | None = None
    entry: tuple[float, float] | None = None
    sector: BaseGeometry | None = None
    """The drone's part of the ground plan; None if it is alone."""

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Cells of the air's grid in reach of the drone inside the sector."""
        return np.isfinite(self.ways.distance_m)

    @property
    def entry_mps(self) -> float:
        """Speed of a hovering drone on its way to `entry`, m/s."""
        assert self.start is not None and self.entry is not None
        drone, start = self.drone, (self.start.east_m, self.start.north_m)
        return drone.holds.speed_mps(start, rounding.place(*self.entry), drone.speed_mps)


def drones_of(mission: Mission, ground: Ground) -> tuple[Drone, ...]:
    """The fleet; raises InputError for an unknown pad and PlanningError for the pads that bar every flight."""
    file = mission.file
    airs = {name: legal_of(mission, ground, model) for name, model in mission.models.items()}
    kind = return_path.ALONG_MISSION if file.limits.return_ == "mission" else return_path.STRAIGHT
    drones, barred = list[Drone](), list[str]()
    others = list[Pad]()
    for entry in file.fleet:
        try:
            drones.append(drone_of(mission, ground, entry.name, None, airs[entry.model], kind, others=others))
        except PlanningError as error:
            barred.append(str(error))
        others.append(pad_of(mission, ground.site, entry.name))
    if barred:  # all at once, so that pads are moved once
        raise PlanningError("; ".join(dict.fromkeys(barred)))
    return tuple(drones)


def pad_of(mission: Mission, site: Site, drone: str) -> Pad:
    """The pad of a drone of the fleet; raises InputError if the site lacks it."""
    asked = next(entry.pad for entry in mission.file.fleet if entry.name == drone)
    return pad_named(mission, site, asked, f"fleet.{drone}.pad")


def pad_gap_m(mission: Mission) -> float:
    """Least distance of a further pad from any other pad, m, as between the sectors of two drones."""
    return mission.file.limits.separation_m + 2.0 * POSITION_ERROR_M


def pad_named(mission: Mission, site: Site, asked: str, field: str) -> Pad:
    """The named pad of a field of the mission; raises InputError if the site lacks the pad."""
    pad = next((pad for pad in site.pads if pad.name == asked), None)
    if pad is None and not site.pads:
        fix = "draw one into the file of places.launch_pads in its site.yaml"
        raise InputError(mission.path, field, "the site has no launch pad", fix)
    if pad is None:
        known = ", ".join(pad.name for pad in site.pads)
        raise InputError(mission.path, field, f"the site has no pad {asked!r}", f"it has: {known}")
    return pad


def drone_of(
    mission: Mission, ground: Ground, name: str, closed: BaseGeometry | None = None, legal: Air | None = None,
    rtl_type: int = return_path.STRAIGHT, up_m: float | None = None, pad: Pad | None = None,
    others: Sequence[Pad] = (),
) -> Drone:  # fmt: skip
    """One drone of the fleet, kept out of the `closed` part of the ground plan; raises the errors of `drones_of`.
    `legal` is the air of the model, and `up_m` the height above the datum; default: computed. The drone starts from
    `pad`; default: the drone's pad. The pad must be apart from `others`."""
    file, pad = mission.file, pad or pad_of(mission, ground.site, name)
    entry = next(drone for drone in file.fleet if drone.name == name)
    model = mission.models[entry.model]
    speed_mps, settable = speed_of(model, file.limits), px4_plan_parameters.SETTABLE["MPC_XY_CRUISE"]
    if not settable.holds(speed_mps):
        problem = f"lets {entry.model} fly at {speed_mps:g} m/s, its way home can only be set to {settable} m/s"
        raise InputError(mission.path, "limits.max_speed_mps", problem, "choose a speed in between")
    up_m = _level_m(ground, model, file) if up_m is None else up_m
    home = Point(east_m=pad.east_m, north_m=pad.north_m, up_m=pad.up_m)
    legal, gap_m = legal or legal_of(mission, ground, model, up_m), pad_gap_m(mission)
    found = _air_from(mission, ground, model, home, up_m, rtl_type, closed, legal)
    if found is None or any(_apart_m(pad, other) < gap_m for other in others):

        def stands(asked: Mission, pad: Pad) -> bool:
            home = Point(east_m=pad.east_m, north_m=pad.north_m, up_m=pad.up_m)
            return _air_from(asked, ground, model, home, up_m, rtl_type, closed) is not None

        asked_for = {*file.further_pads, *(drone.pad for drone in file.fleet)} - {pad.name}
        known = [other for other in ground.site.pads if other.name in asked_for]
        raise PlanningError(BadPad(mission, ground, model, pad, others, known, gap_m, stands).sentence(legal))
    air, returns = found
    sharp_mps = (up_m - ground.relief.highest_m - HEAD_M) / (lens_of(model).f_px * model.camera.exposure_s)
    if sharp_mps < LEAST_LEG_MPS:
        raise PlanningError(_blurred(mission, ground, entry.model, model, up_m))
    leg_mps = min(speed_mps, LEG_MPS, floor(10 * sharp_mps) / 10)
    holds = HoldRoom.of(ground.site, ground.fence, file.limits, model, up_m)
    return Drone(name, entry.model, model, pad.name, home, up_m, speed_mps, leg_mps, air, returns, holds, rtl_type)


def _blurred(mission: Mission, ground: Ground, name: str, model: DroneModel, up_m: float) -> str:
    """The fault of an exposure with which people are blurred at the slowest useful speed, with the longest sharp
    exposure, and limits for a flight that is high enough."""
    f_px, exposure_s, limits = lens_of(model).f_px, model.camera.exposure_s, mission.file.limits
    above_heads_m, needed_m = up_m - ground.relief.highest_m - HEAD_M, LEAST_LEG_MPS * f_px * exposure_s
    longest_s = floor(1e6 * above_heads_m / f_px / LEAST_LEG_MPS) / 1e6
    ways_out = [f"at most {longest_s:g} would do"] * (longest_s >= SHORTEST_S)
    error_m, rise_m = mission_file.VERTICAL_ERROR_M, ground.relief.highest_m - ground.relief.lowest_m
    floor_m = max(limits.min_up_m, ceil(needed_m + HEAD_M - error_m))
    ceiling_m = max(limits.max_up_m, ceil(floor_m + rise_m + 2.0 * error_m))
    higher = {"min_up_m": floor_m, "max_up_m": ceiling_m}
    for names in (["min_up_m"], ["max_up_m"], [*higher]):
        some = {one: higher[one] for one in names if higher[one] != getattr(limits, one)}
        file = mission.file.model_copy(update={"limits": limits.model_copy(update=some)})
        with suppress(PlanningError):
            above_m = _level_m(ground, model, file) - ground.relief.highest_m - HEAD_M
            if above_m >= needed_m and ceiling_m <= mission_file.HIGHEST_M:
                ways_out.append(" and ".join(f"limits.{one} of at least {value:g} m" for one, value in some.items()))
                break
    return (
        f"camera.exposure_s {exposure_s:g} of {name} blurs people in any useful flight, {above_heads_m:.1f} m above"
        f" their heads: {', or '.join(ways_out) or 'take another camera'}"
    )


def patrols(
    drones: tuple[Drone, ...], ground: Ground, separation_m: float, weights_m2: dict[str, float]
) -> tuple[Patrol, ...]:
    """Every drone in a sector for these weights; raises PlanningError if a pad falls out of the sector."""
    gap_m = separation_m + 2.0 * POSITION_ERROR_M
    cells = sectors({d.name: d.home_2d for d in drones}, weights_m2, ground.perimeter.bounds, gap_m)
    return patrols_in(drones, cells if len(drones) > 1 else {})


def patrols_in(drones: Sequence[Drone], areas: Mapping[str, BaseGeometry]) -> tuple[Patrol, ...]:
    """Every drone in an area of the ground plan; a drone without an area keeps the whole air."""
    out = []
    for drone in drones:
        area = areas.get(drone.name)
        air = drone.air if area is None else drone.air.within(area)
        out.append(Patrol(drone, air, ways_from(air, drone.home_2d), sector=area))
    return tuple(out)


def spread_m2(drones: Sequence[Drone]) -> float:
    """Square of the largest distance between two pads: the scale of the sectors' weights."""
    homes = np.array([drone.home_2d for drone in drones])
    return float(((homes[:, None] - homes[None]) ** 2).sum(axis=2).max())


def _level_m(ground: Ground, model: DroneModel, file: MissionFile) -> float:
    """The one height above the datum at which a drone flies, m, as the plan file writes it: the best height over the
    highest ground of the perimeter, within the limit over the lowest. Raises PlanningError if that is too low over the
    highest ground."""
    limits, relief = file.limits, ground.relief
    lowest_m, highest_m = limits.planned_up_m
    rise_m = relief.highest_m - relief.lowest_m
    if rise_m + lowest_m > highest_m:
        needed_m = rise_m + 2.0 * mission_file.VERTICAL_ERROR_M
        higher_m, lower_m = ceil(needed_m + limits.min_up_m), floor(limits.max_up_m - needed_m)
        lens, band = lens_of(model), file.band  # a height from which the lens shows nothing of use is no way out
        sees_lowest = needed_m + limits.min_up_m - mission_file.VERTICAL_ERROR_M < lens.depth_for(band.min_px_per_m)
        keeps_cap = highest_m - rise_m > lens.depth_for(band.max_px_per_m)
        ways_out = [f"raise max_up_m to {higher_m} m"] * (higher_m <= mission_file.HIGHEST_M and sees_lowest)
        ways_out += [f"lower min_up_m to {lower_m} m"] * (lower_m > 0 and keeps_cap)
        raise PlanningError(
            f"the ground inside the perimeter rises by {rise_m:.0f} m, and a flight's height may be wrong by"
            f" {mission_file.VERTICAL_ERROR_M:g} m up and down, together more than lies"
            f" between limits.min_up_m {limits.min_up_m:g} m and max_up_m {limits.max_up_m:g} m:"
            f" {', '.join([*ways_out, 'draw a smaller perimeter'])}"
        )
    work_s = ground.spots.blind_area_m2 / (SEEN_M2_PER_S * len(file.fleet))
    work_s = {"overwatch": inf, "dispatch": 0.0}.get(file.kind, work_s)  # large pictures, or the shortest climb
    up_m = relief.highest_m + flying_height_m(model, file.band, limits, rise_m, work_s)
    return rounding.height_below(min(up_m, relief.lowest_m + highest_m), relief.lowest_m, highest_m)


def legal_of(mission: Mission, ground: Ground, model: DroneModel, up_m: float | None = None) -> Air:
    """The legal air of a model at a height above the datum (default: computed), with the narrow passages between the
    parts, independent of the pad."""
    up_m = _level_m(ground, model, mission.file) if up_m is None else up_m
    return legal_air(ground.site, ground.fence, mission.file.limits, model, up_m).joined()


def _air_from(
    mission: Mission, ground: Ground, model: DroneModel, home: Point, up_m: float, rtl_type: int,
    closed: BaseGeometry | None, legal: Air | None = None,
) -> tuple[Air, BaseGeometry] | None:  # fmt: skip
    """(the air of a drone on a pad, ground plan of its straight returns); None if the pad bars every flight."""
    legal = legal or legal_of(mission, ground, model, up_m)
    returns, limits = _returns(mission, ground, model, up_m, closed), mission.file.limits
    air = legal if closed is None else legal.without(closed)
    if rtl_type == return_path.STRAIGHT:
        air = _returnable(home, returns, air)
    at, column = shapely.Point(_flat(home)), legal
    if limits.over_roofs:  # the way down to the pad needs the full clearance all the same
        column = legal_air(ground.site, ground.fence, limits, model, home.up_m)
    cell = air.grid.index(*_flat(home))
    if cell is None or not (air.open[cell] and air.free.covers(at) and column.free.covers(at)):
        return None
    return air, returns


def _returns(
    mission: Mission, ground: Ground, model: DroneModel, up_m: float, closed: BaseGeometry | None
) -> BaseGeometry:
    """The part of the ground plan that a straight return may cross at a height."""
    limits, site = mission.file.limits, ground.site
    clearance_m = limits.building_clearance_m + TRACKING_ERROR_M
    margin_m = fence_margin_m(model, limits)
    barred: list[BaseGeometry] = [
        b.footprint.buffer(clearance_m)
        for b in site.solids
        if b.highest_m + clearance_m > up_m and b.footprint.dwithin(ground.perimeter, clearance_m)
    ]
    barred += [z.polygon.buffer(margin_m) for z in site.zones_of("no_fly") if z.floor_m < up_m < z.ceiling_m]
    if closed is not None:
        barred.append(closed)
    return failsafe.return_region(ground.fence.buffer(-margin_m, join_style="mitre"), barred)


def _returnable(home: Point, returns: BaseGeometry, air: Air) -> Air:
    """The part of the air from which the straight way home is clear."""
    shadows = failsafe.out_of_straight_reach(_flat(home), returns)
    return air if shadows.is_empty else air.without(shadows)


def _apart_m(pad: Pad, other: Pad) -> float:
    return dist((pad.east_m, pad.north_m), (other.east_m, other.north_m))


def _flat(point: Point) -> tuple[float, float]:
    return (point.east_m, point.north_m)
