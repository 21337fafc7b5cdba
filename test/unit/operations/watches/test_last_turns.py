"""The last turns of a watch fit before the latest landing."""

from __future__ import annotations

import pytest
from test.factories import at, cost_of, plan_of, route_of, view_at

from blindspot.core import InputError
from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission import DroneModel, Plan, parse_plan, timing
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.operations.watches.last_turns import SPARE, shorter_post

MODEL = read_yaml(CONFIG_DIR / "drones" / "reference.yaml", DroneModel)


@pytest.fixture
def post() -> Plan:
    """A post of 1100 s, 40 m from its pad."""
    view, home = view_at(0.0, 17.5, 70.0, dwell_s=1100.0), at(0.0, 40.0, 0.0)
    cost = timing.flight(MODEL, home, 70.0, (view,))[-1]
    left = 1.0 - cost.energy_wh / MODEL.energy.usable_wh()
    expected = cost_of(round(cost.time_s, 1), cost.distance_m, round(cost.energy_wh, 2), round(left, 4))
    plan = plan_of(route_of(view, home=home, up_m=70.0, expected=expected))
    return plan.model_copy(update={"watch": WatchedTarget(target="stage", target_m2=600.0, seen_m2=580.0)})


def test_a_post_that_fits_stays_as_it_is(post):
    needed_s = SPARE * post.routes[0].expected.flight_time_s
    assert shorter_post(post, MODEL, needed_s) is post


def test_a_late_post_becomes_shorter_by_its_view_alone(post):
    shorter = shorter_post(post, MODEL, 600.0)
    (route,), (before,) = shorter.routes, post.routes
    assert 600.0 - 1.5 <= SPARE * route.expected.flight_time_s <= 600.0
    again = timing.flight(MODEL, route.home, 70.0, route.steps)[-1]
    assert route.expected.flight_time_s == pytest.approx(again.time_s, abs=0.11)
    assert route.expected.energy_wh == pytest.approx(again.energy_wh, abs=0.02)
    assert route.expected.battery_left_fraction == pytest.approx(1.0 - again.energy_wh / 90.0, abs=1e-3)
    assert route.steps[0].model_copy(update={"dwell_s": 1100.0}) == before.steps[0]
    assert (route.failsafe, route.home, shorter.watch) == (before.failsafe, before.home, post.watch)


def test_a_shorter_post_has_the_hash_of_the_order_while_nothing_else_differs(post):
    assert post.ordered_sha256 == post.sha256 and "ordered" not in post.to_json()
    shorter = parse_plan(shorter_post(post, MODEL, 600.0).to_json())
    assert shorter.ordered_sha256 == post.sha256 != shorter.sha256
    (route,) = shorter.routes
    (view,) = route.steps
    for changes in (
        {"steps": (view.model_copy(update={"to": view.to.model_copy(update={"up_m": 71.0})}),)},
        {"steps": (view.model_copy(update={"aim": view.aim.model_copy(update={"heading_deg": 1.0})}),)},
        {"failsafe": route.failsafe.model_copy(update={"rtl_return_alt_m": 71.0})},
        {"home": at(0.0, 41.0, 0.0)},
    ):
        other = shorter.with_routes([route.model_copy(update=changes)])
        assert other.ordered_sha256 != post.sha256, changes
    assert shorter.model_copy(update={"seed": 9}).ordered_sha256 != post.sha256


@pytest.mark.parametrize("dwell_s", [1100.0, 1101.0])
def test_a_post_that_is_not_shorter_than_the_ordered_one_is_no_plan(post, dwell_s):
    shorter = shorter_post(post, MODEL, 600.0)
    (route,) = shorter.routes
    steps = (route.steps[0].model_copy(update={"dwell_s": dwell_s}),)
    longer = shorter.with_routes([route.model_copy(update={"steps": steps})])
    with pytest.raises(InputError, match="with a shorter stay than the ordered one"):
        parse_plan(longer.to_json())
    sweep = shorter.model_copy(update={"watch": None})
    with pytest.raises(InputError, match="only in a post of a watch"):
        parse_plan(sweep.to_json())


def test_without_time_for_one_second_of_pictures_the_plan_stays_and_the_gate_refuses_it(post):
    assert shorter_post(post, MODEL, 60.0) is post
