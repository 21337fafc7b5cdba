"""The checker's rule about the post of an overwatch."""

from __future__ import annotations

import pytest

from blindspot.mission import View
from blindspot.operations.watches import shorter_post
from blindspot.planning.checker import check_plan


@pytest.fixture
def details(watch, site):
    """What the rule `target` says about a plan of the watch."""

    def of(plan, mission=watch):
        return [one.detail for one in check_plan(plan, mission, site) if one.rule == "target"]

    return of


def with_steps(plan, steps):
    return plan.with_routes([plan.routes[0].model_copy(update={"steps": tuple(steps)})])


def turned(plan, **aim):
    """The plan with another aim of its view."""
    return with_steps(plan, [
        step.model_copy(update={"aim": step.aim.model_copy(update=aim)}) if isinstance(step, View) else step
        for step in plan.routes[0].steps
    ])  # fmt: skip


def watching(plan, **changes):
    return plan.model_copy(update={"watch": plan.watch.model_copy(update=changes)})


def test_a_post_of_the_planner_passes(posts, details):
    assert details(posts[0]) == details(posts[1]) == []


def test_a_post_that_looks_past_the_target_is_refused(posts, details):
    shown, *_ = details(turned(posts[0], heading_deg=90.0))
    assert "drone1-001 shows 0" in shown and "95 % are needed" in shown


def test_the_share_is_counted_and_not_believed(posts, details, watch, with_file):
    asked = with_file(watch, share=1.0)
    partly = turned(posts[0], pitch_deg=-76.0)
    assert any("100 % are needed" in detail for detail in details(partly, asked))


@pytest.mark.parametrize(("name", "value"), [("target_m2", 300.0), ("seen_m2", 300.0)])
def test_the_plan_s_figures_must_be_the_counted_ones(posts, details, name, value):
    assert details(watching(posts[0], **{name: value})) == [f"{name} is claimed as 300, counted 400"]


def test_a_plan_of_a_watch_names_a_target_of_its_mission(posts, details):
    assert details(posts[0].model_copy(update={"watch": None})) == [
        "the mission is an overwatch, and the plan names no target"
    ]
    assert details(watching(posts[0], target="market")) == ["the mission has no target market"]


def test_a_post_has_one_view(posts, details):
    steps = posts[0].routes[0].steps
    assert details(with_steps(posts[0], [steps[0], *steps])) == [
        "a post is one view of one drone, and the plan has 2 views and legs"
    ]


def test_coarse_cells_are_refused(posts, details):
    coarse = posts[0].coverage.model_copy(update={"cell_m": 2.0})
    assert details(posts[0].model_copy(update={"coverage": coarse})) == [
        "stage is counted on cells of 2 m, at most 0.5 m are allowed"
    ]


def test_no_plan_of_a_sweep_has_a_target(plan, posts, details, mission):
    assert details(plan.model_copy(update={"watch": posts[0].watch}), mission) == ["the mission has no target stage"]


def test_a_shorter_last_turn_keeps_every_rule_and_its_figures_are_not_believed(posts, watch, site):
    (before,) = posts[0].routes
    late = shorter_post(posts[0], watch.model_of(before.drone), 600.0)
    assert late.ordered_sha256 == posts[0].sha256
    assert not check_plan(late, watch, site)
    wrong = late.with_routes([late.routes[0].model_copy(update={"expected": before.expected})])
    assert wrong.ordered_sha256 == posts[0].sha256, "it is ordered, and the checker refuses it all the same"
    assert {one.rule for one in check_plan(wrong, watch, site)} == {"expected"}
