"""The faults of a launch pad, all in one sentence, with ways out that were tried.

A way out is another place for the pad, or limits with which the pad may stay. Each is tried with the planner's own rule
for pads before it is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, dist, floor, sqrt

import cv2
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from blindspot.mission import DroneModel, Mission
from blindspot.planning.airspace.air import CELL_M, POSITION_ERROR_M, TRACKING_ERROR_M, Air, fence_margin_m
from blindspot.planning.views.target_ground import Ground
from blindspot.site import Pad

LEAST_CLEARANCE_M = 5.0
"""Least building clearance that a mission may set, m."""
LEAST_MPS = 1.0
"""Slowest flight that is proposed, m/s."""
PAD_ROOM_M = sqrt(2.0) * CELL_M
"""Room beside a pad's clearance, m, with which its whole cell is clear at every position of the pad in the cell."""
ROOM_CELLS, TRIED = 2.0, 12
"""Least open cells around a proposed place, and the number of places that are tried, the nearest first."""

Stands = Callable[[Mission, Pad], bool]


@dataclass(frozen=True, slots=True)
class BadPad:
    """A pad from which no drone of a model can fly. The pad must be apart from `others` by `gap_m`, and a new place
    for the pad from `known`. `stands` says whether a pad may stand somewhere under the limits of a mission."""

    mission: Mission
    ground: Ground
    model: DroneModel
    pad: Pad
    others: Sequence[Pad]
    known: Sequence[Pad]
    gap_m: float
    stands: Stands

    def sentence(self, air: Air) -> str:
        """All faults in one sentence, with what was tried and works. `air` is the legal air of the model."""
        faults = list(self._faults())
        if not faults:
            return f"no way that is clear leads home to pad {self.pad.name}: use another pad"
        is_outside = not self.ground.perimeter.covers(self._at)
        what, needed = (", and ".join(dict.fromkeys(part)) for part in zip(*faults, strict=True))
        ways_out = [f"{'use a pad' if is_outside else 'move it to'} at least {needed}{self._place(air)}"]
        if is_outside:
            ways_out.insert(0, "draw the perimeter around it")
        return f"pad {self.pad.name} {what}: {', or '.join([*ways_out, *self._limits()])}"

    @property
    def _at(self) -> shapely.Point:
        return shapely.Point(self.pad.east_m, self.pad.north_m)

    def _faults(self) -> Iterator[tuple[str, str]]:
        """(the fault, the needed room): of the pad itself, or else of the pad's cell, through which every way from
        the pad leads."""
        for room_m in (0.0, PAD_ROOM_M):
            if found := [*self._crowded(), *self._too_near(room_m)]:
                yield from found
                return

    def _too_near(self, room_m: float) -> Iterator[tuple[str, str]]:
        site, ground, limits = self.ground.site, self.ground, self.mission.file.limits
        clear_m, margin_m = limits.building_clearance_m + TRACKING_ERROR_M, fence_margin_m(self.model, limits)
        around_m = _up(margin_m + PAD_ROOM_M)
        kinds: tuple[tuple[str, list[BaseGeometry], float], ...] = (
            ("a building", [one.footprint for one in site.buildings], clear_m),
            ("a tree's crown", [tree.as_block.footprint for tree in site.trees], clear_m),
            ("a no-fly zone", [zone.polygon for zone in site.zones_of("no_fly")], margin_m),
        )
        for kind, shapes, kept_m in kinds:
            away_m = float(shapely.distance(self._at, shapes).min()) if shapes else np.inf
            if away_m < kept_m + room_m:
                yield f"is {away_m:.1f} m from {kind}", f"{_up(kept_m + PAD_ROOM_M):g} m from {kind}"
        if not ground.perimeter.covers(self._at):
            outside_m = ground.perimeter.distance(self._at)
            yield f"lies {outside_m:.0f} m outside the perimeter", f"{around_m:g} m inside"
            return
        inside_m = ground.fence.exterior.distance(self._at) if ground.fence.covers(self._at) else 0.0
        if inside_m < margin_m + room_m:
            yield f"is {inside_m:.1f} m inside the perimeter", f"{around_m:g} m inside"

    def _crowded(self) -> Iterator[tuple[str, str]]:
        for other in self.others:
            if (apart_m := _apart_m(self.pad, other)) < self.gap_m:
                yield f"is {apart_m:.1f} m from pad {other.name}", f"{self.gap_m:g} m from pad {other.name}"

    def _place(self, air: Air) -> str:
        """The nearest public place with room that does, in words; "" if none was found."""
        frame, grid = self.ground.site.frame, air.grid
        for cell in self._roomy(air)[:TRIED]:
            lon_deg, lat_deg = frame.to_wgs84(*grid.centres(np.array([cell]))[0])
            lat_deg, lon_deg = round(float(lat_deg), 6), round(float(lon_deg), 6)  # as it is printed
            east_m, north_m = frame.to_enu(lon_deg, lat_deg)
            up_m = self.ground.site.terrain.at(east_m, north_m)
            place = replace(self.pad, east_m=float(east_m), north_m=float(north_m), up_m=up_m)
            if self.stands(self.mission, place):
                return (
                    f", as at latitude {lat_deg:.6f}, longitude {lon_deg:.6f} ({_apart_m(self.pad, place):.0f} m away)"
                )
        return ""

    def _roomy(self, air: Air) -> NDArray[np.integer]:
        """Public cells with room around them, apart from the other pads, the nearest first."""
        is_open = air.open.copy()
        is_open.flat[air.passages] = False
        room = cv2.distanceTransform(np.pad(is_open.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1]
        cells, field = np.flatnonzero(room >= ROOM_CELLS), self.ground.field.grid
        known = (field.index(*place) for place in air.grid.centres(cells))
        public = self.ground.spots.public
        cells = cells[np.array([at is not None and bool(public[at]) for at in known], dtype=bool)]
        at = air.grid.centres(cells)
        for other in self.known:
            is_apart = np.hypot(*(at - (other.east_m, other.north_m)).T) >= self.gap_m + CELL_M
            cells, at = cells[is_apart], at[is_apart]
        away_m = np.hypot(*(at - (self.pad.east_m, self.pad.north_m)).T)
        nearest: NDArray[np.integer] = cells[np.argsort(away_m, kind="stable")]
        return nearest

    def _limits(self) -> Iterator[str]:
        """Limits with which the pad may stay where it is."""
        if any(self._crowded()):
            return
        limits, site = self.mission.file.limits, self.ground.site
        walls = [solid.footprint for solid in site.solids]
        wall_m = float(shapely.distance(self._at, walls).min()) if walls else np.inf
        bearable_m = _down(wall_m - TRACKING_ERROR_M - PAD_ROOM_M)
        inside_m = self.ground.fence.exterior.distance(self._at) if self.ground.fence.covers(self._at) else 0.0
        braking_m = max(0.0, inside_m - PAD_ROOM_M - POSITION_ERROR_M)
        slower_mps = _down(sqrt(2.0 * self.model.performance.acceleration_mps2 * braking_m))
        changes = dict[str, float]()
        if LEAST_CLEARANCE_M <= bearable_m < limits.building_clearance_m:
            changes["building_clearance_m"] = bearable_m
        if LEAST_MPS <= slower_mps < limits.max_speed_mps:
            changes["max_speed_mps"] = slower_mps
        for names in (*([name] for name in changes), [*changes] * (len(changes) > 1)):
            some = {name: changes[name] for name in names}
            file = self.mission.file.model_copy(update={"limits": limits.model_copy(update=some)})
            if some and self.stands(replace(self.mission, file=file), self.pad):
                yield " and ".join(f"limits.{name} {value:g}" for name, value in some.items())
                return


def _apart_m(pad: Pad, other: Pad) -> float:
    return dist((pad.east_m, pad.north_m), (other.east_m, other.north_m))


def _up(value_m: float) -> float:
    return ceil(10 * value_m) / 10


def _down(value_m: float) -> float:
    return floor(10 * value_m) / 10
