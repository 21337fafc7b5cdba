from __future__ import annotations

import numpy as np
import pytest

from blindspot.core import PlanningError
from blindspot.operations.patrols.best_schedule import ACT_S, best_choices, worth_flying
from blindspot.operations.patrols.choices import START_BITS, Choice, Places, Turn, spread_s
from blindspot.operations.simulation.lookout import bound, entropy_bits, success

LEAST_S = 760.0


def game(seed: int, variants: int = 4, shuffled: float = 0.2) -> tuple[Turn, Places]:
    """Variants that look at 50 places, each with a share of them in another order."""
    random = np.random.default_rng(seed)
    order_s = np.linspace(50.0, 500.0, 50)
    rows = []
    for _ in range(variants):
        row = order_s.copy()
        some = np.flatnonzero(random.random(50) < shuffled)
        row[some] = row[random.permutation(some)]
        rows.append(row)
    first_s = np.array(rows)
    gap_s = np.array([[(b - a).max() for b in first_s] for a in first_s])
    return Turn(np.full(variants, LEAST_S), 1740.0 - gap_s), Places(first_s, first_s, 0.0)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_choices_keep_the_promise_and_are_hard_to_guess(seed):
    turn, places = game(seed)
    choices = best_choices(turn, places)
    for now, own in enumerate(choices):
        assert sum(choice.probability for choice in own) == pytest.approx(1.0)
        assert all(LEAST_S <= c.from_s < c.until_s <= turn.most_s[now, c.variant] for c in own)
    assert entropy_bits(choices) >= START_BITS


@pytest.mark.parametrize("seed", range(4))
def test_no_schedule_that_is_as_hard_to_guess_beats_the_bound(seed):
    turn, places = game(seed)
    random = np.random.default_rng(seed)
    capped = []
    for now in range(4):  # any variants, starts spread evenly over the least span or more
        parts = []
        for variant, weight in enumerate(random.dirichlet(np.ones(4))):
            until_s = LEAST_S + random.uniform(spread_s(), max(spread_s(), turn.most_s[now, variant] - LEAST_S))
            parts.append(Choice(variant, LEAST_S, until_s, float(weight)))
        capped.append(tuple(parts))
    for act_s in (300.0, 900.0, 1200.0, 1500.0):
        assert success(capped, places, act_s) >= bound(turn, places, act_s) - 1e-9
        assert success(best_choices(turn, places), places, act_s) >= bound(turn, places, act_s) - 1e-9


def test_the_best_choices_reach_the_bound_where_all_tours_are_alike():
    turn, places = game(1, shuffled=0.0)
    found = success(best_choices(turn, places), places, ACT_S)
    assert bound(turn, places, ACT_S) <= found <= bound(turn, places, ACT_S) + 0.02


def test_a_promise_that_leaves_no_time_is_refused_with_the_minutes_that_are_missing():
    turn, places = game(2)
    short = Turn(turn.least_s, np.full((4, 4), LEAST_S + 300.0))
    with pytest.raises(PlanningError, match=r"leave 5 min .* allow 7 min more, or add a drone"):
        best_choices(short, places)


def test_a_variant_that_takes_longer_is_not_flown():
    """The next pass comes later after it, so a lookout who waits for it succeeds more often."""
    turn, places = game(3)
    longer = Turn(np.add(turn.least_s, [0.0, 60.0, 0.0, 0.0]), turn.most_s)
    assert worth_flying(longer, places).tolist() == [True, False, True, True]
    kept = [0, 2, 3]
    fewer = Turn(longer.least_s[kept], longer.most_s[np.ix_(kept, kept)])
    rest = Places(places.first_s[kept], places.last_s[kept], places.longest_s)
    most, least = (success(best_choices(*one), one[1], ACT_S) for one in ((longer, places), (fewer, rest)))
    assert least < most - 0.03


def test_two_variants_are_left_at_least():
    turn, places = game(3)
    uneven = Turn(np.add(turn.least_s, [0.0, 30.0, 60.0, 90.0]), turn.most_s)
    assert worth_flying(uneven, places).tolist() == [True, True, False, False]
