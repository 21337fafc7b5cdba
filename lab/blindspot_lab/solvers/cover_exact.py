"""Solution of a set cover, or a better bound, by HiGHS's branch and bound."""

from __future__ import annotations

from typing import Any

import highspy
import numpy as np

from blindspot.core.highs import SilentHighs
from blindspot.planning.covers.cover_problem import Flags, Problem
from blindspot_lab.solvers.cover_reduction import covered_by


def branch_and_bound(problem: Problem, start: Flags, nodes: int, slack: float = 0.0) -> tuple[Flags, float]:
    """(the best cover found, a lower bound of all covers), from a start cover and with a limit on the search nodes.

    Each optional row has its own slack variable. The variable may be continuous, since an uncovered row sets it to 1.
    """
    p, spare = problem, problem.rows if slack > 0.0 else 0
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = p.columns + spare, p.rows + (spare > 0)
    lp.col_cost_ = np.concatenate([p.cost, np.zeros(spare)])
    lp.col_lower_, lp.col_upper_ = np.zeros(lp.num_col_), np.ones(lp.num_col_)
    lp.row_lower_, lp.row_upper_ = np.ones(lp.num_row_), np.full(lp.num_row_, highspy.kHighsInf)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = p.first, p.seen, np.ones(len(p.seen))
    if spare:
        lp.row_lower_ = np.concatenate([np.ones(p.rows), [-highspy.kHighsInf]])
        lp.row_upper_ = np.concatenate([np.full(p.rows, highspy.kHighsInf), [slack]])
        both = np.column_stack([np.arange(p.rows), np.full(p.rows, p.rows)]).ravel()
        lp.a_matrix_.start_ = np.concatenate([p.first, p.first[-1] + 2 * np.arange(1, p.rows + 1)])
        lp.a_matrix_.index_ = np.concatenate([p.seen, both])
        values = np.column_stack([np.ones(p.rows), p.weight]).ravel()
        lp.a_matrix_.value_ = np.concatenate([np.ones(len(p.seen)), values])
    whole = [highspy.HighsVarType.kInteger] * p.columns
    lp.integrality_ = whole + [highspy.HighsVarType.kContinuous] * spare
    return _run(lp, p.columns, np.concatenate([start, ~covered_by(p, start)[:spare]]), nodes)


def _run(lp: highspy.HighsLp, columns: int, start: Flags, nodes: int) -> tuple[Flags, float]:
    """Solve with one thread and without a time limit, so that the result is the same on every machine and run. HiGHS's
    own heuristics are off, since the local search ran before."""
    highs: Any = SilentHighs()
    options = {"mip_rel_gap": 0.0, "mip_heuristic_effort": 0.0, "mip_allow_restart": False}
    for option, value in {**options, "mip_max_nodes": nodes}.items():
        highs.setOptionValue(option, value)
    highs.passModel(lp)
    highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start.astype(np.float64))
    highs.run()
    return np.array(highs.getSolution().col_value)[:columns] > 0.5, float(highs.getInfo().mip_dual_bound)
