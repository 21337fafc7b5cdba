"""The figures of watches: their verdicts, and the relay alone over the posts of a plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.core.errors import InputError
from blindspot_lab.bench import operations
from blindspot_lab.bench.watched_hours import Hours

GOOD = Hours(seed=1, longest_gap_s=2.0, most_looking=1, least_share=0.99, reliefs=12, breaches=(), cpu_s=30.0)


def missed(targets):
    return [target.name for target in targets if target.met is False]


def test_a_sound_watch_meets_each_goal():
    found = operations.of_hours([GOOD, GOOD], 1, operations.GAP_S)
    assert missed(found) == [] and sum(target.met is True for target in found) == 6


@pytest.mark.parametrize(
    ("fault", "names"),
    [
        ({"longest_gap_s": 5.1}, "longest gap without a spare camera"),
        ({"most_looking": 2}, "most cameras that look, without a spare camera"),
        ({"least_share": 0.94}, "least share of the target in 10 s, without a spare camera"),
        ({"breaches": ("fence",)}, "rules of the observer broken, without a spare camera"),
        ({"cpu_s": 61.0}, "CPU time of a watch, without a spare camera"),
    ],
)
def test_one_bad_watch_among_good_watches_misses_its_goal(fault, names):
    assert missed(operations.of_hours([GOOD, replace(GOOD, **fault), GOOD], 1, operations.GAP_S)) == [names]


def test_with_a_spare_camera_every_gap_counts():
    assert missed(operations.of_hours([GOOD], 2, 0.0)) == ["longest gap with a spare camera"]


def test_the_relay_alone_is_drawn_over_the_posts_of_the_plan(posts, watch, monkeypatch):
    monkeypatch.setattr(operations, "planned", lambda: (watch, posts))
    monkeypatch.setattr(operations, "DRAWS", 2)
    found = {target.name: target for target in operations.run(only="draws")}
    assert found["draws of the relay alone"].measured == 2
    assert found["draws, most rights at a time"].met
    (plan,) = operations.run(only="plan")
    assert plan.met and plan.goal == "<= 20"


def test_the_watch_of_four_drones_has_two_targets_and_lasts_six_hours(tmp_path):
    mission, site = operations.of_four(tmp_path)
    assert [target.name for target in mission.file.targets] == ["stage", "stands"]
    assert {drone.pad for drone in mission.file.fleet} == {pad.name for pad in site.pads}
    assert (mission.file.latest_landing - mission.file.start).total_seconds() == 6 * 3600.0


def test_an_unknown_part_is_refused_with_the_parts_that_exist():
    with pytest.raises(InputError, match="it has plan, plan-of-four, watch, loss, draws"):
        operations.run(only="whole")
