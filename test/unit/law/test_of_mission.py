"""The gate's rules on a plan and the limits of its mission: a watch is flown by posts alone, and posts by a watch."""

from __future__ import annotations

import pytest

from blindspot.law.of_mission import judge_mission


@pytest.fixture
def reasons():
    return lambda mission, plan: [verdict.reason for verdict in judge_mission(mission, plan, mission.file.start)]


def test_a_post_of_the_watch_passes(reasons, watch, posts):
    assert [reasons(watch, post) for post in posts] == [[], []]


def test_a_plan_without_its_target_would_look_from_the_clearance_on(reasons, watch, posts):
    (reason,) = reasons(watch, posts[0].model_copy(update={"watch": None}))
    assert "a post of no target" in reason


def test_a_target_of_another_mission_is_refused(reasons, watch, posts, mission, plan):
    other = posts[0].watch.model_copy(update={"target": "market"})
    assert any("no target" in reason for reason in reasons(watch, posts[0].model_copy(update={"watch": other})))
    assert any("no target" in reason for reason in reasons(mission, plan.model_copy(update={"watch": posts[0].watch})))
    assert reasons(mission, plan) == []
