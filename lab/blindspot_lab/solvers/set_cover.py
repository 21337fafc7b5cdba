"""A cheapest set of candidates that see all targets, or enough of them, with a proof of its quality.

Reduction removes the obvious choices. The rest splits into independent components. Each gets a greedy cover, a local
search and a Lagrangian bound. Branch and bound closes a remaining gap if the component is small enough.
All budgets are numbers of steps, so that the same problem has the same solution on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numba
import numpy as np
from numpy.typing import NDArray

from blindspot.planning.covers.cover_bound import Bound, lagrangian
from blindspot.planning.covers.cover_problem import Flags, Floats, Numbers, Problem, greedy
from blindspot_lab.solvers.cover_exact import branch_and_bound
from blindspot_lab.solvers.cover_local_search import LITTLE, improved
from blindspot_lab.solvers.cover_reduction import covered_by, reduced

Proof = Literal["optimum", "branch and bound", "Lagrangian"]
QUICK = 0.1
"""Share of the local search before the proof. The rest runs only if the proof fails."""


@dataclass(frozen=True, slots=True)
class Effort:
    """Budgets: steps of the local search and of the bound, nodes of branch and bound, and the largest size (pairs of a
    candidate and a target, after reduction) for branch and bound. The seed is that of the local search."""

    search_steps: int = 500_000
    bound_steps: int = 4_000
    nodes: int = 100
    exact_size: int = 20_000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class SetCover:
    """The chosen candidates and their cost. `bound` is a lower bound of all covers, and `proof` names its origin; for
    "optimum" this cover is a cheapest one. `unseen` are the targets that no candidate sees."""

    chosen: Numbers
    cost: float
    bound: float
    proof: Proof
    unseen: Numbers

    @property
    def proven(self) -> bool:
        """True if this cover is a cheapest one."""
        return self.proof == "optimum"

    @property
    def gap(self) -> float:
        """Largest possible excess of the cost, as a share of the bound."""
        return (self.cost - self.bound) / self.bound if self.bound else 0.0


def set_cover(
    first: Numbers,
    seen: NDArray[np.int32],
    cost: Floats,
    targets: int,
    *,
    weight: Floats | None = None,
    share: float = 1.0,
    effort: Effort = Effort(),
) -> SetCover:
    """A cheap set of candidates that see at least a share of the weight of the visible targets.

    Parameters
    ----------
    first, seen
        Candidate c sees targets `seen[first[c]:first[c + 1]]`, each at most once. `first` has one entry more than there
        are candidates.
    cost
        (candidates,) costs, above 0.
    targets
        Number of targets.
    weight
        (targets,) positive weights, by default 1.
    share
        Share of the visible weight to cover, 0..1.
    effort
        Budgets of the search and the proof, in steps.

    Returns
    -------
    SetCover
        The chosen candidates, their cost, and a lower bound with its origin.
    """
    problem = Problem.of(first, seen, cost, np.ones(targets) if weight is None else weight)
    visible = np.diff(problem.start) > 0
    slack = max(0.0, (1.0 - share) * float(problem.weight[visible].sum()) - LITTLE)
    less = reduced(problem.part(np.ones(problem.columns, dtype=bool), visible), partial=slack > 0.0)
    unit = _unit(cost)
    chosen, bound, proofs = [less.always], float(cost[less.always].sum()), set[Proof]()
    for columns, part in _components(less.problem) if slack == 0.0 else _whole(less.problem):
        found, least, proof = _solved(part, slack, unit, effort, less.problem.rows)
        chosen.append(less.columns[columns[found]])
        bound += least
        proofs.add(proof)
    picked = np.sort(np.concatenate(chosen))
    order: tuple[Proof, ...] = ("Lagrangian", "branch and bound", "optimum")
    weakest: Proof = next((proof for proof in order if proof in proofs), "optimum")
    return SetCover(picked, float(cost[picked].sum()), bound, weakest, np.flatnonzero(~visible))


def _solved(problem: Problem, slack: float, unit: float, effort: Effort, rows: int) -> tuple[Flags, float, Proof]:
    """(a cover, a bound, its proof) of one component, which gets its share of the search over all `rows`."""
    steps = math.ceil(effort.search_steps * problem.rows / rows)
    best = improved(problem, greedy(problem, slack), math.ceil(QUICK * steps), effort.seed, slack)
    relaxed = lagrangian(problem, _cost(problem, best), effort.bound_steps, slack)
    bound = _up(relaxed.value, unit)
    proof: Proof = "Lagrangian"
    if bound < _cost(problem, best) - LITTLE and len(problem.seen) <= effort.exact_size:
        best, least = _settled(problem, best, relaxed, slack, effort)
        if _up(least, unit) > bound:
            bound, proof = _up(least, unit), "branch and bound"
    if bound < _cost(problem, best) - LITTLE:
        best = improved(problem, best, steps, effort.seed, slack, stop=bound)
    known = _cost(problem, best)
    return (best, known, "optimum") if bound >= known - LITTLE else (best, bound, proof)


def _settled(problem: Problem, best: Flags, relaxed: Bound, slack: float, effort: Effort) -> tuple[Flags, float]:
    """(the best cover, a bound) by branch and bound over the columns that the reduced costs leave open."""
    without, always = fixed(relaxed, _cost(problem, best) + LITTLE)
    left = ~without & ~always
    part = problem.part(left, ~covered_by(problem, always))
    found, least = branch_and_bound(part, best[left], effort.nodes, slack)
    cover = always.copy()
    cover[left] = found
    better = min(cover, best, key=lambda columns: _cost(problem, columns))
    return better, min(least + _cost(problem, always), _cost(problem, best))


def fixed(bound: Bound, below: float) -> tuple[Flags, Flags]:
    """(columns that every cover of a cost up to `below` excludes, columns that it must contain), by the reduced costs:
    cost minus prices."""
    return bound.value + bound.reduced > below, bound.value - bound.reduced > below


def _cost(problem: Problem, columns: Flags) -> float:
    return float(problem.cost[columns].sum())


def _unit(cost: Floats) -> float:
    """The common divisor of all costs, or 0."""
    least = float(cost.min(initial=np.inf))
    times = cost / least
    return least if np.allclose(times, np.round(times), rtol=0.0, atol=LITTLE) else 0.0


def _up(bound: float, unit: float) -> float:
    """The lowest possible cost of a cover by a bound, if costs are multiples of the unit."""
    return math.ceil(bound / unit - 1e-6) * unit if unit else bound


@numba.njit(cache=True, nogil=True)
def _labels(first, seen, rows):  # type: ignore[no-untyped-def]
    """For each row, the representative row of its component."""
    parent = np.arange(rows)
    for c in range(len(first) - 1):
        for j in range(first[c], first[c + 1]):
            root, other = seen[first[c]], seen[j]
            while parent[root] != root:
                root = parent[root]
            while parent[other] != other:
                other = parent[other]
            parent[max(root, other)] = min(root, other)
            parent[seen[j]] = parent[seen[first[c]]] = min(root, other)
    for i in range(rows):
        parent[i] = parent[parent[i]]
    return parent


def _components(problem: Problem) -> Iterator[tuple[Numbers, Problem]]:
    """(column numbers, sub-problem) of each independent set of columns."""
    label = _labels(problem.first, problem.seen, problem.rows)
    of_column = label[problem.seen[problem.first[:-1]]] if problem.columns else label
    for one in np.unique(label):
        columns = of_column == one
        yield np.flatnonzero(columns), problem.part(columns, label == one)


def _whole(problem: Problem) -> Iterator[tuple[Numbers, Problem]]:
    """The problem as a single component, since the optional rows of a partial cover join all columns."""
    if problem.rows:
        yield np.arange(problem.columns), problem
