"""A tour whose places move freely: annealing with small shifts, at the end of a search over given places.

A search over given places (`tours/covering_tour.py`) leaves a tour whose bends lie some metres beside the best ones,
and pays for the last ground with stops. Here a stop or a lane moves by a few metres, a bend is inserted or removed, or
a view is removed, turned or added, and a stretch is reversed. Unseen ground has a price in seconds, which rises until
enough is seen. First only the targets that a move could lose or win are tested. A seed gives the same tour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.mission import Aim, DroneModel, View, return_path, rounding, timing
from blindspot.planning.tours.itinerary import Halt, Scout
from blindspot.planning.tours.routing import Stop
from blindspot.planning.tours.sights import Mask, Seen, Sights
from blindspot.planning.views.candidates import POSE_ERROR_M, Position
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.legs import LEG_MIN_M

COLD_S = 0.02
"""Temperature at the last move, s."""
SHIFTS_M = (2.0, 4.0, 8.0, 16.0)
"""Typical lengths of a shift."""
TURN_DEG = 12.0
"""Typical turn of an aim."""
SHIFT, SHIFT_TWO, SLIDE, TAKE_OUT, BLIND = 0.40, 0.62, 0.69, 0.75, 0.78
REVERSE, CARRY, TURN, LOOK = 0.81, 0.84, 0.88, 0.93
"""Upper limits of the random number for a move that shifts a stop, shifts a lane (two stops), slides a stop along a
lane, removes a stop or a view of a stop, reverses a stretch, carries a stop to another place of the row, turns an aim
or adds a view of unseen ground; above the last limit the move inserts a bend."""
MOST_REVERSED = 12
"""The most stops in a reversed stretch."""
ACROSS = 0.7
"""Share of the shifted lanes that move at right angles to themselves."""
CHECK_EVERY, SETTLING, PRICE_RATE, FAR_OFF = 50, 20, 6.0, 0.003
"""The price is constant for 1 / `SETTLING` of the moves. Then it changes by a factor of at most e to the power of
`PRICE_RATE` over all moves: less if the seen weight is nearer to the wanted one than the share `FAR_OFF` of all."""

Row = list[Stop]
NO_MOVE: tuple[int, int, Row] = (0, 0, [])


class Shifting:
    """A tour on its way to a better one. Each target has the weight of the cells that it stands for."""

    def __init__(
        self, scout: Scout, halts: Sequence[Halt], targets: Targets, worth: NDArray[np.float32], seed: int
    ) -> None:
        drone, chooser = scout.patrol.drone, scout.chooser
        self._scout, self._drone, self._worth = scout, drone, worth
        self._chance = np.random.default_rng(seed)
        limits, camera = chooser.mission.file.limits, drone.model.camera
        steepest_deg = max(limits.min_pitch_deg, camera.gimbal_min_pitch_deg)
        self._pitches_deg = steepest_deg, min(limits.max_pitch_deg, camera.gimbal_max_pitch_deg)
        field = chooser.ground.taller(POSE_ERROR_M)
        self._sights = Sights.of(drone, chooser.mission.file.band, field, targets, steepest_deg <= -90.0)
        self._targets = targets
        self._reach_m, self._leg_reach_m = (self._sights.reach_m(views=views) for views in (True, False))
        self._passed_s = 0.0 if drone.rtl_type == return_path.ALONG_MISSION else timing.PASS_BY_S
        self._row = _stops(scout, halts)
        self._times = np.zeros(len(targets), dtype=np.int32)
        for seen in self._seen(self._row, 0, len(self._row)):
            self._times[seen] += 1
        self._note_unseen()
        self.weight = float(worth[self._times > 0].sum())
        self.time_s = self._time_s(self._row, 0, len(self._row))

    def searched(self, enough: float, moves: int, price_s: float, hot_s: float) -> list[Halt]:
        """The tour found that costs the least, if weight that it lacks costs `price_s` a unit, s.

        The search begins with this price, and with the temperature `hot_s`, s.
        """
        first_s, far = price_s, FAR_OFF * float(self._worth.sum())
        best, best_cost_s, best_time_s, best_weight = self._row, math.inf, self.time_s, self.weight
        for move in range(moves if len(self._row) > 2 else 0):
            if move % CHECK_EVERY == 0 and move * SETTLING > moves:
                off = min(max((enough - self.weight) / far, -1.0), 1.0)
                price_s *= math.exp(PRICE_RATE * off * CHECK_EVERY / moves)
            heat_s = hot_s * (COLD_S / hot_s) ** (move / moves)
            self._try(price_s, -heat_s * math.log(1.0 - self._chance.random()))
            cost_s = self.time_s + first_s * max(0.0, enough - self.weight)
            if cost_s < best_cost_s:
                best, best_cost_s, best_time_s, best_weight = self._row, cost_s, self.time_s, self.weight
        self._row, self.time_s, self.weight = best, best_time_s, best_weight
        return _halts(self._row)

    def _try(self, price_s: float, allowed_s: float) -> None:
        """Propose a move, and make it if it costs at most `allowed_s`."""
        old = self._row
        i, j, new = self._proposed(old)
        if i < 1 or len(old) + len(new) - (j - i) < 3:
            return
        row = [*old[:i], *new, *old[j:]]
        end = min(i + len(new) + 1, len(row))
        worse_s = self._time_s(row, i, end) - self._time_s(old, i, j + 1)
        if worse_s - price_s * self._most_won > allowed_s:
            return
        if not all(self._is_clear(row[k - 1].at, row[k].at) for k in range(i, end)):
            return
        times, worth = self._times, self._worth
        went = self._seen(old, i, j + 1)
        lost = _count_out(times, went)
        some = np.concatenate([lost, self._unseen_near(row[i - 1 : end])])
        won = float(worth[some[self._sees(row, i, end, some)]].sum()) - float(worth[lost].sum())
        came = self._seen(row, i, end) if worse_s - price_s * won <= allowed_s else went
        for seen in came:
            times[seen] += 1
        if came is not went:
            self._row, self.weight, self.time_s = row, self.weight + won, self.time_s + worse_s
            self._note_unseen()

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
                return NO_MOVE
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
            return (i, i + 1, [_without(stop, int(chance.integers(0, len(stop.aims))))]) if stop.aims else NO_MOVE
        if kind < REVERSE:
            j = i + int(chance.integers(2, MOST_REVERSED + 1))
            return (i, j, row[i:j][::-1]) if j < len(row) else NO_MOVE
        if kind < CARRY:
            return self._carried(row, i)
        if kind < LOOK:
            return self._turned(row, i) if kind < TURN else self._looking(row, i)
        return i, i, [_shifted(_between(before, stop, float(chance.random())), east_m, north_m)]

    def _carried(self, row: Row, i: int) -> tuple[int, int, Row]:
        """A stop, carried to the place of the row near it where it costs the least way."""
        at, low, high = row[i].at, max(1, i - MOST_REVERSED), min(len(row) - 1, i + MOST_REVERSED)
        gaps = [k for k in range(low, high + 1) if k not in (i, i + 1)]
        if not gaps:
            return NO_MOVE

        def detour_m(k: int) -> float:
            before, after = row[k - 1].at, row[k].at
            return math.dist(before, at) + math.dist(at, after) - math.dist(before, after)

        k = min(gaps, key=detour_m)
        return (k, i + 1, [row[i], *row[k:i]]) if k < i else (i, k, [*row[i + 1 : k], row[i]])

    def _turned(self, row: Row, i: int) -> tuple[int, int, Row]:
        """A stop with an aim that is turned."""
        aims = row[i].aims
        if not aims:
            return NO_MOVE
        k = int(self._chance.integers(0, len(aims)))
        aim = self._near(aims[k].heading_deg, aims[k].pitch_deg)
        return i, i + 1, [Stop(row[i].at, (*aims[:k], aim, *aims[k + 1 :]))]

    def _looking(self, row: Row, i: int) -> tuple[int, int, Row]:
        """A view of unseen ground: at a stop, or at a new one before it."""
        chance, on_the_way, share = self._chance, self._chance.random() < 0.5, float(self._chance.random())
        stop = _shifted(_between(row[i - 1], row[i], share), 0.0, 0.0) if on_the_way else row[i]
        east_m, north_m = self._unseen_at[0] - stop.at[0], self._unseen_at[1] - stop.at[1]
        away_m = np.hypot(east_m, north_m)
        near = np.flatnonzero(away_m < self._reach_m)
        if not len(near):
            return NO_MOVE
        k = near[chance.integers(0, len(near))]
        below_m = self._drone.up_m - self._targets.ground_m[self._unseen[k]]
        heading_deg = math.degrees(math.atan2(east_m[k], north_m[k]))
        aim = self._near(heading_deg, -math.degrees(math.atan2(below_m, away_m[k])))
        return i, i if on_the_way else i + 1, [Stop(stop.at, (*stop.aims, aim))]

    def _near(self, heading_deg: float, pitch_deg: float) -> Aim:
        """A random aim near this one, inside the limits."""
        turn_deg, tilt_deg = (float(s) for s in self._chance.normal(0.0, TURN_DEG, 2))
        steepest_deg, flattest_deg = self._pitches_deg
        pitch_deg = min(max(round(pitch_deg + tilt_deg), steepest_deg), flattest_deg)
        return Aim(heading_deg=round(heading_deg + turn_deg) % 360.0, pitch_deg=pitch_deg)

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

    def _unseen_near(self, stops: Row) -> Seen:
        """The unseen targets in reach of the ways over the stops."""
        east_m, north_m = self._unseen_at
        east, north = zip(*(stop.at for stop in stops), strict=True)
        far_m = self._reach_m if any(stop.aims for stop in stops) else self._leg_reach_m
        near = (east_m > min(east) - far_m) & (east_m < max(east) + far_m)
        near &= (north_m > min(north) - far_m) & (north_m < max(north) + far_m)
        unseen: Seen = self._unseen[near]
        return unseen

    def _note_unseen(self) -> None:
        self._unseen = np.flatnonzero(self._times == 0).astype(np.int32)
        self._most_won = float(self._worth[self._unseen].sum())
        self._unseen_at = self._targets.east_m[self._unseen], self._targets.north_m[self._unseen]

    def _sees(self, row: Row, first: int, end: int, some: Seen) -> Mask:
        """Which of the targets `some` the ways and views see that `_seen` returns."""
        found = np.zeros(len(some), dtype=bool)
        for k in range(first, end):
            found |= self._sights.leg_sees(row[k - 1].at, row[k].at, some)
            for aim in row[k].aims:
                found |= self._sights.view_sees(row[k].at, aim, some)
        return found

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
                known = _along(row[k - 1].at, stop.at) if stop.aims and length_m >= LEG_MIN_M else None
            for number, aim in enumerate(stop.aims):
                total_s += _turn_s(drone.model, known, aim) + timing.AIM_S
                total_s += timing.LOOK_S if number else timing.SETTLE_S
                known = aim
        return total_s


@numba.njit(cache=True, nogil=True)
def _released(times, seen, lost, count):  # type: ignore[no-untyped-def]
    for target in seen:
        times[target] -= 1
        if times[target] == 0:
            lost[count] = target
            count += 1
    return count


def _count_out(times: NDArray[np.int32], went: Sequence[Seen]) -> Seen:
    """Subtract one for each target of the views; returns the targets that nothing sees any more."""
    lost, count = np.empty(sum(len(seen) for seen in went), dtype=np.int32), 0
    for seen in went:
        count = _released(times, seen, lost, count)
    return lost[:count]


def _between(before: Stop, after: Stop, share: float) -> Stop:
    (east_m, north_m), (to_east_m, to_north_m) = before.at, after.at
    return Stop((east_m + share * (to_east_m - east_m), north_m + share * (to_north_m - north_m)), ())


def _without(stop: Stop, gone: int) -> Stop:
    return Stop(stop.at, stop.aims[:gone] + stop.aims[gone + 1 :])


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
