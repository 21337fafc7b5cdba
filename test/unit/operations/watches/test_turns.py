"""The planned turns of a watch, with the packs and people that they need."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from blindspot.core import PlanningError
from blindspot.mission import load_fleet
from blindspot.operations.watches import forecast, rests_of

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture
def turns(watch, posts, with_file):
    """The turns of the crossroads' watch with other values of its file."""
    return lambda **changes: forecast(with_file(watch, **changes), posts)


def until(watch, **length):
    return {"latest_landing": watch.file.start + timedelta(**length)}


def test_four_hours_take_thirteen_turns_in_turn(turns):
    found = turns()
    assert len(found.turns) == 13 and not found.gaps
    assert all(before.drone != after.drone for before, after in pairwise(found.turns))


def test_a_relief_is_aimed_before_the_other_leaves(turns):
    found = turns(overlap_s=60.0)
    for before, after in pairwise(found.turns):
        assert before.leaves_s - after.arrives_s >= 60.0
    assert found.turns[0].arrives_s <= 0.0


def test_the_last_drone_is_down_at_the_latest_landing(turns, watch):
    found = turns(**until(watch, minutes=50))
    assert max(turn.lands_s for turn in found.turns) <= 50 * 60.0
    assert found.turns[-1].need_wh < found.turns[0].need_wh


def test_a_slow_change_of_packs_leaves_gaps_and_a_third_drone_would_do(turns):
    found = turns(swap_s=1500.0)
    assert found.gaps and all(gap.ends_s > gap.begins_s for gap in found.gaps)
    assert found.drones_needed("stage") == 3


def test_wind_shortens_the_posts_so_that_a_watch_has_more_turns_and_needs_more_packs(watch, posts):
    still, breeze, strong = (forecast(watch, posts, wind_mps) for wind_mps in (0.0, 5.0, 10.0))
    assert forecast(watch, posts) == still
    stays_s = [found.posts["stage"][0].dwell_s for found in (still, breeze, strong)]
    (post, *_), model = still.posts["stage"], watch.model_of("drone1")
    hover_w = model.energy.hover_w + model.energy.cruise_extra_w * (10.0 / model.performance.cruise_mps) ** 3
    assert stays_s[0] > stays_s[1] > stays_s[2] > 0.6 * stays_s[0]
    used_wh = hover_w * stays_s[2] / 3600.0 + 2.0 * (post.home_in_wind_wh(10.0) - post.home_wh)
    assert used_wh == pytest.approx(model.energy.hover_w * stays_s[0] / 3600.0), "not more than the battery"
    assert [len(found.turns) for found in (still, breeze, strong)] == [13, 14, 20]
    assert strong.packs_needed()["reference"] > still.packs_needed()["reference"]
    with pytest.raises(PlanningError, match="stage: a stay on post is shorter than 105 s in a wind of 40 m/s"):
        forecast(watch, posts, 40.0)


def test_packs_are_enough_for_the_flights_and_the_charging(turns, watch):
    found = turns()
    assert found.packs_needed() == {"reference": 5}
    assert found.packs_needed({"reference": 0.0}) == {"reference": 2}
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    packs = found.rota(fleet)
    assert not found.packs_missing(fleet) and len(packs) == 13
    last_s = {}
    for turn, pack in zip(found.turns, packs, strict=True):
        assert turn.takes_off_s >= last_s.get(pack, -1e9) + rests_of(fleet)["reference"]
        last_s[pack] = turn.lands_s


def test_a_fleet_with_too_few_packs_lacks_the_rest(turns):
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    small = fleet.file.model_copy(update={"packs": fleet.file.packs[:3]})
    found, few = turns(), type(fleet)(**{name: getattr(fleet, name) for name in fleet.__slots__} | {"file": small})
    assert found.packs_missing(few) == {"reference": 2} and found.rota(few) == []


@pytest.mark.parametrize(("swap_s", "people"), [(180.0, 1), (800.0, 2)])
def test_people_change_the_packs_between_two_turns(turns, swap_s, people):
    assert turns(swap_s=swap_s).people == people
