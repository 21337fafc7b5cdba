"""Chooses the few changes that see the most: bounds remove the options that can't win, then HiGHS solves the rest.

With x for the options and z for the targets, cameras i and options c:

    maximise    sum of z
    subject to  z_t <= sum of x_c that see t + sum over cameras i that see t now of (1 - x of all options of i)
                sum of x of one choice <= 1,  sum of all x <= k,  z <= 1

This is maximal covering (Church and ReVelle, "The maximal covering location problem", 1974) with one extension: a
change also removes the old view of its camera. Targets in the same sets are one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import highspy
import numpy as np
from numpy.typing import NDArray

from blindspot.core import SilentHighs
from blindspot.coverage.improve.options import Choice, Numbers

MOST_NODES, MOST_OPTIONS = 1000, 1000
"""Limits of the search: nodes, and options given to the solver. The bound covers all sets beyond these limits. The
limits mean about half a minute of work."""
NEW_COST, RAISE_COST = 2e-3, 1e-3
"""Penalty, in targets, for a new camera and for a higher mast: among equal sets, the smaller job wins."""

Pick = tuple[int, int]
"""(number of the choice, number of its option)."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The best set found of at most k changes. It sees `gain` more targets than today; `bound` limits any set."""

    picks: tuple[Pick, ...]
    gain: int
    bound: int


def best_sets(choices: Sequence[Choice], targets: int, most: int) -> tuple[Chosen, ...]:
    """The best sets of 1, 2 ... `most` changes. A set is kept only if it gains more than all smaller sets."""
    times = np.zeros(targets, np.int32)
    for choice in choices:
        times[choice.now] += 1
    worths = _worths(choices, times)
    start: tuple[Pick, ...] = ()
    found: list[Chosen] = []
    for k in range(1, min(most, sum(bool(choice.options) for choice in choices)) + 1):
        start = _one_more(choices, times, start)
        chosen = _best(choices, times, worths, k, start)
        start = max(chosen.picks, start, key=lambda picks: gain_of(choices, times, picks))
        if chosen.gain > (found[-1].gain if found else 0):
            found.append(chosen)
    return tuple(found)


def gain_of(choices: Sequence[Choice], times: NDArray[np.int32], picks: Sequence[Pick]) -> int:
    """Number of targets seen after the changes minus before. `times` is the number of cameras that see each target
    now."""
    after = _after(choices, times, picks)
    return int((after > 0).sum()) - int((times > 0).sum())


def _after(choices: Sequence[Choice], times: NDArray[np.int32], picks: Sequence[Pick]) -> NDArray[np.int32]:
    after = times.copy()
    for c, k in picks:
        after[choices[c].now] -= 1
        after[choices[c].option(k)] += 1
    return after


def _sums(choice: Choice, flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each option, the number of flagged targets that it sees."""
    return np.diff(np.concatenate([[0], np.cumsum(flags[choice.seen])])[choice.first])


def _one_more(choices: Sequence[Choice], times: NDArray[np.int32], picks: tuple[Pick, ...]) -> tuple[Pick, ...]:
    """Add the pick with the largest further gain; return the picks unchanged if the gain is 0."""
    after, taken = _after(choices, times, picks), {c for c, _ in picks}
    best, most = None, 0
    for c, choice in enumerate(choices):
        if c in taken or not choice.options:
            continue
        after[choice.now] -= 1
        gains = _sums(choice, after == 0) - int((after[choice.now] == 0).sum())
        after[choice.now] += 1
        if gains.max() > most:
            best, most = (c, int(gains.argmax())), int(gains.max())
    return (*picks, best) if best else picks


def _worths(choices: Sequence[Choice], times: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Upper bound of the gain that each option adds to any set.

    This is the number of targets that the option sees and that are unseen now, minus the number of targets that get
    lost for certain. A target gets lost for certain if only this camera sees the target now, and neither the option
    nor any other choice does.
    """
    reached = np.zeros(len(times), np.int32)
    for choice in choices:
        reached[np.union1d(choice.now, choice.seen)] += 1
    worths = []
    for choice in choices:
        lost = np.zeros(len(times), bool)
        lost[choice.now] = (times[choice.now] == 1) & (reached[choice.now] == 1)
        worths.append(_sums(choice, times == 0) + _sums(choice, lost) - int(lost.sum()))
    return worths


def _best(
    choices: Sequence[Choice],
    times: NDArray[np.int32],
    worths: Sequence[NDArray[np.int64]],
    k: int,
    start: tuple[Pick, ...],
) -> Chosen:
    """The best set of at most k changes, starting the search from `start`."""
    least = gain_of(choices, times, start)
    tops = np.array([worth.max(initial=0) for worth in worths], np.int64)
    order = np.argsort(-tops, kind="stable")[:k]
    ceilings: list[tuple[int, Pick]] = []
    for c, worth in enumerate(worths):
        others = int(sum(tops[other] for other in [o for o in order if o != c][: k - 1]))
        ceilings += [(int(value) + others, (c, n)) for n, value in enumerate(worth) if value + others >= least]
    ceilings.sort(key=lambda ceiling: -ceiling[0])
    kept = list(dict.fromkeys([*start, *(pick for _, pick in ceilings[:MOST_OPTIONS])]))
    if not kept:
        return Chosen((), 0, 0)
    picks, bound = _solve(choices, times, kept, k, start)
    if len(ceilings) > MOST_OPTIONS:
        bound = max(bound, ceilings[MOST_OPTIONS][0])
    return Chosen(picks, gain_of(choices, times, picks), bound)


def _solve(
    choices: Sequence[Choice], times: NDArray[np.int32], kept: list[Pick], k: int, start: tuple[Pick, ...]
) -> tuple[tuple[Pick, ...], int]:
    """(best set of at most k of the kept options, upper bound of the gain of any such set in targets)."""
    cameras = list(dict.fromkeys(c for c, _ in kept))
    left = times.copy()
    for c in cameras:
        left[choices[c].now] -= 1
    open_sets = [choices[c].option(n) for c, n in kept] + [choices[c].now for c in cameras]
    size, sets = _merged(open_sets, left == 0)
    options, now = sets[: len(kept)], dict(zip(cameras, sets[len(kept) :], strict=True))
    rows, seeing = len(size), np.zeros(len(size))
    for c in cameras:
        seeing[now[c]] += 1
    columns = []
    for (c, _), sees in zip(kept, options, strict=True):
        more, less = np.setdiff1d(sees, now[c]), np.setdiff1d(now[c], sees)
        ends = np.array([rows + cameras.index(c), rows + len(cameras)])
        columns.append((np.concatenate([more, less, ends]), np.repeat([-1.0, 1.0], [len(more), len(less) + 2])))

    lp = highspy.HighsLp()
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.num_col_, lp.num_row_ = len(kept) + rows, rows + len(cameras) + 1
    lp.col_cost_ = np.concatenate([[-_cost(choices[c], n) for c, n in kept], size])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_ = np.full(lp.num_row_, -highspy.kHighsInf)
    lp.row_upper_ = np.concatenate([seeing, np.ones(len(cameras)), [k]])
    lengths = [len(index) for index, _ in columns] + [1] * rows
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.cumsum([0, *lengths])
    lp.a_matrix_.index_ = np.concatenate([*(index for index, _ in columns), np.arange(rows)])
    lp.a_matrix_.value_ = np.concatenate([*(value for _, value in columns), np.ones(rows)])
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(kept) + [highspy.HighsVarType.kContinuous] * rows
    taken, bound = _run(lp, [kept.index(pick) for pick in start])
    before = float(size[seeing > 0].sum())
    return tuple(kept[n] for n in taken if n < len(kept)), int(np.floor(bound - before + 0.1))


def _run(lp: highspy.HighsLp, start: list[int]) -> tuple[list[int], float]:
    """(integer columns with value 1, upper bound of the objective); identical on every machine and in every run."""
    highs: Any = SilentHighs()
    for option, value in {"mip_rel_gap": 0.0, "mip_max_nodes": MOST_NODES}.items():
        highs.setOptionValue(option, value)
    highs.passModel(lp)
    highs.setSolution(len(start), np.array(start, np.int32), np.ones(len(start)))
    highs.run()
    whole = np.array([kind == highspy.HighsVarType.kInteger for kind in lp.integrality_])
    values = np.array(highs.getSolution().col_value)
    return np.flatnonzero(whole & (values > 0.5)).tolist(), float(highs.getInfo().mip_dual_bound)


def _cost(choice: Choice, option: int) -> float:
    if choice.camera is None:
        return NEW_COST
    return RAISE_COST if choice.options[option].height_m > choice.camera.height_m else 0.0


def _merged(sets: Sequence[Numbers], counted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[NDArray[np.int64]]]:
    """Merge counted targets that lie in exactly the same sets: (number of targets in each group, the sets by group)."""
    label = np.zeros(len(counted), np.int64)
    labels = 1
    for members in sets:
        members = members[counted[members]]
        known, which = np.unique(label[members], return_inverse=True)
        label[members] = labels + which
        labels += len(known)
    used, first, size = np.unique(label, return_index=True, return_counts=True)
    row = np.full(len(counted), -1, np.int64)
    row[first[used > 0]] = np.arange((used > 0).sum())
    return size[used > 0], [row[members][row[members] >= 0] for members in sets]
