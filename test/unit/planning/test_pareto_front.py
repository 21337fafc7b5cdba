"""Plans to pick from: which are worth it, and that none asks for more than the mission allows."""

from dataclasses import replace

import pytest

from blindspot.core.errors import PlanningError
from blindspot.mission.plan_figures import Intrusion
from blindspot.planning import pareto_front as fronts
from blindspot.planning.checker.check import Violation
from blindspot.planning.pareto_front import MOST_PLANS, Offer, front, narrower, unbeaten
from blindspot.planning.reasons.compare import costs_of

pytestmark = pytest.mark.usefixtures("searched_little")


@pytest.fixture(scope="session")
def offer(plan):
    """An offer with figures of choice."""
    nothing = costs_of(
        plan.model_copy(update={"intrusion": Intrusion(private_m2s=0, facade_m2s=0, highest_px_per_m=0)})
    )

    def with_figures(name, minutes, private_m2s, facade_m2s=100.0, px_per_m=40.0, seen=0.9):
        return Offer(
            name, plan,
            replace(
                nothing, flight_min=minutes, private_m2s=private_m2s, facade_m2s=facade_m2s, highest_px_per_m=px_per_m,
                blind_area_m2=1000.0, seen_area_m2=1000.0 * seen,
            ),
        )  # fmt: skip

    return with_figures


def names(offers):
    return [offer.name for offer in offers]


def test_a_plan_that_another_beats_in_something_and_nowhere_loses_to_is_dropped(offer):
    fast, calm = offer("fast", 5.0, 900.0), offer("calm", 6.0, 300.0)
    assert names(unbeaten([calm, offer("beaten", 6.0, 900.0), fast])) == ["fast", "calm"]


@pytest.mark.parametrize("better", [{"facade_m2s": 50.0}, {"px_per_m": 30.0}, {"seen": 0.95}])
def test_each_figure_alone_keeps_a_plan(offer, better):
    assert names(unbeaten([offer("fast", 5.0, 900.0), offer("other", 6.0, 950.0, **better)])) == ["fast", "other"]


def test_figures_that_differ_by_less_than_shown_are_equal_and_the_first_is_kept(offer):
    assert names(unbeaten([offer("first", 5.001, 900.1), offer("same", 5.0, 900.4)])) == ["first"]


def test_seeing_less_ground_is_worse(offer):
    assert names(unbeaten([offer("all", 5.0, 900.0, seen=0.99), offer("less", 5.0, 900.0, seen=0.8)])) == ["all"]


def test_nothing_is_asked_beyond_the_missions_limits(mission, plan):
    limits, asked = mission.file.limits, list(narrower(mission, plan))
    assert 1 + len(asked) <= MOST_PLANS
    assert len({asking.name for asking in asked}) == len(asked) == 5
    for asking in asked:
        narrow = asking.mission.file.limits
        assert limits.min_up_m <= narrow.min_up_m < narrow.max_up_m <= limits.max_up_m
        assert limits.min_pitch_deg <= narrow.min_pitch_deg <= narrow.max_pitch_deg <= limits.max_pitch_deg
        assert asking.mission.file.model_copy(update={"limits": limits}) == mission.file
        assert asking.goal_share < 1.0


def test_a_mission_that_leaves_no_choice_is_only_asked_for_less_ground(mission, plan, with_file):
    level_m = plan.routes[0].takeoff_up_m
    tight = with_file(
        mission, limits={"min_up_m": level_m - 1.0, "max_up_m": level_m, "min_pitch_deg": -60.0, "max_pitch_deg": -60.0}
    )
    assert names(narrower(tight, plan)) == ["90 % of what can be seen"]


def test_requests_without_a_flyable_plan_are_left_out_with_their_reason(mission, plan, site, monkeypatch):
    reported, asked = [], []

    def made(narrow, *, goal_share=0.993, **_):
        asked.append(narrow)
        if len(asked) == 2:
            raise PlanningError("no view is possible")
        return plan

    broken = Violation("height", "drone1", None, None, "too low")
    monkeypatch.setattr(fronts, "make_plan", made)
    monkeypatch.setattr(fronts, "check_plan", lambda *_: (broken,) if len(asked) == 3 else ())
    found = front(mission, site, lambda name: reported.append(name) or (lambda stage, done: None))
    assert reported[0] == "as the mission asks" and len(reported) == 6
    assert names(found.offers) == ["as the mission asks"]
    assert found.offers[0].plan.intrusion is not None
    assert found.left_out[reported[1]] == "no view is possible"
    assert "height: drone1: too low" in found.left_out[reported[2]]
    assert found.left_out[reported[3]] == "another plan is at least as good in every figure"


def test_finished_plans_outlast_an_interruption(mission, plan, site, monkeypatch):
    asked = []

    def made(narrow, **_):
        asked.append(narrow)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return plan

    monkeypatch.setattr(fronts, "make_plan", made)
    monkeypatch.setattr(fronts, "check_plan", lambda *_: ())
    found = front(mission, site, lambda name: lambda stage, done: None)
    assert len(asked) == 2, "no further plan is begun"
    assert names(found.offers) == ["as the mission asks"] and found.is_interrupted
    assert list(found.left_out.values()) == [fronts.INTERRUPTED]


def test_an_interruption_before_the_first_plan_is_one_of_the_command(mission, plan, site, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(fronts, "make_plan", lambda *_, **__: plan)
    monkeypatch.setattr(fronts, "check_plan", interrupted)
    with pytest.raises(KeyboardInterrupt):
        front(mission, site, lambda name: lambda stage, done: None)


def test_a_mission_without_a_flyable_plan_is_an_error_in_one_sentence(mission, plan, site, monkeypatch):
    broken = Violation("height", "drone1", None, None, "too low")
    monkeypatch.setattr(fronts, "make_plan", lambda *_, **__: plan)
    monkeypatch.setattr(fronts, "check_plan", lambda *_: (broken,))
    with pytest.raises(PlanningError, match="no plan may be flown; the one that the mission asks for breaks 1 rules"):
        front(mission, site, lambda name: lambda stage, done: None)
