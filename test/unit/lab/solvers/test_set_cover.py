"""Set covers: everything that can be seen is seen, the bound holds, and small problems are solved to the optimum."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.planning.covers.cover_bound import lagrangian
from blindspot.planning.covers.cover_problem import Problem, greedy
from blindspot_lab.solvers.cover_exact import branch_and_bound
from blindspot_lab.solvers.cover_local_search import improved
from blindspot_lab.solvers.cover_reduction import covered_by, reduced
from blindspot_lab.solvers.set_cover import Effort, fixed, set_cover

TARGETS = 12
SMALL = Effort(search_steps=300, bound_steps=200)
SHARES = st.sampled_from([1.0, 0.9, 0.6])

sets = st.lists(st.sets(st.integers(0, TARGETS - 1), max_size=6), min_size=1, max_size=8)
costs = st.lists(st.sampled_from([1.0, 1.5, 2.0, 4.0]), min_size=8, max_size=8)
weights = st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=TARGETS, max_size=TARGETS)


def csr(seen_by):
    first = np.concatenate([[0], np.cumsum([len(s) for s in seen_by])]).astype(np.int64)
    return first, np.array([i for s in seen_by for i in sorted(s)], dtype=np.int32)


def problem_of(seen_by, cost=None, weight=None):
    """The problem over the targets that some candidate sees."""
    first, seen = csr(seen_by)
    whole = Problem.of(
        first, seen,
        np.ones(len(seen_by)) if cost is None else np.array(cost[: len(seen_by)]),
        np.ones(TARGETS) if weight is None else np.array(weight),
    )  # fmt: skip
    return whole.part(np.ones(whole.columns, dtype=bool), np.diff(whole.start) > 0)


def solved(seen_by, cost=None, effort=SMALL, **options):
    first, seen = csr(seen_by)
    cost = np.ones(len(seen_by)) if cost is None else np.array(cost[: len(seen_by)])
    return set_cover(first, seen, cost, TARGETS, effort=effort, **options)


def cheapest(seen_by, cost, weight, share):
    """The cost of the best cover, by trying all."""
    visible = set().union(*seen_by)
    enough = share * sum(weight[i] for i in visible) - 1e-9
    return min(
        sum(cost[c] for c in chosen)
        for size in range(len(seen_by) + 1)
        for chosen in combinations(range(len(seen_by)), size)
        if sum(weight[i] for i in set().union(*(seen_by[c] for c in chosen))) >= enough
    )


@pytest.mark.thorough
@settings(max_examples=40, deadline=None)
@given(sets, costs, weights, SHARES)
def test_it_is_the_optimum_or_within_a_bound_that_holds(seen_by, cost, weight, share):
    found = solved(seen_by, cost, weight=np.array(weight), share=share)
    best = cheapest(seen_by, cost, weight, share)
    seen = set().union(*(seen_by[c] for c in found.chosen))
    visible = set().union(*seen_by)
    assert sum(weight[i] for i in seen) >= share * sum(weight[i] for i in visible) - 1e-6
    assert found.cost == pytest.approx(sum(cost[c] for c in found.chosen))
    assert found.bound <= best + 1e-6 <= found.cost + 2e-6
    assert set(found.unseen.tolist()) == set(range(TARGETS)) - visible
    if found.proven:
        assert found.cost == pytest.approx(best) == pytest.approx(found.bound)


@settings(max_examples=15, deadline=None)
@given(sets, costs)
def test_whole_covers_of_few_candidates_are_proven(seen_by, cost):
    assert solved(seen_by, cost).proven


@settings(max_examples=60, deadline=None)
@given(sets, costs, weights, SHARES)
def test_a_reduced_problem_has_the_same_optimum(seen_by, cost, weight, share):
    partial = share < 1.0
    problem = problem_of(seen_by, cost, weight)
    less = reduced(problem, partial=partial)
    parts = [
        set(less.problem.seen[a:b].tolist()) for a, b in zip(less.problem.first, less.problem.first[1:], strict=False)
    ]
    rest = list(less.problem.cost)
    out = (1 - share) * problem.weight.sum()
    total = less.problem.weight.sum()
    left = cheapest(parts, rest, less.problem.weight, 1 - out / total) if total > out else 0.0
    assert problem.cost[less.always].sum() + left == pytest.approx(cheapest(seen_by, cost, weight, share))


@settings(max_examples=60, deadline=None)
@given(sets, costs, weights, SHARES)
def test_no_cover_is_below_the_bound_or_has_columns_barred_by_reduced_costs(seen_by, cost, weight, share):
    problem = problem_of(seen_by, cost, weight)
    slack = (1 - share) * problem.weight.sum()
    known = float(problem.cost[greedy(problem, slack)].sum())
    bound = lagrangian(problem, known, 100, slack)
    without, always = fixed(bound, known + 1e-9)
    for size in range(problem.columns + 1):
        for chosen in map(list, combinations(range(problem.columns), size)):
            taken = np.isin(np.arange(problem.columns), chosen)
            if problem.weight[~covered_by(problem, taken)].sum() > slack + 1e-9:
                continue
            spent = problem.cost[taken].sum()
            assert spent >= bound.value - 1e-6
            if spent <= known:
                assert not (taken & without).any() and not (always & ~taken).any()


@settings(max_examples=60, deadline=None)
@given(sets, costs, st.integers(0, 5))
def test_the_search_is_never_worse_than_where_it_starts(seen_by, cost, seed):
    problem = problem_of(seen_by, cost)
    start = greedy(problem)
    found = improved(problem, start, 200, seed)
    assert covered_by(problem, found).all()
    assert problem.cost[found].sum() <= problem.cost[start].sum() + 1e-9


@settings(max_examples=30, deadline=None)
@given(sets, costs, weights, SHARES)
def test_branch_and_bound_is_exact(seen_by, cost, weight, share):
    problem = problem_of(seen_by, cost, weight)
    slack = (1 - share) * float(problem.weight.sum())
    if problem.rows:
        found, bound = branch_and_bound(problem, greedy(problem, slack), 1000, slack)
        assert (
            problem.cost[found].sum() == pytest.approx(bound) == pytest.approx(cheapest(seen_by, cost, weight, share))
        )


def random_sets(count, targets, size, seed):
    dice = np.random.default_rng(seed)
    seen = np.concatenate([np.sort(dice.choice(targets, size, replace=False)) for _ in range(count)])
    return np.arange(0, count * size + 1, size), seen.astype(np.int32)


def test_the_same_problem_has_the_same_answer():
    first, seen = random_sets(120, 200, 12, seed=4)
    effort = Effort(search_steps=3000, bound_steps=300, exact_size=0)
    one, other = (set_cover(first, seen, np.ones(120), 200, effort=effort) for _ in range(2))
    assert one.chosen.tolist() == other.chosen.tolist()
    assert one.bound == other.bound and one.proof == other.proof == "Lagrangian"


def test_the_search_does_better_than_greedy():
    first, seen = random_sets(300, 400, 12, seed=5)
    problem = Problem.of(first, seen, np.ones(300), np.ones(400))
    visible = np.diff(problem.start) > 0
    start = greedy(problem.part(np.ones(300, dtype=bool), visible))
    found = set_cover(first, seen, np.ones(300), 400, effort=Effort(search_steps=20_000, exact_size=0))
    assert found.bound <= found.cost <= 0.95 * start.sum()


def test_independent_parts_are_solved_apart():
    """Two odd rings: one needs 3 of its 5, so that linear programming, which says 2.5 each, proves it only apart."""
    rings = [[{5 * ring + k, 5 * ring + (k + 1) % 5} for k in range(5)] for ring in range(2)]
    found = solved([s for ring in rings for s in ring], effort=Effort(exact_size=0))
    assert found.proven and found.cost == found.bound == 6.0


def test_without_targets_nothing_is_chosen():
    found = solved([set(), set()])
    assert found.proven and not len(found.chosen) and found.cost == found.bound == 0.0
    assert len(found.unseen) == TARGETS
