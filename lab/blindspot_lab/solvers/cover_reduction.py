"""Reduction of a set cover problem to a smaller one with the same optimum.

The reduction is the classic one (Beasley, "An algorithm for set covering problem", 1987). A row whose columns include
those of another row is covered together with it. A column that a cheaper column includes is redundant. The only column
of a row is always chosen. Each rule enables the others, so they are repeated until the size stays the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np

from blindspot.planning.covers.cover_problem import Flags, Numbers, Problem


def covered_by(problem: Problem, columns: Flags) -> Flags:
    """The rows that the flagged columns cover."""
    covered = np.zeros(problem.rows, dtype=bool)
    covered[problem.seen[np.repeat(columns, np.diff(problem.first))]] = True
    return covered


@numba.njit(cache=True, nogil=True)
def _implied_rows(first, seen, start, by, order, alike):  # type: ignore[no-untyped-def]
    """For each row, a kept row whose columns are among its own (if `alike`: equal to them), else the row itself."""
    rows = len(start) - 1
    implied = np.arange(rows)
    stamp = np.zeros(rows, dtype=np.int64)
    turn = 0
    alive = np.empty(rows, dtype=np.int64)
    for i in order:
        if implied[i] != i or start[i] == start[i + 1]:
            continue
        shortest = by[start[i]]
        for k in range(start[i], start[i + 1]):
            if first[by[k] + 1] - first[by[k]] < first[shortest + 1] - first[shortest]:
                shortest = by[k]
        count = 0
        for j in range(first[shortest], first[shortest + 1]):
            other = seen[j]
            fits = not alike or start[other + 1] - start[other] == start[i + 1] - start[i]
            if other != i and implied[other] == other and fits:
                alive[count] = other
                count += 1
        for k in range(start[i], start[i + 1]):
            if count == 0:
                break
            turn += 1
            for j in range(first[by[k]], first[by[k] + 1]):
                stamp[seen[j]] = turn
            kept = 0
            for a in range(count):
                if stamp[alive[a]] == turn:
                    alive[kept] = alive[a]
                    kept += 1
            count = kept
        for a in range(count):
            implied[alive[a]] = i
    return implied


@numba.njit(cache=True, nogil=True)
def _needed_columns(first, seen, start, by, cost, order):  # type: ignore[no-untyped-def]
    """Mark the columns that are needed. A column is redundant if another of at most its cost includes it; among equal
    columns the last in order is needed."""
    columns = len(first) - 1
    needed = np.ones(columns, dtype=np.bool_)
    stamp = np.zeros(columns, dtype=np.int64)
    turn = 0
    alive = np.empty(columns, dtype=np.int64)
    for c in order:
        if first[c] == first[c + 1]:
            needed[c] = False
            continue
        rarest = seen[first[c]]
        for j in range(first[c], first[c + 1]):
            if start[seen[j] + 1] - start[seen[j]] < start[rarest + 1] - start[rarest]:
                rarest = seen[j]
        count = 0
        for k in range(start[rarest], start[rarest + 1]):
            d = by[k]
            if d != c and needed[d] and cost[d] <= cost[c] and first[d + 1] - first[d] >= first[c + 1] - first[c]:
                alive[count] = d
                count += 1
        for j in range(first[c], first[c + 1]):
            if count == 0:
                break
            turn += 1
            for k in range(start[seen[j]], start[seen[j] + 1]):
                stamp[by[k]] = turn
            kept = 0
            for a in range(count):
                if stamp[alive[a]] == turn:
                    alive[kept] = alive[a]
                    kept += 1
            count = kept
        needed[c] = count == 0
    return needed


@dataclass(frozen=True, slots=True)
class Reduced:
    """A smaller problem with the same optimum. `columns` are the numbers of its columns in the original problem;
    `always` are the columns that every best cover has in addition."""

    problem: Problem
    columns: Numbers
    always: Numbers


def reduced(problem: Problem, *, partial: bool = False) -> Reduced:
    """The problem without the rows and columns that domination and necessity decide.

    In a partial cover any row may stay uncovered, so only rows with identical columns are merged.
    """
    columns, always = np.arange(problem.columns), np.empty(0, dtype=np.int64)
    while True:
        size = problem.columns, problem.rows
        problem = _fewer_rows(problem, alike=partial)
        problem, columns = _fewer_columns(problem, columns)
        if not partial:
            problem, columns, needed = _without_essential(problem, columns)
            always = np.concatenate([always, needed])
        if (problem.columns, problem.rows) == size:
            return Reduced(problem, columns, np.sort(always))


def _fewer_rows(problem: Problem, *, alike: bool) -> Problem:
    order = np.argsort(np.diff(problem.start), kind="stable")
    implied = _implied_rows(problem.first, problem.seen, problem.start, problem.by, order, alike)
    kept = implied == np.arange(problem.rows)
    weight = problem.weight
    if alike:
        weight = np.zeros(problem.rows)
        np.add.at(weight, implied, problem.weight)
    whole = Problem(problem.first, problem.seen, problem.start, problem.by, problem.cost, weight)
    return whole.part(np.ones(problem.columns, dtype=bool), kept)


def _fewer_columns(problem: Problem, columns: Numbers) -> tuple[Problem, Numbers]:
    order = np.argsort(np.diff(problem.first), kind="stable")
    needed = _needed_columns(problem.first, problem.seen, problem.start, problem.by, problem.cost, order)
    return problem.part(needed, np.ones(problem.rows, dtype=bool)), columns[needed]


def _without_essential(problem: Problem, columns: Numbers) -> tuple[Problem, Numbers, Numbers]:
    """Returns (the remaining problem, its columns, the columns that are the only one of some row)."""
    alone = np.diff(problem.start) == 1
    essential = np.zeros(problem.columns, dtype=bool)
    essential[problem.by[problem.start[:-1][alone]]] = True
    rest = problem.part(~essential, ~covered_by(problem, essential))
    return rest, columns[~essential], columns[essential]
