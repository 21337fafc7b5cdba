"""Where to stop, what to look at there, and in which order: cover and route chosen together.

A tour is a row of parts: bends and views, each at a place. Between two places the camera looks straight down, and what
it sees on the way counts. Simulated annealing (Kirkpatrick et al., 1983) over that row: a view is put where it costs
the least time, taken out, exchanged for another one of the same ground; a stop is moved a place further; a stretch is
reversed. Unseen ground has a price in seconds, which rises until enough is seen. Moves are counted, not seconds: a seed
gives the same tour again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.covers.cover import inverted
from blindspot.planning.tours.tally import Sights, blank, count_in, count_out, most_won, packed, unseen_one

HOT_S, WARM_S, COLD_S = 6.0, 2.0, 0.3
"""Temperatures of the annealing: what a change for the worse may cost at the start, where it starts near a tour, and at
the end, s."""
FIRST_PRICE = 0.1
"""Price of the unseen at the start: the seconds of an average view for each unit of what it sees, times this."""
CHECK_EVERY = 1000
MOST_PARTS = 4000
SETTLING, PRICE_RATE = 10, 8.0
"""The price stays as it is for a tenth of the moves. After it the price rises where too little is seen, and falls where
enough is: by a factor of e to the power of `PRICE_RATE` over as many moves as there are. Both are conventions."""
PUT_IN, TAKE_OUT, EXCHANGE, SHIFT = 0.30, 0.45, 0.72, 0.94
"""Below which random number a move puts a part in, takes one out, exchanges one for another, shifts a stop; above the
last it reverses a stretch. So 30, 15, 27, 22 and 6 % of the moves are of these kinds.

Any mix works about as well. Two searches over Nantes in the evening, a quarter of the moves, means of six seeds that
lie 4 to 5 s apart: 395 and 334 s. Equal shares: 404 and 337 s. The rest in proportion without exchanges: 412 and
346 s; without shifts: 404 and 335 s; without reversals: 399 and 332 s."""
PUT_IN_BEND, SHIFT_ONE = 0.05, 0.85
"""Of the same number: below which one a part that is put in is a bend (5 % of the moves), above which one two stops are
shifted together (9 % of the moves). In the same measurement: 402 and 339 s without bends, 397 and 330 s without pairs,
which is no difference beyond chance."""
MOST_REVERSED = 150
"""Parts of the longest stretch that is reversed, a convention: the cost of this move grows with the stretch."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a tour may be made of. Place 0 is the pad.

    `go_s` (n, n) are flight times between places, `bearing_deg` (n, n) the headings of these ways, and `leg` (n, n) the
    number of the leg between two places, -1 where nothing is seen on the way. Part e stands at `place[e]`, looks along
    `heading_deg[e]` and `pitch_deg[e]` and takes `stay_s[e]`, which is 0 for a bend. What parts and legs see stands in
    `seen[first[k]:first[k + 1]]`, parts first, then legs.
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
    """How fast the camera turns, deg/s, and how long the drone comes to rest before a view, s."""

    turn_dps: float
    tilt_dps: float
    rest_s: float


@dataclass(frozen=True, slots=True)
class Tour:
    """Parts in the order flown, the time from the pad and back, the weight seen, and what unseen weight cost at last,
    s."""

    parts: NDArray[np.int64]
    time_s: float
    seen_weight: float
    price_s: float


class _Clock(NamedTuple):
    """What times are made of: see `Choice` and `Rates`."""

    place: NDArray[np.int32]
    heading: NDArray[np.float32]
    pitch: NDArray[np.float32]
    stay: NDArray[np.float32]
    go: NDArray[np.float32]
    bearing: NDArray[np.float32]
    turn_dps: float
    tilt_dps: float
    rest_s: float


class _Instance(NamedTuple):
    """What is to be solved: see `Choice`, with lists that run the other way.

    `sights` are what parts and legs see, packed. Target t is seen by the parts `by[by_first[t]:by_first[t + 1]]`.
    `view_at` (places, aims) is the part at a place with an aim, -1 where there is none; its last column holds the
    bends.
    """

    clock: _Clock
    aim: NDArray[np.int32]
    leg: NDArray[np.int32]
    first: NDArray[np.int64]
    seen: NDArray[np.int32]
    sights: Sights
    weight: NDArray[np.float32]
    by_first: NDArray[np.int64]
    by: NDArray[np.int32]
    view_at: NDArray[np.int64]
    beside: NDArray[np.int32]


class _Schedule(NamedTuple):
    """How the search goes: the weight to be seen, the price of unseen weight at the start (s a unit of weight), how
    many moves, and the temperature at the first and at the last of them, s."""

    goal: float
    price_s: float
    moves: int
    hot_s: float
    cold_s: float


@numba.njit(cache=True, nogil=True)
def _link(before, after, clock):  # type: ignore[no-untyped-def]
    """Time from the end of a part to the pictures of the next; -1 is the pad. A bend looks nowhere."""
    u = clock.place[before] if before >= 0 else 0
    v = clock.place[after] if after >= 0 else 0
    go_s = clock.go[u, v]
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
    """(time that it adds, position) of a part where it adds the least; `way[k]` leads to part k of the row."""
    place, go, stay, q = clock.place, clock.go, clock.stay[e], clock.place[e]
    best, best_at = np.inf, -1
    for k in range(count + 1):
        before, after = (row[k - 1] if k > 0 else -1), (row[k] if k < count else -1)
        u, v = (place[before] if before >= 0 else 0), (place[after] if after >= 0 else 0)
        if np.float64(go[u, q]) + stay + go[q, v] - way[k] >= best:  # without any turn
            continue
        extra = _link(before, e, clock) + stay + _link(e, after, clock) - way[k]
        if extra < best:
            best, best_at = extra, k
    return best, best_at


@numba.njit(cache=True, nogil=True)
def _stretch(row, way, i, j, clock):  # type: ignore[no-untyped-def]
    """Time from the part before `row[i]` to the part at `row[j]`."""
    total = 0.0
    for k in range(i, j + 1):
        total += way[k]
        if k < j:
            total += clock.stay[row[k]]
    return total


@numba.njit(cache=True, nogil=True)
def _noted(looks, count, before, parts, after, place, leg):  # type: ignore[no-untyped-def]
    """Writes down after `looks[:count]` what is seen by parts and on the ways to, between and from them; how many there
    are then."""
    for k in range(len(parts) + 1):
        part = parts[k] if k < len(parts) else after
        way = leg[place[before] if before >= 0 else 0, place[part] if part >= 0 else 0]
        if way >= 0:
            looks[count] = len(place) + way
            count += 1
        if k < len(parts):
            looks[count] = part
            count += 1
        before = part
    return count


@numba.njit(cache=True, nogil=True)
def _changed(tally, sights, more, less):  # type: ignore[no-untyped-def]
    """Counts looks in, then others out; the weight won."""
    won = 0.0
    for look in more:
        won += count_in(tally, sights, look)
    for look in less:
        won -= count_out(tally, sights, look)
    return won


@numba.njit(cache=True, nogil=True)
def _replace(row, way, count, i, j, new, size, clock):  # type: ignore[no-untyped-def]
    """Puts `new[:size]` in place of `row[i:j]`, with the ways to and from them; returns how many parts there are."""
    by = size - (j - i)
    if by > 0:
        for k in range(count - 1, j - 1, -1):
            row[k + by], way[k + by + 1] = row[k], way[k + 1]
    elif by < 0:
        for k in range(j, count):
            row[k + by], way[k + by + 1] = row[k], way[k + 1]
    count += by
    for k in range(size):
        row[i + k] = new[k]
    for k in range(i, i + size + 1):
        before, after = (row[k - 1] if k > 0 else -1), (row[k] if k < count else -1)
        way[k] = _link(before, after, clock)
    return count


@numba.njit(cache=True, nogil=True)
def _stop_around(row, count, k, place):  # type: ignore[no-untyped-def]
    """(first, last + 1) of the parts that stand where part k of the row stands, next to it."""
    i, j, at = k, k + 1, place[row[k]]
    while i > 0 and place[row[i - 1]] == at:
        i -= 1
    while j < count and place[row[j]] == at:
        j += 1
    return i, j


@numba.njit(cache=True, nogil=True)
def _seen_by_another(e, instance, chance):  # type: ignore[no-untyped-def]
    """A part that sees some ground of part e, each target as likely as any other; a bend where e sees nothing."""
    first, view_at = instance.first, instance.view_at
    if first[e + 1] > first[e]:
        t = instance.seen[chance.integers(first[e], first[e + 1])]
        return np.int64(instance.by[chance.integers(instance.by_first[t], instance.by_first[t + 1])])
    return view_at[chance.integers(0, len(view_at)), view_at.shape[1] - 1]


@numba.njit(cache=True, nogil=True)
def _shifted(part, i, j, new, instance, chance):  # type: ignore[no-untyped-def]
    """Writes to `new` the parts i to j of the row, with the same aims, a place further on a side drawn by chance. How
    many there are: a part without such a view is left out."""
    size, side = 0, chance.integers(0, instance.beside.shape[1])
    for k in range(i, j):
        q = instance.beside[instance.clock.place[part[k]], side]
        if q >= 0 and instance.view_at[q, instance.aim[part[k]]] >= 0:
            new[size] = instance.view_at[q, instance.aim[part[k]]]
            size += 1
    return size


@numba.njit(cache=True, nogil=True)
def _proposed(kind, part, count, new, tally, instance, chance):  # type: ignore[no-untyped-def]
    """(i, j, size, added) of a move: parts i to j of the row give way to `new[:size]`, and the part `added` comes where
    it is cheapest; -1 for none. Without a move i is -1. `kind` is a random number from 0 to 1."""
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
    i, j = chance.integers(0, count), chance.integers(0, count)
    if i > j:
        i, j = j, i
    if j - i < 1 or j - i > MOST_REVERSED:
        return -1, 0, 0, -1
    for k in range(i, j):
        new[k - i] = part[j - 1 - k + i]
    return i, j, j - i, -1


@numba.njit(cache=True, nogil=True)
def _anneal(instance, schedule, start, chance):  # type: ignore[no-untyped-def]
    """(best parts in the order flown, their time, their weight, the last price) of a search from the parts `start`."""
    clock, sights, place, leg = instance.clock, instance.sights, instance.clock.place, instance.leg
    goal, price, moves = schedule.goal, schedule.price_s, schedule.moves
    tally = blank(instance.weight)
    row, way = np.zeros(MOST_PARTS, np.int64), np.zeros(MOST_PARTS + 1)
    new, old = np.zeros(MOST_PARTS, np.int64), np.zeros(MOST_PARTS, np.int64)
    more, less = np.zeros(2 * MOST_PARTS, np.int64), np.zeros(2 * MOST_PARTS, np.int64)
    count = _replace(row, way, 0, 0, 0, start, len(start), clock)
    looks = _noted(more, 0, -1, start, -1, place, leg)
    covered = _changed(tally, sights, more[:looks], less[:0])
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
        # The random allowance of a move is drawn before it: it stands for the usual test exp(-worse / heat) > chance,
        # and it is known before anything is counted.
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
            worse -= _stretch(row, way, i, j, clock)
            came = _noted(more, 0, before, new[:size], after, place, leg)
            went = _noted(less, 0, before, old[:gone], after, place, leg)
            count = _replace(row, way, count, i, j, new, size, clock)
            worse += _stretch(row, way, i, i + size, clock)
        at = -1
        if added >= 0:
            extra, at = _cheapest(added, row, way, count, clock)
            worse += extra
            before, after = (row[at - 1] if at > 0 else -1), (row[at] if at < count else -1)
            new[size] = added
            came = _noted(more, came, before, new[size : size + 1], after, place, leg)
            went = _noted(less, went, before, new[:0], after, place, leg)
        # Counting costs most of a move. A bound on what it can win comes first (decision 0057).
        most = 0.0
        for look in more[:came]:
            most += most_won(tally, sights, look)
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


def covering_tour(
    choice: Choice, rates: Rates, *, goal: float, moves: int, seed: int, near: Tour | None = None
) -> Tour:
    """The shortest tour found that sees at least the weight `goal`; without parts if none was found. With a tour to
    begin with, what is found is near it: the annealing begins colder, with its price."""
    of_parts = choice.first[: choice.parts + 1]
    by_first, by = inverted(of_parts, choice.seen[: of_parts[-1]], len(choice.weight))
    view_at = np.full((len(choice.go_s), int(choice.aim.max()) + 1), -1, dtype=np.int64)
    view_at[choice.place, choice.aim] = np.arange(choice.parts)
    row, price, hot_s = np.empty(0, dtype=np.int64), _first_price(choice), HOT_S
    if near is not None and len(near.parts):
        row, price, hot_s = near.parts, near.price_s, WARM_S
    clock = _Clock(
        choice.place, choice.heading_deg, choice.pitch_deg, choice.stay_s, choice.go_s, choice.bearing_deg,
        float(rates.turn_dps), float(rates.tilt_dps), float(rates.rest_s),
    )  # fmt: skip
    instance = _Instance(
        clock, choice.aim, choice.leg, choice.first, choice.seen, packed(choice.first, choice.seen), choice.weight,
        by_first, by, view_at, choice.beside,
    )  # fmt: skip
    schedule = _Schedule(goal, price, moves, hot_s, COLD_S)
    parts, time_s, seen, price = _anneal(instance, schedule, row, np.random.default_rng(seed))
    return Tour(parts, float(time_s), float(seen), float(price))


def _first_price(choice: Choice) -> float:
    sees = np.diff(choice.first)[: choice.parts][choice.stay_s > 0.0]
    typical = float(sees.mean() * choice.weight.mean()) if len(sees) else 0.0
    return FIRST_PRICE * 100.0 / max(1e-6, typical)
