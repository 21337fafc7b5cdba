"""From ordered places and views to a route that can be flown, and the exact ground that the route sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight import drone_view
from blindspot.mission import Aim, Leg, Point, Step, View, Waypoint, rounding, timing
from blindspot.planning.airspace.paths import Ways, ways_from
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.covering_tour import STRAIGHT_ON_DEG
from blindspot.planning.tours.view_chooser import Chooser, Shot
from blindspot.planning.views.candidates import POSE_ERROR_M, Position, lens_of
from blindspot.planning.views.legs import LEG_MIN_M, LOOK_EVERY_M, NOTHING, InSight, aiming_m

KEPT_CELLS = 20_000_000
"""Cells of the ways that a scout keeps: 160 MB. A small mission keeps all of them."""


@dataclass(frozen=True, slots=True)
class Halt:
    """A place on the way, and the aim of the view there; it is None at a mere bend."""

    at: Position
    aim: Aim | None


@dataclass(slots=True)
class Scout:
    """Lays out a drone's routes and computes the ground that they see; results are cached."""

    chooser: Chooser
    patrol: Patrol
    _ways: dict[Position, Ways] = field(default_factory=dict)
    _shortest_ways: dict[tuple[Position, Position], tuple[Position, ...]] = field(default_factory=dict)
    _legs: dict[tuple[Position, Position], NDArray[np.int32] | None] = field(default_factory=dict)

    def steps(self, halts: Sequence[Halt]) -> tuple[Step, ...]:
        """The route over the halts and back over the pad. Views over the density cap are left out, and halts without a
        legal way."""
        if not halts:
            return ()
        drone, laid = self.patrol.drone, _Row()
        flown = [drone.home_2d]
        if self.patrol.entry is not None:
            flown = [self.patrol.entry]
            laid.add(Waypoint(to=_point(self.patrol.entry, drone.up_m), speed_mps=self.patrol.entry_mps))
        for halt in (*halts, Halt(drone.home_2d, None)):
            way = self._way(flown, halt.at)
            for start, end in pairwise(way):
                self._fly(laid, start, end)
            flown += way[1:]
            if way and halt.aim is not None and self.may_look(halt.at, halt.aim):
                self._look_around(laid, halt.at, halt.aim)
        return laid.named(drone.name)

    def seen(self, steps: Sequence[Step]) -> NDArray[np.bool_]:
        """Flat mask of the blind cells that the steps see."""
        mask = np.zeros(self.chooser.ground.spots.blind.size, dtype=bool)
        for cells in self.seen_by(steps):
            mask[cells] = True
        return mask

    def seen_by(self, steps: Sequence[Step]) -> list[NDArray[np.int32]]:
        """The blind cells (flat) that each step sees."""
        at, found = self.patrol.entry or self.patrol.drone.home_2d, []
        for step in steps:
            end = (step.to.east_m, step.to.north_m)
            cells: NDArray[np.int32] | None = None
            if isinstance(step, View):
                cells = self._view_cells(end, step.aim)
            elif isinstance(step, Leg):
                cells = self._leg_cells(at, end)
            found.append(NOTHING if cells is None else cells)
            at = end
        return found

    def may_look(self, at: Position, aim: Aim) -> bool:
        """Whether every surface in the view is under the density cap."""
        return self._view_cells(at, aim) is not None

    def way_m(self, start: Position, end: Position) -> float:
        """Length of the shortest way, m; infinite if there is none."""
        way = self._shortest(start, end)
        return sum(math.dist(a, b) for a, b in pairwise(way)) if way else math.inf

    def _way(self, flown: Sequence[Position], end: Position) -> tuple[Position, ...]:
        """The way to `end` from the last of the places flown over; from where none leads there, first back over the
        places before. Empty if none does."""
        back = flown[::-1]
        ways = ((*back[:k], *way) for k, start in enumerate(back) if (way := self._shortest(start, end)))
        return next(ways, ())

    def _shortest(self, start: Position, end: Position) -> tuple[Position, ...]:
        if start == end:
            return (start,)
        if self.patrol.air.holds((start, end)):
            return (start, end)
        if (start, end) not in self._shortest_ways:
            self._shortest_ways[start, end] = self._ways_from(start).to(end)
        return self._shortest_ways[start, end]

    def _ways_from(self, start: Position) -> Ways:
        """All ways from a place. Few of them are kept, since each is as large as the drone's air."""
        if start not in self._ways:
            if len(self._ways) * self.patrol.air.open.size >= KEPT_CELLS:
                del self._ways[next(iter(self._ways))]
            self._ways[start] = ways_from(self.patrol.air, start)
        return self._ways[start]

    def _fly(self, laid: _Row, start: Position, end: Position) -> None:
        """A straight way: a leg if it is long enough and keeps the density cap, else a waypoint."""
        drone = self.patrol.drone
        start, end = rounding.place(*start), rounding.place(*end)
        if start == end:
            return
        aim, merged = _down_along(start, end), laid.start_of_same_way(start, end)
        if merged is not None:
            laid.drop_last()
            start = merged
        if math.dist(start, end) >= LEG_MIN_M and self._leg_cells(start, end) is not None:
            speed_mps = drone.holds.speed_mps(start, end, drone.leg_mps)
            laid.add(Leg(id="-", to=_point(end, drone.up_m), aim=aim, speed_mps=speed_mps), start)
        else:
            speed_mps = drone.holds.speed_mps(start, end, drone.speed_mps)
            laid.add(Waypoint(to=_point(end, drone.up_m), speed_mps=speed_mps), start)

    def _look_around(self, laid: _Row, at: Position, aim: Aim) -> None:
        drone, before = self.patrol.drone, laid.last
        further = isinstance(before, View)
        known = before.aim if isinstance(before, View | Leg) else None
        if aim.pitch_deg <= -90.0 and known is not None:
            aim = min((aim, _turned(aim)), key=lambda a: timing.turn_s(drone.model, known, a))
        look_s = timing.LOOK_S if further else timing.SETTLE_S
        dwell_s = math.ceil(100.0 * (timing.turn_s(drone.model, known, aim) + look_s)) / 100.0
        to = _point(at, drone.up_m)
        laid.add(View(id="-", to=to, aim=aim, speed_mps=drone.speed_mps, dwell_s=dwell_s))

    def _view_cells(self, at: Position, aim: Aim) -> NDArray[np.int32] | None:
        drone = self.patrol.drone
        return self.chooser.look((drone.model_name, rounding.place(*at), aim), drone)

    def _leg_cells(self, start: Position, end: Position) -> NDArray[np.int32] | None:
        """Blind cells seen on a leg straight down; None if that aim is out of limits or a surface is over the cap."""
        key = (rounding.place(*start), rounding.place(*end))
        if key not in self._legs:
            self._legs[key] = self._looked_along(*key)
        return self._legs[key]

    def _looked_along(self, start: Position, end: Position) -> NDArray[np.int32] | None:
        drone, ground, mission = self.patrol.drone, self.chooser.ground, self.chooser.mission
        limits, camera, band = mission.file.limits, drone.model.camera, mission.file.band
        if max(limits.min_pitch_deg, camera.gimbal_min_pitch_deg) > -90.0:
            return None
        aim, length_m = _down_along(start, end), math.dist(start, end)
        speed_mps = drone.holds.speed_mps(start, end, drone.leg_mps)
        steady_m = min(aiming_m(drone.model, speed_mps), length_m)
        steady = np.linspace(steady_m, length_m, rounding.pieces(length_m - steady_m, LOOK_EVERY_M) + 1)
        in_sight = InSight(ground.spots.blind, (length_m - steady_m) / max(1, len(steady) - 1), speed_mps)
        nothing = np.zeros(in_sight.left.shape, dtype=bool)
        for at_m in (*np.arange(0.0, steady_m, LOOK_EVERY_M), *steady):
            east_m, north_m = (
                rounding.on_leg(a + float(at_m) / length_m * (b - a)) for a, b in zip(start, end, strict=True)
            )
            view = drone_view(
                ground.field, lens_of(drone.model), east_m, north_m, drone.up_m, aim.heading_deg, aim.pitch_deg, band,
                among=in_sight.left if at_m >= steady_m else nothing, uncertainty_m=POSE_ERROR_M,
            )  # fmt: skip
            if view.max_px_per_m > band.max_px_per_m:
                return None
            if at_m >= steady_m:
                in_sight.add(view.cells)
        return in_sight.cells()


class _Row:
    """Steps as they are laid one after another."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._starts: list[Position | None] = []

    @property
    def last(self) -> Step | None:
        return self._steps[-1] if self._steps else None

    def add(self, step: Step, start: Position | None = None) -> None:
        self._steps.append(step)
        self._starts.append(start)

    def drop_last(self) -> None:
        self._steps.pop()
        self._starts.pop()

    def start_of_same_way(self, start: Position, end: Position) -> Position | None:
        """Begin of the last leg if this way continues it in the same direction; else None."""
        if not isinstance(self.last, Leg) or self._starts[-1] is None:
            return None
        turn_deg = (_heading_deg(start, end) - _heading_deg(self._starts[-1], start) + 180.0) % 360.0 - 180.0
        return self._starts[-1] if abs(turn_deg) < STRAIGHT_ON_DEG else None

    def named(self, drone: str) -> tuple[Step, ...]:
        """The steps, views and legs numbered."""
        number, out = 0, []
        for step in self._steps:
            if not isinstance(step, Waypoint):
                number += 1
                step = step.model_copy(update={"id": f"{drone}-{number:03d}"})
            out.append(step)
        return tuple(out)


def with_views(scout: Scout, halts: Sequence[Halt], shots: Sequence[Shot]) -> list[Halt]:
    """The halts with more views: at an existing halt of the same place, or inserted with the shortest detour. A shot
    without a way to it is left out."""
    row, begin, home = list(halts), scout.patrol.entry or scout.patrol.drone.home_2d, scout.patrol.drone.home_2d
    for shot in shots:
        same = [k for k, halt in enumerate(row) if halt.at == shot.at]
        if same:
            row.insert(same[-1] + 1, Halt(shot.at, shot.aim))
            continue
        at = [begin, *(halt.at for halt in row), home]
        from_m = [scout.way_m(shot.at, place) for place in at]
        detours_m = [
            there + on - min(there + on, scout.way_m(*ends))
            for (there, on), ends in zip(pairwise(from_m), pairwise(at), strict=True)
        ]
        if math.isfinite(min(from_m)):
            row.insert(int(np.nanargmin(detours_m)), Halt(shot.at, shot.aim))
    return row


def without_needless(halts: Sequence[Halt], scout: Scout, times: NDArray[np.int32], enough: float) -> list[Halt]:
    """The halts after removal of the views that alone see fewer than `enough` blind cells.

    `times` is the number of times that the whole fleet sees each cell; it is reduced by the removed views.
    """
    steps = scout.steps(halts)
    seen = scout.seen_by(steps)
    kept = list(halts)
    for step, cells in sorted(zip(steps, seen, strict=True), key=lambda pair: len(pair[1])):
        if isinstance(step, View) and int((times[cells] == 1).sum()) < enough:
            at = (step.to.east_m, step.to.north_m)
            gone = [
                k for k, h in enumerate(kept) if rounding.place(*h.at) == at and h.aim in (step.aim, _turned(step.aim))
            ]
            if gone:
                times[cells] -= 1
                kept[gone[0]] = replace(kept[gone[0]], aim=None)
    return _without_idle(kept)


def _without_idle(halts: list[Halt]) -> list[Halt]:
    """The halts after removal of bends at places that also have views."""
    viewed = {halt.at for halt in halts if halt.aim is not None}
    return [halt for halt in halts if halt.aim is not None or halt.at not in viewed]


def _turned(aim: Aim) -> Aim:
    """The aim turned by half a turn if it points straight down: the picture is the same, upside down."""
    if aim.pitch_deg > -90.0:
        return aim
    return Aim(heading_deg=(aim.heading_deg + 180.0) % 360.0, pitch_deg=aim.pitch_deg)


def _down_along(start: Position, end: Position) -> Aim:
    return Aim(heading_deg=round(_heading_deg(start, end), 2) % 360.0, pitch_deg=-90.0)


def _heading_deg(start: Position, end: Position) -> float:
    return math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360.0


def _point(at: Position, up_m: float) -> Point:
    east_m, north_m = rounding.place(*at)
    return Point(east_m=east_m, north_m=north_m, up_m=up_m)
