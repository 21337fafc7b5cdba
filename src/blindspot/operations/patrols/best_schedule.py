"""The best schedule against a lookout.

The next start stays hard to guess: of each minute the chance is at most 2 to the power of -`START_BITS`. If that demand
fell away, the best answer to an act of a known length would be a timetable with shorter gaps.

The lookout knows the library with its choices and all evenings before. He sees each take-off and knows its variant at
once. His act begins and ends while the promise runs, so after the first view at his place and before the evening's last
one. The act succeeds if it lies between two views of the place.
"""

from __future__ import annotations

from math import ceil, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.operations.patrols.choices import START_BITS, Choice, Choices, Places, Turn, spread_s

ACT_S = 1200.0
"""Length of the act that the schedule makes hardest, s."""
VARIETY_COST = 0.01
"""Share of success given up so that there are more variants, and so that the next one is hard to guess."""
BIN_S = 30.0
ROWS_AT_A_TIME, CLOSE_ENOUGH = 40, 1e-3
CAP = BIN_S / (60.0 * 2.0**START_BITS)
"""Greatest chance of a start in a bin."""
SOONER = 1e-5
"""Weight of a mean start, per s, among choices that are else equal: 0.01 for the longest."""

Floats = NDArray[np.float64]


def worth_flying(turn: Turn, places: Places) -> NDArray[np.bool_]:
    """For each variant whether the lookout gains at most `VARIETY_COST` after this variant, against the best variant.

    He waits for the variant that suits him best. So one variant with a longer tour, after which the next pass comes
    later, decides his success. At least two variants are kept.
    """
    found = np.array([_Game(now, turn, places).solve()[1] for now in range(len(turn.least_s))])
    most = max(found.min() + VARIETY_COST, float(np.partition(found, 1)[1]))
    return np.asarray(found <= most)


def best_choices(turn: Turn, places: Places) -> tuple[tuple[Choice, ...], ...]:
    """The choices after each variant that make the lookout's best success at `ACT_S` least.

    Among all schedules within `VARIETY_COST` of the least success, this schedule has the least likely likeliest
    variant. Raises PlanningError if the promise leaves too little time to be unpredictable.
    """
    games = [_Game(now, turn, places) for now in range(len(turn.least_s))]
    most = max(game.solve()[1] for game in games) + VARIETY_COST
    return tuple(game.solve(most)[0] for game in games)


class _Game:
    """The game after one variant: a linear program over the next passes, with a row for each place that matters."""

    def __init__(self, now: int, turn: Turn, places: Places) -> None:
        self._now, self._places = now, places
        self._options = _options(now, turn)
        self._from_s = np.array([option.from_s for option in self._options])
        self._variant = np.array([option.variant for option in self._options], dtype=int)
        bins = np.rint((self._from_s - turn.least_s[now]) / BIN_S).astype(int)
        count = int(bins.max(initial=-1)) + 1
        if count * CAP < 1.0:
            raise _no_time(now, turn)
        self._by_bin = (bins == np.arange(count)[:, None]).astype(float)
        self._by_variant = (self._variant == np.arange(len(turn.least_s))[:, None]).astype(float)
        self._rows = [self._row(int(np.argmin(places.last_s[now])))]

    def solve(self, most: float | None = None) -> tuple[tuple[Choice, ...], float]:
        """(choices, the lookout's success). The success is least; or, if `most` limits it, the likeliest variant is
        least likely, and of equal choices the sooner choice is taken, so that long acts succeed less."""
        while True:
            probability, value = self._solved(most)
            found = _chosen(self._options, probability)
            success = chances(self._now, found, self._places, ACT_S)
            worst = np.argsort(-success)[:ROWS_AT_A_TIME]
            missing = [int(place) for place in worst if success[place] > value + CLOSE_ENOUGH]
            if not missing:
                return found, value
            self._rows += [self._row(place) for place in missing]

    def _row(self, place: int) -> Floats:
        """The lookout's success at a place with each option."""
        until_s = self._places.last_s[self._now, place] + ACT_S - self._places.first_s[self._variant, place]
        return share_after(self._from_s, self._from_s + BIN_S, until_s)

    def _solved(self, most: float | None) -> tuple[Floats, float]:
        """(probability of each option; the success at the rows' places)."""
        rows = np.array(self._rows)
        free, tied = (rows, self._by_variant) if most is not None else (rows[:0], rows)
        limits = [np.full(len(self._by_bin), CAP), np.full(len(free), most or 0.0), np.zeros(len(tied))]
        above = np.vstack([
            np.hstack([part, np.full((len(part), 1), last)])
            for part, last in ((self._by_bin, 0.0), (free, 0.0), (tied, -1.0))
        ])  # fmt: skip
        cost = np.append(SOONER * self._from_s, 1.0)
        chosen = _least(cost, above, np.concatenate(limits), np.append(np.ones(len(self._options)), 0.0))
        return chosen[:-1], float(chosen[-1]) if most is None else most


def _least(cost: Floats, above: Floats, limits: Floats, one: Floats) -> Floats:
    """The values of 0 to 1 with the least `cost @ x`, for `above @ x <= limits` and `one @ x == 1`."""
    import highspy  # the scheduler needs no solver

    from blindspot.core import SilentHighs

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(limits) + 1
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = cost, np.zeros(len(cost)), np.ones(len(cost))
    lp.row_lower_ = np.append(np.full(len(limits), -highspy.kHighsInf), 1.0)
    lp.row_upper_ = np.append(limits, 1.0)
    matrix = np.vstack([above, one])
    row, col = np.nonzero(matrix)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.append(0, np.cumsum(np.bincount(row, minlength=len(matrix))))
    lp.a_matrix_.index_, lp.a_matrix_.value_ = col, matrix[row, col]
    highs: Any = SilentHighs()
    highs.silent()
    highs.passModel(lp)
    highs.run()
    if (status := highs.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
        raise PlanningError(f"the choice of variants has no solution: {highs.modelStatusToString(status)}")
    return np.array(highs.getSolution().col_value)


def _options(now: int, turn: Turn) -> list[Choice]:
    """All next passes that keep the promise: each variant at each start, by bins."""
    least_s, found = float(turn.least_s[now]), []
    for variant, most_s in enumerate(turn.most_s[now]):
        for number in range(int((most_s - least_s) // BIN_S)):
            found.append(Choice(variant, least_s + number * BIN_S, least_s + (number + 1) * BIN_S, 0.0))
    return found


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


def chances(now: int, choices: Choices, places: Places, act_s: float, wait_s: float = -inf) -> Floats:
    """For each place the chance that the next take-off is after `wait_s`, and that the act succeeds which begins
    then, or after the last view of the variant `now`, whichever comes later."""
    begins_s, total = np.maximum(places.last_s[now], wait_s), np.zeros(places.first_s.shape[1])
    for variant in {choice.variant for choice in choices}:
        own = [choice for choice in choices if choice.variant == variant]
        total += survival(own, np.maximum(begins_s + act_s - places.first_s[variant], wait_s))
    return total


def survival(choices: Choices, time_s: Floats) -> Floats:
    """Chance that the next pass is one of the choices and starts at `time_s` or later, for each time."""
    total = np.zeros(len(time_s))
    for choice in choices:
        total += choice.probability * share_after(choice.from_s, choice.until_s, time_s)
    return total


def share_after(from_s: float | Floats, until_s: float | Floats, time_s: Floats) -> Floats:
    """Share of the time between `from_s` and `until_s` that lies at `time_s` or later; both may be the same moment."""
    span_s = np.maximum(np.asarray(until_s) - from_s, 1e-6)
    share: Floats = np.clip((np.asarray(until_s) + 1e-6 - time_s) / span_s, 0.0, 1.0)
    return share
