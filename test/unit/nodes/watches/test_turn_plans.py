"""The plans of the turns of a watch: shorter ones near the latest landing, kept in the run's folder."""

from types import SimpleNamespace

import pytest
from test.factories import at, cost_of, plan_of, route_of, view_at

from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission import DroneModel, load_plan, timing
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.nodes.watches.turn_plans import TurnPlans

MODEL = read_yaml(CONFIG_DIR / "drones" / "reference.yaml", DroneModel)
OURS = "requester of the watch"


def post(drone: str):
    view, home = view_at(0.0, 17.5, 70.0, dwell_s=1100.0), at(0.0, 40.0, 0.0)
    cost = timing.flight(MODEL, home, 70.0, (view,))[-1]
    expected = cost_of(round(cost.time_s, 1), cost.distance_m, round(cost.energy_wh, 2), 0.3)
    plan = plan_of(route_of(view, home=home, up_m=70.0, expected=expected, drone=drone), id=drone)
    return plan.model_copy(update={"watch": WatchedTarget(target="stage", target_m2=600.0, seen_m2=580.0)})


@pytest.fixture
def posts():
    return {drone: post(drone) for drone in ("drone1", "drone2")}


@pytest.fixture
def plans(posts, tmp_path):
    return TurnPlans(posts, SimpleNamespace(model_of=lambda drone: MODEL), tmp_path)


def test_a_turn_that_fits_is_the_ordered_post_and_a_late_one_is_kept_in_the_run_s_folder(plans, posts, tmp_path):
    assert plans.next("drone1", 2000.0) is posts["drone1"] and not list(tmp_path.iterdir())
    turn = plans.next("drone1", 600.0)
    [file] = tmp_path.iterdir()
    assert load_plan(file) == turn and turn.ordered_sha256 == posts["drone1"].sha256


def test_without_the_file_of_a_shorter_turn_the_plan_is_the_ordered_one(plans, posts, tmp_path):
    tmp_path.rmdir()
    assert plans.next("drone1", 600.0) is posts["drone1"]


def test_nobody_changes_a_pack_while_a_shorter_turn_may_have_a_lease(plans, posts):
    both = ["drone1", "drone2"]
    assert plans.free(both, {}, OURS) == ("drone1", "drone2")
    assert plans.free(both, {posts["drone1"].sha256: OURS}, OURS) == ("drone2",)
    turn = plans.next("drone1", 600.0)
    assert plans.free(both, {turn.sha256: OURS}, OURS) == (), "its drone is unknown after a restart"
    assert plans.free(both, {turn.sha256: "another mission"}, OURS) == ("drone1", "drone2")
