"""Choice of stops, views and their order: cover and route are optimised together.

A tour is a sequence of parts: bends and views, each at a place. Between two places the camera looks straight down, and
the ground seen on the way counts. Simulated annealing (Kirkpatrick et al., 1983) changes this sequence. A move inserts
a view where it costs the least time, removes a view, exchanges it for another view of the same ground, shifts a stop by
a place, or reverses a stretch. Unseen ground has a price in seconds, which rises until enough is seen. The search is
limited by moves instead of time, so a seed always gives the same tour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.covers.cover import inverted
from blindspot.planning.tours.tally import SightBits, blank, count_in, count_out, most_won, packed, unseen_one

HOT_S, COLD_S = 6.0, 0.3
"""Temperatures of the annealing at its start and end, s: the typical cost of an accepted worse change."""
FIRST_PRICE = 0.1
"""Factor of the initial price of unseen weight: the seconds of an average view per unit of weight that it sees."""
CHECK_EVERY = 1000
STRAIGHT_ON_DEG = 0.5
"""Consecutive legs whose directions differ by less are flown as one leg, without a bend."""
MOST_PARTS = 4000
SETTLING, PRICE_RATE = 10, 8.0
"""The price is constant for a tenth of the moves. Afterwards it rises while too little is seen and falls while enough
is seen: by a factor of e to the power of `PRICE_RATE` over the number of all moves. Both are conventions."""
PUT_IN, TAKE_OUT, EXCHANGE, SHIFT = 0.30, 0.45, 0.72, 0.94
"""Upper limits of the random number for a move that inserts a part, removes a part, exchanges a part or shifts a
stop; above the last limit the move reverses a stretch. So 30, 15, 27, 22 and 6 % of the moves are of these kinds.

Any mix works about as well. Two searches over Nantes in the evening, with a quarter of the moves (means of six seeds,
which differ by 4 to 5 s), give 395 and 334 s. Equal shares give 404 and 337 s. With the other shares in proportion:
412 and 346 s without exchanges, 404 and 335 s without shifts, 399 and 332 s without reversals."""
PUT_IN_BEND, SHIFT_ONE = 0.05, 0.85
"""Limits of the same number: below the first, the inserted part is a bend (5 % of the moves); above the second, two
stops are shifted together (9 % of the moves). In the same measurement: 402 and 339 s without bends, 397 and 330 s
without pairs. These differences are within chance."""
MOST_REVERSED = 150
"""The most parts in a reversed stretch, a convention: the cost of this move grows with the stretch."""


@dataclass(frozen=True, slots=True)
class TourChoice:
    """The parts and legs available for a tour. Place 0 is the pad.

    `go_s` (n, n) are flight times between places, `bearing_deg` (n, n) the headings of these ways, and `leg` (n, n) the
    number of the leg between two places, -1 for a way without a leg. Part e stands at `place[e]`, looks along
    `heading_deg[e]` and `pitch_deg[e]` and takes `stay_s[e]`, which is 0 for a bend. Part or leg k sees the targets
    `seen[first[k]:first[k + 1]]`; k numbers the parts first, then the legs.
    """

    go_s: NDArray[np.float32]
    bearing_deg: NDArray[np.float32]
    leg: NDArray[np.int32]
    place: NDArray[np.int32]
    aim: NDArray[np.int32]
    heading_deg: NDArray[np.float32]
    pitch_deg: NDArray[np.float32]
    stay_s: NDArray[np.float32]
    first: NDArray[np.int64]
    seen: NDArray[np.int32]
    weight: NDArray[np.float32]
    beside: NDArray[np.int32]

    @property
    def parts(self) -> int:
        return len(self.place)


@dataclass(frozen=True, slots=True)
class Rates:
    """Turn and tilt rates of the camera, deg/s, the time to come to rest before a view, s, and the time that a bend
    between two legs costs if they have different directions, s: legs of one direction are flown as one."""

    turn_dps: float
    tilt_dps: float
    rest_s: float
    bend_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Tour:
    """Parts in flight order, the time from the pad and back, s, the weight seen, and the final price of unseen weight,
    s."""

    parts: NDArray[np.int64]
    time_s: float
    seen_weight: float
    price_s: float


class _Clock(NamedTuple):
    """The data for flight and turn times: see `TourChoice` and `Rates`."""

    place: NDArray[np.int32]
    heading: NDArray[np.float32]
    pitch: NDArray[np.float32]
    stay: NDArray[np.float32]
    go: NDArray[np.float32]
    bearing: NDArray[np.float32]
    leg: NDArray[np.int32]
    turn_dps: float
    tilt_dps: float
    rest_s: float
    bend_s: float


class _Instance(NamedTuple):
    """The problem to solve: see `TourChoice`, with inverse lists.

    `sights` are the packed targets of parts and legs. Target t is seen by the parts `by[by_first[t]:by_first[t + 1]]`.
    `view_at` (places, aims) is the part at a place with an aim, -1 for a missing one; its last column holds the bends.
    """

    clock: _Clock
    aim: NDArray[np.int32]
    leg: NDArray[np.int32]
    first: NDArray[np.int64]
    seen: NDArray[np.int32]
    sights: SightBits
    weight: NDArray[np.float32]
    by_first: NDArray[np.int64]
    by: NDArray[np.int32]
    view_at: NDArray[np.int64]
    beside: NDArray[np.int32]


class _Schedule(NamedTuple):
    """Parameters of the search: the weight to be seen, the initial price of unseen weight (s per unit of weight), the
    number of moves, and the temperatures at the first and at the last move, s."""

    goal: float
    price_s: float
    moves: int
    hot_s: float
    cold_s: float


@numba.njit(cache=True, nogil=True)
def _link(earlier, before, after, clock):  # type: ignore[no-untyped-def]
    """Time from the end of the part `before` to the pictures of the next, s, after a way from `earlier`; -1 is the pad.
    A bend has no pictures."""
    u = clock.place[before] if before >= 0 else 0
    v = clock.place[after] if after >= 0 else 0
    go_s = np.float64(clock.go[u, v])
    if before >= 0 and clock.stay[before] == 0.0 and clock.leg[u, v] >= 0:
        t = clock.place[earlier] if earlier >= 0 else 0
        if clock.leg[t, u] >= 0:
            off = abs(clock.bearing[t, u] - clock.bearing[u, v])
            if min(off, 360.0 - off) < STRAIGHT_ON_DEG:
                go_s -= clock.bend_s
    if after < 0 or clock.stay[after] == 0.0:
        return go_s
    pitch = clock.pitch[after]
    if u == v and before >= 0 and clock.stay[before] > 0.0:
        turn, tilt, rest = clock.heading[after] - clock.heading[before], abs(pitch - clock.pitch[before]), 0.0
    else:
        turn, tilt, rest = clock.heading[after] - clock.bearing[u, v], pitch + 90.0, clock.rest_s
    turn = min(abs(turn), 360.0 - abs(turn))
    if pitch <= -90.0:
        turn = min(turn, 180.0 - turn)
    return go_s + rest + max(turn / clock.turn_dps, tilt / clock.tilt_dps)


@numba.njit(cache=True, nogil=True)
def _cheapest(e, row, way, count, clock):  # type: ignore[no-untyped-def]
    """Returns (added time, s, position) of the cheapest insertion of a part; `way[k]` leads to part k of the row."""
    place, go, stay, q = clock.place, clock.go, clock.stay[e], clock.place[e]
    best, best_at = np.inf, -1
    for k in range(count + 1):
        before, after = (row[k - 1] if k > 0 else -1), (row[k] if k < count else -1)
        u, v = (place[before] if before >= 0 else 0), (place[after] if after >= 0 else 0)
        if np.float64(go[u, q]) + stay + go[q, v] - way[k] >= best:  # without any turn
            continue
        extra = _link(row[k - 2] if k > 1 else -1, before, e, clock) + stay + _link(before, e, after, clock) - way[k]
        if k < count:
            extra += _link(e, after, row[k + 1] if k + 1 < count else -1, clock) - way[k + 1]
        if extra < best:
            best, best_at = extra, k
    return best, best_at


@numba.njit(cache=True, nogil=True)
def _stretch(row, way, i, j, clock):  # type: ignore[no-untyped-def]
    """Time from the end of the part before `row[i]` to the pictures of the part at `row[j]`, s."""
    total = 0.0
    for k in range(i, j + 1):
        total += way[k]
        if k < j:
            total += clock.stay[row[k]]
    return total


@numba.njit(cache=True, nogil=True)
def _noted(noted, count, before, parts, after, place, leg):  # type: ignore[no-untyped-def]
    """Append the parts, and the legs to, between and after them, to `noted[:count]`; returns the new count."""
    for k in range(len(parts) + 1):
        part = parts[k] if k < len(parts) else after
        way = leg[place[before] if before >= 0 else 0, place[part] if part >= 0 else 0]
        if way >= 0:
            noted[count] = len(place) + way
            count += 1
        if k < len(parts):
            noted[count] = part
            count += 1
        before = part
    return count


@numba.njit(cache=True, nogil=True)
def _changed(tally, sights, more, less):  # type: ignore[no-untyped-def]
    """Add the views `more` to the counts, then subtract `less`; returns the gained weight."""
    won = 0.0
    for part in more:
        won += count_in(tally, sights, part)
    for part in less:
        won -= count_out(tally, sights, part)
    return won


@numba.njit(cache=True, nogil=True)
def _replace(row, way, count, i, j, new, size, clock):  # type: ignore[no-untyped-def]
    """Replace `row[i:j]` by `new[:size]`, with the ways to and from them; returns the new number of parts."""
    by = size - (j - i)
    for k in range(count - 1, j - 1, -1) if by > 0 else range(j, count):
        row[k + by], way[k + by + 1] = row[k], way[k + 1]
    count += by
    row[i : i + size] = new[:size]
    for k in range(i, min(i + size + 1, count) + 1):
        before, after = (row[k - 1] if k > 0 else -1), (row[k] if k < count else -1)
        way[k] = _link(row[k - 2] if k > 1 else -1, before, after, clock)
    return count


@numba.njit(cache=True, nogil=True)
def _stop_around(row, count, k, place):  # type: ignore[no-untyped-def]
    """Returns (first, last + 1) of the consecutive parts around part k of the row that stand at its place."""
    i, j, at = k, k + 1, place[row[k]]
    while i > 0 and place[row[i - 1]] == at:
        i -= 1
    while j < count and place[row[j]] == at:
        j += 1
    return i, j


@numba.njit(cache=True, nogil=True)
def _seen_by_another(e, instance, chance):  # type: ignore[no-untyped-def]
    """A random part that sees a random target of part e (uniform choices); a random bend if e sees nothing."""
    first, view_at = instance.first, instance.view_at
    if first[e + 1] > first[e]:
        t = instance.seen[chance.integers(first[e], first[e + 1])]
        return np.int64(instance.by[chance.integers(instance.by_first[t], instance.by_first[t + 1])])
    return view_at[chance.integers(0, len(view_at)), view_at.shape[1] - 1]


@numba.njit(cache=True, nogil=True)
def _shifted(part, i, j, new, instance, chance):  # type: ignore[no-untyped-def]
    """Write the parts i to j of the row to `new`, with the same aims, shifted to the next place on a random side.
    Returns their number: a part without such a view is omitted."""
    size, side = 0, chance.integers(0, instance.beside.shape[1])
    for k in range(i, j):
        q = instance.beside[instance.clock.place[part[k]], side]
        if q >= 0 and instance.view_at[q, instance.aim[part[k]]] >= 0:
            new[size] = instance.view_at[q, instance.aim[part[k]]]
            size += 1
    return size


@numba.njit(cache=True, nogil=True)
def _proposed(kind, part, count, new, tally, instance, chance):  # type: ignore[no-untyped-def]
    """Returns a move (i, j, size, added): `new[:size]` replaces parts i to j of the row, and the part `added` (-1:
    none) is inserted where it is cheapest. An impossible move has i = -1. `kind` is a random number from 0 to 1."""
    if kind < PUT_IN or count == 0:
        t = unseen_one(tally, chance)
        if t < 0 or instance.by_first[t + 1] == instance.by_first[t]:
            return -1, 0, 0, -1
        added = np.int64(instance.by[chance.integers(instance.by_first[t], instance.by_first[t + 1])])
        if kind < PUT_IN_BEND:
            added = instance.view_at[instance.clock.place[added], instance.view_at.shape[1] - 1]
        return count, count, 0, added
    if kind < EXCHANGE:
        i = chance.integers(0, count)
        return i, i + 1, 0, -1 if kind < TAKE_OUT else _seen_by_another(part[i], instance, chance)
    if kind < SHIFT:
        place = instance.clock.place
        i, j = _stop_around(part, count, chance.integers(0, count), place)
        if kind > SHIFT_ONE and j < count:
            _, j = _stop_around(part, count, j, place)
        size = _shifted(part, i, j, new, instance, chance)
        return i if size > 0 else -1, j, size, -1
    ends = chance.integers(0, count), chance.integers(0, count)
    i, j = min(ends), max(ends)
    if not 1 <= j - i <= MOST_REVERSED:
        return -1, 0, 0, -1
    new[: j - i] = part[i:j][::-1]
    return i, j, j - i, -1


@numba.njit(cache=True, nogil=True)
def _anneal(instance, schedule, chance):  # type: ignore[no-untyped-def]
    """Returns (best parts in flight order, their time, their weight, the final price) of a search."""
    clock, sights, place, leg = instance.clock, instance.sights, instance.clock.place, instance.leg
    goal, price, moves = schedule.goal, schedule.price_s, schedule.moves
    tally = blank(instance.weight)
    row, way = np.zeros(MOST_PARTS, np.int64), np.zeros(MOST_PARTS + 1)
    new, old = np.zeros(MOST_PARTS, np.int64), np.zeros(MOST_PARTS, np.int64)
    more, less = np.zeros(2 * MOST_PARTS, np.int64), np.zeros(2 * MOST_PARTS, np.int64)
    count, covered = _replace(row, way, 0, 0, 0, new, 0, clock), 0.0
    best, best_count, best_time, best_covered = row.copy(), 0, np.inf, 0.0
    for move in range(moves + 1):
        if move % CHECK_EVERY == 0 or move == moves:
            if move > moves // SETTLING:
                price *= np.exp((PRICE_RATE if covered < goal else -PRICE_RATE) * CHECK_EVERY / moves)
            if covered >= goal:
                total = _stretch(row, way, 0, count, clock)
                if total < best_time:
                    best_time, best_covered, best_count = total, covered, count
                    best[:count] = row[:count]
        # The random allowance of a move is drawn first. It equals the usual test exp(-worse / heat) > chance, and it is
        # known before the targets are counted.
        heat = schedule.hot_s * (schedule.cold_s / schedule.hot_s) ** (move / moves)
        allowed = -heat * np.log(1.0 - chance.random())
        i, j, size, added = _proposed(chance.random(), row, count, new, tally, instance, chance)
        if i < 0 or count + size + 2 >= MOST_PARTS:
            continue
        gone = j - i
        old[:gone] = row[i:j]
        before, after = (row[i - 1] if i > 0 else -1), (row[j] if j < count else -1)
        worse, came, went = 0.0, 0, 0
        if gone > 0 or size > 0:
            worse -= _stretch(row, way, i, min(j + 1, count), clock)
            came = _noted(more, 0, before, new[:size], after, place, leg)
            went = _noted(less, 0, before, old[:gone], after, place, leg)
            count = _replace(row, way, count, i, j, new, size, clock)
            worse += _stretch(row, way, i, min(i + size + 1, count), clock)
        at = -1
        if added >= 0:
            extra, at = _cheapest(added, row, way, count, clock)
            worse += extra
            before, after = (row[at - 1] if at > 0 else -1), (row[at] if at < count else -1)
            new[size] = added
            came = _noted(more, came, before, new[size : size + 1], after, place, leg)
            went = _noted(less, went, before, new[:0], after, place, leg)
        # Counting costs most of a move. So a bound on its possible gain is tested first (decision 0057).
        most = 0.0
        for part in more[:came]:
            most += most_won(tally, sights, part)
        if worse - price * most <= allowed:
            won = _changed(tally, sights, more[:came], less[:went])
            if worse - price * won <= allowed:
                covered += won
                if at >= 0:
                    count = _replace(row, way, count, at, at, new[size:], 1, clock)
                continue
            _changed(tally, sights, less[:went], more[:came])
        count = _replace(row, way, count, i, i + size, old, gone, clock)
    return best[:best_count].copy(), best_time, best_covered, price


def covering_tour(choice: TourChoice, rates: Rates, *, goal: float, moves: int, seed: int) -> Tour:
    """The shortest tour found that sees at least the weight `goal`; its parts are empty if the search found none."""
    of_parts = choice.first[: choice.parts + 1]
    by_first, by = inverted(of_parts, choice.seen[: of_parts[-1]], len(choice.weight))
    view_at = np.full((len(choice.go_s), int(choice.aim.max()) + 1), -1, dtype=np.int64)
    view_at[choice.place, choice.aim] = np.arange(choice.parts)
    clock = _Clock(
        choice.place, choice.heading_deg, choice.pitch_deg, choice.stay_s, choice.go_s, choice.bearing_deg, choice.leg,
        float(rates.turn_dps), float(rates.tilt_dps), float(rates.rest_s), float(rates.bend_s),
    )  # fmt: skip
    instance = _Instance(
        clock, choice.aim, choice.leg, choice.first, choice.seen, packed(choice.first, choice.seen), choice.weight,
        by_first, by, view_at, choice.beside,
    )  # fmt: skip
    schedule = _Schedule(goal, _first_price(choice), moves, HOT_S, COLD_S)
    parts, time_s, seen, price = _anneal(instance, schedule, np.random.default_rng(seed))
    return Tour(parts, float(time_s), float(seen), float(price))


def _first_price(choice: TourChoice) -> float:
    sees = np.diff(choice.first)[: choice.parts][choice.stay_s > 0.0]
    typical = float(sees.mean() * choice.weight.mean()) if len(sees) else 0.0
    return FIRST_PRICE * 100.0 / max(1e-6, typical)
