"""The best schedule against the lookout, and the bound that physics sets for every schedule.

Both belong to the schedules whose next start is hard to guess: of each minute the chance is at most 2 to the power of
-`START_BITS`. Without this demand the best answer to an act of a known length is a timetable with shorter gaps.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog

from blindspot.core import PlanningError
from blindspot.operations.patrols.adversary import Choice, Choices, Places, chances, share_after

START_BITS = 3.5
"""Every start after the first is at least as hard to guess as one of 2 to this power equally likely minutes."""
ACT_S = 1200.0
"""Length of the act that the schedule makes hardest, s."""
VARIETY_COST = 0.03
"""Share of success given up so that the next variant is hard to guess, too."""
BIN_S = 30.0
ROWS_AT_A_TIME, CLOSE_ENOUGH = 40, 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """Times of the game, s: the least from a start of each variant to the next start (tour and swap), and (variants,
    variants) the greatest that keeps the promise."""

    least_s: Floats
    most_s: Floats


def spread_s() -> float:
    """The least span over which starts of `START_BITS` spread, s."""
    return float(60.0 * 2.0**START_BITS)


def bound(turn: Turn, places: Places, act_s: float) -> float:
    """A success that the lookout has against every schedule with these times, 0..1.

    He acts at the place whose last look comes first in the tour. No tour looks at it sooner than the soonest look of
    all, so the gap there is at least that of the starts, less the difference of the two. The best schedule puts as much
    chance as it may on starts before the act ends.
    """
    soonest_s, first_left_s = float(places.first_s.min()), float(places.last_s.min(axis=1).max())
    before_s = act_s + first_left_s - soonest_s - float(turn.least_s.min())
    return float(np.clip(1.0 - before_s / spread_s(), 0.0, 1.0))


def best_choices(turn: Turn, places: Places) -> tuple[tuple[Choice, ...], ...]:
    """The choices after each variant that make the lookout's best success at `ACT_S` least.

    Of all schedules within `VARIETY_COST` of the least success, it is the one whose most likely variant is least likely.
    Raises PlanningError if the promise leaves too little time to be unpredictable.
    """
    return tuple(_best_after(now, turn, places) for now in range(len(turn.least_s)))


def _best_after(now: int, turn: Turn, places: Places) -> tuple[Choice, ...]:
    options = _options(now, turn)
    columns = len(options)
    edges = np.array([(option.from_s, option.until_s) for option in options]).reshape(-1, 2)
    bins = np.rint((edges[:, 0] - turn.least_s[now]) / BIN_S).astype(int)
    by_bin = (bins[None, :] == np.arange(bins.max(initial=0) + 1)[:, None]).astype(float)
    by_variant = np.array([[float(option.variant == j) for option in options] for j in range(len(turn.least_s))])
    cap = BIN_S / spread_s()
    if by_bin.shape[0] * cap < 1.0:
        raise _no_time(now, turn)
    seen = np.array([option.variant for option in options])

    def row(place: int) -> Floats:
        until_s = places.last_s[now, place] + ACT_S - places.first_s[seen, place]
        return np.append(share_after(edges[:, 0], edges[:, 1], until_s), -1.0)

    rows = [row(int(np.argmin(places.last_s[now])))]
    least = None
    while True:
        stage = _solved(np.array(rows), by_bin, cap, None if least is None else by_variant, least)
        probability, value = stage
        found = _chosen(options, probability)
        success = chances(now, found, places, ACT_S)
        worst = np.argsort(-success)[:ROWS_AT_A_TIME]
        if success[worst[0]] > value + CLOSE_ENOUGH:
            rows += [row(int(place)) for place in worst if success[place] > value + CLOSE_ENOUGH / 2]
        elif least is None:
            least = value + VARIETY_COST
        else:
            assert columns == len(probability)
            return found


def _options(now: int, turn: Turn) -> list[Choice]:
    """All next passes that keep the promise: each variant at each start, by bins."""
    least_s, found = float(turn.least_s[now]), []
    for variant, most_s in enumerate(turn.most_s[now]):
        for number in range(int((most_s - least_s) // BIN_S)):
            found.append(Choice(variant, least_s + number * BIN_S, least_s + (number + 1) * BIN_S, 0.0))
    return found


def _solved(
    rows: Floats, by_bin: Floats, cap: float, by_variant: Floats | None, least: float | None
) -> tuple[Floats, float]:
    """(probability of each option; the largest success at the rows' places, or the limit `least` on it).

    Without `least` the largest success is minimised, with it the probability of the most likely variant.
    """
    columns = rows.shape[1] - 1
    caps = np.hstack([by_bin, np.zeros((len(by_bin), 1))])
    above, limits = [rows, caps], [np.zeros(len(rows)), np.full(len(caps), cap)]
    if least is not None and by_variant is not None:
        above[0], limits[0] = np.hstack([rows[:, :-1], np.zeros((len(rows), 1))]), np.full(len(rows), least)
        above.append(np.hstack([by_variant, -np.ones((len(by_variant), 1))]))
        limits.append(np.zeros(len(by_variant)))
    cost = np.append(np.zeros(columns), 1.0)
    whole = np.append(np.ones(columns), 0.0)[None, :]
    solved = linprog(
        cost, A_ub=np.vstack(above), b_ub=np.concatenate(limits), A_eq=whole, b_eq=[1.0], bounds=(0.0, 1.0),
        method="highs",
    )  # fmt: skip
    if not solved.success:
        raise PlanningError(f"the choice of variants has no solution: {solved.message}")
    return np.asarray(solved.x[:-1]), float(solved.x[-1]) if least is None else least


def _chosen(options: list[Choice], probability: Floats) -> tuple[Choice, ...]:
    kept = np.flatnonzero(probability > 1e-9)
    total = float(probability[kept].sum())
    return tuple(
        Choice(options[k].variant, options[k].from_s, options[k].until_s, float(probability[k]) / total) for k in kept
    )


def _no_time(now: int, turn: Turn) -> PlanningError:
    left_s = float(turn.most_s[now].max() - turn.least_s[now])
    missing_min = ceil((spread_s() - left_s) / 60.0)
    return PlanningError(
        f"tour and swap leave {max(0.0, left_s) / 60.0:.0f} min for the next start within the revisit time; "
        f"{spread_s() / 60.0:.1f} min are needed to be unpredictable: allow {missing_min} min more, or add a drone"
    )
