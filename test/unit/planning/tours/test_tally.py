"""Counts of views per target, compared with counting one by one."""

import numpy as np
import pytest

from blindspot.planning.tours.tally import blank, count_in, count_out, most_won, packed, unseen_one

LOOKS = 12


@pytest.mark.parametrize("targets", [1, 64, 65, 300])
def test_added_and_removed_views_are_counted_correctly(targets):
    chance = np.random.default_rng(targets)
    lists = [np.flatnonzero(chance.random(targets) < share).astype(np.int32) for share in chance.random(LOOKS)]
    sights = packed(np.cumsum([0, *map(len, lists)]), np.concatenate(lists))
    weight = chance.random(targets).astype(np.float32)
    tally, times, counted = blank(weight), np.zeros(targets, dtype=int), np.zeros(LOOKS, dtype=int)
    for _ in range(400):
        look = int(chance.integers(LOOKS))
        if counted[look] and chance.random() < 0.5:
            counted[look] -= 1
            times[lists[look]] -= 1
            lost = weight[lists[look]][times[lists[look]] == 0].sum()
            assert count_out(tally, sights, look) == pytest.approx(lost)
        else:
            won = weight[lists[look]][times[lists[look]] == 0].sum()
            counted[look] += 1
            times[lists[look]] += 1
            assert most_won(tally, sights, look) == pytest.approx(won)
            assert count_in(tally, sights, look) == pytest.approx(won)
        unseen = np.flatnonzero(times == 0)
        assert unseen_one(tally, chance) in (unseen if len(unseen) else [-1])


def test_every_unseen_target_is_equally_likely():
    sights = packed(np.array([0, 60]), np.arange(5, 65, dtype=np.int32))
    tally, chance = blank(np.ones(70, dtype=np.float32)), np.random.default_rng(1)
    count_in(tally, sights, 0)
    found = np.bincount([unseen_one(tally, chance) for _ in range(5000)], minlength=70)
    assert np.flatnonzero(found).tolist() == [0, 1, 2, 3, 4, 65, 66, 67, 68, 69]
    assert found.max() < 600 and found[found > 0].min() > 400
