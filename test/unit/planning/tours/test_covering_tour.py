"""The covering tour: small choices with a known best tour, and random ones whose figures must be true."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.planning.tours.covering_tour import Rates, TourChoice, covering_tour

RATES = Rates(turn_dps=60.0, tilt_dps=60.0, rest_s=1.0)
STAY_S = 1.15


def choice_of(places, views, legs=(), targets=0):
    """`views`: (place, target numbers); `legs`: (place, place, target numbers). All ways are open, at 1 m/s."""
    at = np.array(places, dtype=float)
    n, away = len(at), at[None] - at[:, None]
    leg = np.full((n, n), -1, dtype=np.int32)
    for number, (a, b, _) in enumerate(legs):
        leg[a, b] = leg[b, a] = number
    lists = [seen for _, seen in views] + [[] for _ in range(n)] + [seen for _, _, seen in legs]
    return TourChoice(
        go_s=np.hypot(away[..., 0], away[..., 1]).astype(np.float32),
        bearing_deg=np.degrees(np.arctan2(away[..., 0], away[..., 1])).astype(np.float32),
        leg=leg,
        place=np.array([place for place, _ in views] + list(range(n)), dtype=np.int32),
        aim=np.array([k for k, _ in enumerate(views)] + [len(views)] * n, dtype=np.int32),
        heading_deg=np.zeros(len(views) + n, dtype=np.float32),
        pitch_deg=np.full(len(views) + n, -90.0, dtype=np.float32),
        stay_s=np.array([STAY_S] * len(views) + [0.0] * n, dtype=np.float32),
        first=np.concatenate([[0], np.cumsum([len(seen) for seen in lists])]).astype(np.int64),
        seen=np.array([target for seen in lists for target in seen], dtype=np.int32),
        weight=np.ones(targets, dtype=np.float32),
        beside=np.full((n, 8), -1, dtype=np.int32),
    )


def test_ground_seen_on_the_way_needs_no_view():
    """The way to the far view passes over target 0; the view of it at the side is left out."""
    choice = choice_of([(0, 0), (0, 50), (30, 20)], [(1, [1]), (2, [0])], [(0, 1, [0])], targets=2)
    tour = covering_tour(choice, RATES, goal=2, moves=20_000, seed=1)
    assert choice.place[tour.parts].tolist() == [1]
    assert tour.seen_weight == 2
    assert tour.time_s == pytest.approx(100 + 1 + STAY_S, abs=0.01)


def test_one_view_that_sees_all_beats_many():
    choice = choice_of([(0, 0), (0, 40), (5, 45), (10, 40)], [(1, [0]), (2, [0, 1, 2]), (3, [2])], targets=3)
    tour = covering_tour(choice, RATES, goal=3, moves=20_000, seed=1)
    assert tour.parts.tolist() == [1]


def test_a_goal_out_of_reach_is_no_tour():
    choice = choice_of([(0, 0), (0, 40)], [(1, [0])], targets=2)
    assert len(covering_tour(choice, RATES, goal=2, moves=5_000, seed=1).parts) == 0


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), share=st.floats(0.3, 1.0))
def test_the_goal_is_met_the_time_is_true_and_a_seed_repeats(seed, share):
    chance = np.random.default_rng(seed)
    places = [(0.0, 0.0), *map(tuple, chance.uniform(-100, 100, (7, 2)))]
    views = [(int(chance.integers(1, 8)), chance.choice(30, 6, replace=False).tolist()) for _ in range(20)]
    choice = choice_of(places, views, [(1, 2, [0, 1]), (3, 4, [2])], targets=30)
    seeable = len({target for _, seen in views for target in seen})
    goal = share * seeable
    tour, again = (covering_tour(choice, RATES, goal=goal, moves=20_000, seed=seed) for _ in range(2))
    assert tour.parts.tolist() == again.parts.tolist()
    assert len(tour.parts) > 0
    row = [0, *choice.place[tour.parts], 0]
    seen = {int(t) for e in tour.parts for t in choice.seen[choice.first[e] : choice.first[e + 1]]}
    for a, b in pairwise(row):
        if (number := choice.leg[a, b]) >= 0:
            k = choice.parts + number
            seen |= {int(t) for t in choice.seen[choice.first[k] : choice.first[k + 1]]}
    assert len(seen) == tour.seen_weight >= goal
    ways_s = sum(float(choice.go_s[a, b]) for a, b in pairwise(row))
    assert tour.time_s >= ways_s + float(choice.stay_s[tour.parts].sum()) - 1e-3


def lattice(seed):
    """Places on a lattice of 30 m, legs along its lines, and views with random targets."""
    chance = np.random.default_rng(seed)
    places = [(30.0 * x, 30.0 * y) for y in range(4) for x in range(4)]
    legs = [
        (a, b, chance.choice(30, 2, replace=False).tolist())
        for a, b in ((a, b) for a in range(16) for b in range(a + 1, 16))
        if places[a][0] == places[b][0] or places[a][1] == places[b][1]
    ]
    views = [(int(chance.integers(0, 16)), chance.choice(30, 3, replace=False).tolist()) for _ in range(20)]
    return choice_of(places, views, legs, targets=30)


def time_by_hand(choice, rates, parts):
    """The time of a tour, added up part by part; legs of one direction have no bend between them."""
    total, before, came, earlier, looked = 0.0, 0, 0.0, False, False
    for e in [*parts.tolist(), -1]:
        at = choice.place[e] if e >= 0 else 0
        total += float(choice.go_s[before, at])
        bearing = float(choice.bearing_deg[before, at])
        is_leg = bool(choice.leg[before, at] >= 0)
        if is_leg and earlier and abs((bearing - came + 180.0) % 360.0 - 180.0) < 0.5:
            total -= rates.bend_s
        if e >= 0 and choice.stay_s[e] > 0.0:
            further = before == at and looked
            turn = 0.0 if further else min(abs(bearing), 360.0 - abs(bearing))
            total += (0.0 if further else rates.rest_s) + min(turn, 180.0 - turn) / rates.turn_dps
            total += float(choice.stay_s[e])
        looked = e >= 0 and choice.stay_s[e] > 0.0
        earlier, came, before = is_leg and not looked, bearing, at
    return total


@pytest.mark.parametrize("seed", range(8))
def test_legs_of_one_direction_are_flown_without_a_stop(seed):
    choice, rates = lattice(seed), Rates(60.0, 60.0, 1.0, bend_s=2.5)
    goal = 0.8 * len(np.unique(choice.seen))
    tour = covering_tour(choice, rates, goal=goal, moves=30_000, seed=seed)
    assert tour.seen_weight >= goal
    assert tour.time_s == pytest.approx(time_by_hand(choice, rates, tour.parts), abs=0.01)
