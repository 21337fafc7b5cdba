"""The checker's verdict and the seconds over roofs, as the papers state them."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.mission.plan import Point, Waypoint
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.checker.check_seen import ground_of
from blindspot.planning.papers.outcome import outcome_of
from blindspot.planning.papers.proof import PROVEN, proof_of


@pytest.fixture(scope="module")
def outcome(plan, mission, site):
    return outcome_of(plan, mission, site)


@pytest.fixture
def over_a_block(plan):
    """The plan with a way of the first drone over the north-eastern block and back."""
    route = plan.routes[0]
    at = Point(east_m=45.0, north_m=45.0, up_m=route.takeoff_up_m)
    steps = (*route.steps[:-1], Waypoint(to=at, speed_mps=4.0), route.steps[-1])
    return plan.with_routes([route.model_copy(update={"steps": steps})])


def test_the_papers_take_the_ground_that_the_checker_counted(outcome, plan, mission, site):
    """The pictures of a plan are the most of the work, so they are counted once."""
    ground, counted = ground_of(plan, site), []
    assert check_plan(plan, mission, site, ground, counted) == ()
    taken = outcome_of(plan, mission, site, ground=ground, counted=counted)
    assert [view[2] is cells for view, (_, _, cells) in zip(taken.views, counted, strict=True)] == [True] * len(counted)
    assert (taken.seen == outcome.seen).all() and taken.seen.any()


def test_views_on_other_ground_are_counted_again(plan, mission, site):
    other = outcome_of(plan, mission, site, counted=[(plan.routes[0], 0, np.array([0]))])
    assert len(other.views) > 1


def test_over_streets_nothing_is_over_roofs(outcome):
    assert outcome.over_roofs_s == {"drone1": 0.0, "drone2": 0.0}
    verdict, about = proof_of(outcome, ())
    assert verdict == PROVEN
    assert "landing: clear" in about


def test_seconds_over_roofs_are_those_that_the_checker_leaves_out(over_a_block, outcome, mission, site, with_file):
    """If roofs may be crossed, the stated seconds are those that break a rule if roofs are barred."""
    allowed = with_file(mission, limits={"over_roofs": True})
    broken = [v for v in check_plan(over_a_block, mission, site) if v.rule == "land here"]
    assert not [v for v in check_plan(over_a_block, allowed, site) if v.rule == "land here"]
    reported = replace(outcome, plan=over_a_block, mission=allowed)
    broken_s = sum(v.until_s - v.time_s for v in broken)
    assert reported.over_roofs_s["drone1"] == pytest.approx(broken_s, abs=1.5 * len(broken))
    assert reported.over_roofs_s["drone1"] > 5.0
    assert reported.over_roofs_s["drone2"] == 0.0
    assert f"except for {reported.over_roofs_s['drone1']:.0f} s over roofs" in proof_of(reported, ())[1]


def test_a_violation_takes_the_proof_away(outcome):
    stretch = Violation("return", "drone1", None, 30.0, "too near", 42.0, ((0.0, 0.0), (0.0, 30.0)))
    reported = proof_of(outcome, [stretch, Violation("coverage", "", None, None, "counted less")])
    assert reported == ("not proven: 2 violations", "stretches of flights drawn red: 1")
