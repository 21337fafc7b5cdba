"""A tour whose places move freely: annealing with small shifts, at the end of a search over given places.

A search over given places (`tours/covering_tour.py`) leaves a tour whose bends lie some metres beside the best ones,
and pays for the last ground with stops. Here a stop or a lane moves by a few metres, a bend is inserted or removed, or
a view is removed. Unseen ground has a price in seconds, which rises until enough is seen. A seed gives the same tour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Aim, DroneModel, View, return_path, rounding, timing
from blindspot.planning.refining.sights import Seen, Sights
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import Stop
from blindspot.planning.views.candidates import POSE_ERROR_M, Position
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import LEG_MIN_M

COLD_S = 0.02
"""Temperature at the last move, s."""
SHIFTS_M = (2.0, 4.0, 8.0, 16.0)
"""Typical lengths of a shift."""
SHIFT, SHIFT_TWO, SLIDE, TAKE_OUT, BLIND = 0.45, 0.72, 0.80, 0.87, 0.91
"""Upper limits of the random number for a move that shifts a stop, shifts a lane (two stops), slides a stop along a
lane, removes a stop or one of its views; above the last limit it inserts a bend."""
ACROSS = 0.7
"""Share of the shifted lanes that move at right angles to themselves."""
CHECK_EVERY, SETTLING, PRICE_RATE = 50, 20, 6.0
"""The price is constant for 1 / `SETTLING` of the moves; see `tours/covering_tour.py`."""

Row = list[Stop]


class Shifting:
    """A tour on its way to a better one. Each target has the weight of the cells that it stands for."""

    def __init__(
        self, scout: Scout, halts: Sequence[Halt], targets: Targets, worth: NDArray[np.float32], seed: int
    ) -> None:
        drone, chooser = scout.patrol.drone, scout.chooser
        self._scout, self._drone, self._worth = scout, drone, worth
        self._chance = np.random.default_rng(seed)
        field = chooser.ground.taller(POSE_ERROR_M)
        self._sights = Sights.of(drone, chooser.mission.file.band, field, targets)
        self._passed_s = 0.0 if drone.rtl_type == return_path.ALONG_MISSION else timing.PASS_BY_S
        self._row = _stops(scout, halts)
        self._times = np.zeros(len(targets), dtype=np.int32)
        for seen in self._seen(self._row, 0, len(self._row)):
            self._times[seen] += 1
        self.weight = float(worth[self._times > 0].sum())
        self.time_s = self._time_s(self._row, 0, len(self._row))

    def searched(self, enough: float, moves: int, price_s: float, hot_s: float) -> list[Halt]:
        """The fastest tour found that sees enough weight, or the last one if none does. `price_s` is the first price of
        a unit of unseen weight, s, and `hot_s` the first temperature, s."""
        best, best_s, best_weight = self._row, math.inf, 0.0
        for move in range(moves if len(self._row) > 2 else 0):
            if move % CHECK_EVERY == 0 and move * SETTLING > moves:
                rate = PRICE_RATE if self.weight < enough else -PRICE_RATE
                price_s *= math.exp(rate * CHECK_EVERY / moves)
            heat_s = hot_s * (COLD_S / hot_s) ** (move / moves)
            self._try(price_s, -heat_s * math.log(1.0 - self._chance.random()))
            if self.weight >= enough and self.time_s < best_s:
                best, best_s, best_weight = self._row, self.time_s, self.weight
        if best_s < math.inf:
            self._row, self.time_s, self.weight = best, best_s, best_weight
        return _halts(self._row)

    def _try(self, price_s: float, allowed_s: float) -> None:
        """Propose a move, and make it if it costs at most `allowed_s`."""
        old = self._row
        i, j, new = self._proposed(old)
        if i < 1 or len(old) + len(new) - (j - i) < 3:
            return
        row = [*old[:i], *new, *old[j:]]
        end = min(i + len(new) + 1, len(row))
        if not all(self._is_clear(row[k - 1].at, row[k].at) for k in range(i, end)):
            return
        worse_s = self._time_s(row, i, end) - self._time_s(old, i, j + 1)
        came = self._seen(row, i, end)
        if worse_s - price_s * sum(self._unseen(seen) for seen in came) > allowed_s:
            return
        went = self._seen(old, i, j + 1)
        won = self._count(came, went)
        if worse_s - price_s * won > allowed_s:
            self._count(went, came)
            return
        self._row, self.weight, self.time_s = row, self.weight + won, self.time_s + worse_s

    def _proposed(self, row: Row) -> tuple[int, int, Row]:
        """A move (i, j, new): the stops `new` replace those from i to j of the row; i is 0 for an impossible one."""
        chance = self._chance
        kind, i = chance.random(), int(chance.integers(1, len(row) - 1))
        size_m = SHIFTS_M[int(chance.integers(0, len(SHIFTS_M)))]
        east_m, north_m = (float(s) for s in chance.normal(0.0, size_m, 2))
        stop, before, after = row[i], row[i - 1], row[i + 1]
        if kind < SHIFT:
            return i, i + 1, [_shifted(stop, east_m, north_m)]
        if kind < SHIFT_TWO:
            if i + 2 >= len(row):
                return 0, 0, []
            if chance.random() < ACROSS:
                heading = math.atan2(after.at[0] - stop.at[0], after.at[1] - stop.at[1])
                east_m, north_m = east_m * math.cos(heading), -east_m * math.sin(heading)
            return i, i + 2, [_shifted(stop, east_m, north_m), _shifted(after, east_m, north_m)]
        if kind < SLIDE:
            other = (before if chance.random() < 0.5 else after).at
            share = east_m / max(1.0, math.dist(stop.at, other))
            return i, i + 1, [_shifted(stop, share * (other[0] - stop.at[0]), share * (other[1] - stop.at[1]))]
        if kind < TAKE_OUT:
            return i, i + 1, []
        if kind < BLIND:
            if not stop.aims:
                return 0, 0, []
            gone = int(chance.integers(0, len(stop.aims)))
            return i, i + 1, [Stop(stop.at, stop.aims[:gone] + stop.aims[gone + 1 :])]
        share = float(chance.random())
        middle = tuple(a + share * (b - a) for a, b in zip(before.at, stop.at, strict=True))
        return i, i, [_shifted(Stop((middle[0], middle[1]), ()), east_m, north_m)]

    def _is_clear(self, start: Position, end: Position) -> bool:
        return start == end or self._scout.patrol.air.holds((start, end))

    def _seen(self, row: Row, first: int, end: int) -> list[Seen]:
        """The targets that the ways to the stops from `first` to `end` see, and the views there."""
        found = []
        for k in range(first, min(end, len(row))):
            if k > 0:
                found.append(self._sights.leg(row[k - 1].at, row[k].at))
            found += [self._sights.view(row[k].at, aim) for aim in row[k].aims]
        return found

    def _unseen(self, seen: Seen) -> float:
        return float(self._worth[seen[self._times[seen] == 0]].sum())

    def _count(self, came: Sequence[Seen], went: Sequence[Seen]) -> float:
        """Add the views that came to the counts, and subtract those that went; returns the gained weight."""
        times, weight, won = self._times, self._worth, 0.0
        for seen in came:
            won += float(weight[seen[times[seen] == 0]].sum())
            times[seen] += 1
        for seen in went:
            times[seen] -= 1
            won -= float(weight[seen[times[seen] == 0]].sum())
        return won

    def _time_s(self, row: Row, first: int, end: int) -> float:
        """Time of the ways to the stops from `first` to `end`, and of the views there, s."""
        drone, total_s = self._drone, 0.0
        acceleration_mps2 = drone.model.performance.acceleration_mps2
        for k in range(first, min(end, len(row))):
            stop, known = row[k], None
            if k > 0:
                length_m = math.dist(row[k - 1].at, stop.at)
                speed_mps = drone.leg_mps if length_m >= LEG_MIN_M else drone.speed_mps
                total_s += timing.level_s(length_m, speed_mps, acceleration_mps2)
                total_s -= 0.0 if stop.aims else self._passed_s
                known = _along(row[k - 1].at, stop.at) if length_m >= LEG_MIN_M else None
            for number, aim in enumerate(stop.aims):
                total_s += _turn_s(drone.model, known, aim) + timing.AIM_S
                total_s += timing.LOOK_S if number else timing.SETTLE_S
                known = aim
        return total_s


def _turn_s(model: DroneModel, before: Aim | None, aim: Aim) -> float:
    """Time to turn to an aim; one straight down may be turned by half a turn."""
    alike = [aim]
    if aim.pitch_deg <= -90.0:
        alike.append(Aim(heading_deg=(aim.heading_deg + 180.0) % 360.0, pitch_deg=aim.pitch_deg))
    return min(timing.turn_s(model, before, one) for one in alike)


def _along(start: Position, end: Position) -> Aim:
    heading_deg = math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360.0
    return Aim(heading_deg=heading_deg % 360.0, pitch_deg=-90.0)


def _shifted(stop: Stop, east_m: float, north_m: float) -> Stop:
    return Stop(rounding.place(stop.at[0] + east_m, stop.at[1] + north_m), stop.aims)


def _stops(scout: Scout, halts: Sequence[Halt]) -> Row:
    """The stops of the route over the halts, with its bends, from the pad and back over it."""
    row = [Stop(scout.patrol.entry or scout.patrol.drone.home_2d, ())]
    for step in scout.steps(halts):
        at = (step.to.east_m, step.to.north_m)
        if at != row[-1].at or (len(row) == 1 and isinstance(step, View)):
            row.append(Stop(at, ()))
        if isinstance(step, View):
            row[-1] = Stop(at, (*row[-1].aims, step.aim))
    home = rounding.place(*scout.patrol.drone.home_2d)
    return row if row[-1].at == home and not row[-1].aims else [*row, Stop(home, ())]


def _halts(row: Row) -> list[Halt]:
    halts = list[Halt]()
    for stop in row[1:-1]:
        halts += [Halt(stop.at, aim) for aim in stop.aims] or [Halt(stop.at, None)]
    return halts
