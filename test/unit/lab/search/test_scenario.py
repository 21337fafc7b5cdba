"""Scenarios of a search, and the distribution that learns from the best ones."""

import numpy as np

from blindspot_lab.campaign.faults import KINDS
from blindspot_lab.search.scenario import KIND_NAMES, NONE, Distribution


def drawn(count, distribution=None, seed=1):
    random, distribution = np.random.default_rng(seed), distribution or Distribution()
    return [distribution.draw(random) for _ in range(count)]


def test_the_same_seed_draws_the_same_scenarios():
    assert drawn(20) == drawn(20) != drawn(20, seed=2)


def test_each_fault_is_one_of_the_campaign_for_a_drone_of_the_town():
    for scenario in drawn(200):
        faults = scenario.faults(("drone1", "drone2"))
        assert len(faults) <= 3 and {fault.drone for fault in faults} <= {"drone1", "drone2"}
        for fault in faults:
            low_s, high_s = KINDS[fault.kind].lasts_s
            assert low_s <= fault.for_s <= high_s and 0.0 <= fault.size <= 1.0 and fault.at_s >= 2.0
        assert 0.0 <= scenario.luck.wind_mps <= 8.0 and abs(scenario.luck.energy_error) <= 0.15


def test_first_draws_reach_every_kind_and_both_ends_of_each_bound():
    scenarios = drawn(1000)
    kinds = {fault.kind for one in scenarios for fault in one.faults(("drone1",))}
    assert kinds == set(KIND_NAMES) - {NONE}
    shares = np.array([one.shares for one in scenarios])
    assert (shares.min(axis=0) < 0.05).all() and (shares.max(axis=0) > 0.95).all()


def test_after_learning_draws_are_near_the_best_and_nothing_is_lost():
    best = drawn(300)[:3]
    distribution = Distribution()
    distribution.learn(best)
    later = drawn(2000, distribution)
    kinds = [one.categories[2] for one in later]
    liked = {one.categories[2] for one in best}
    assert sum(kind in liked for kind in kinds) > 0.6 * len(kinds)
    assert len(set(kinds)) == len(KIND_NAMES)
