from hypothesis import given
from hypothesis import strategies as st

from blindspot.flight.fleet import LOSSES, WORST_FIRST, Command, FleetRun


def test_a_run_ends_when_every_drone_has_ended_and_as_its_worst():
    run = FleetRun(["drone1", "drone2"])
    run.route_ended("drone1", "completed", "")
    assert run.outcome is None and run.phase == "flying" and run.flying == ("drone2",)
    run.route_ended("drone2", "returned", "battery low")
    assert run.outcome == "returned" and run.phase == "done"
    assert run.reason == "drone2: battery low"


def test_an_outcome_nobody_knows_counts_as_failed():
    run = FleetRun(["drone1"])
    run.route_ended("drone1", "splendid", "")
    assert run.outcome == "failed"


def test_a_lost_camera_brings_its_own_drone_home_once():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/drone2/camera", "exited with code -9")
    run.node_lost("/drone2/camera", "fell silent")
    assert run.take_commands() == (Command("drone2", "return_home", "/drone2/camera exited with code -9"),)
    assert run.phase == "returning"
    assert "nothing can be seen any more" in run.reason


def test_a_lost_flight_control_is_waited_for_and_its_next_loss_counts_anew():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/drone1/flight_control", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "reattach")]
    assert run.phase == "flying", "its mission goes on"
    run.node_is_back("/drone1/flight_control", "drone1 is watched again")
    run.node_lost("/drone1/flight_control", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "reattach")]
    run.taken_over("drone1", "the ground station brings drone1 home")
    assert run.phase == "returning" and "watched again" in run.reason and "ground station" in run.reason


def test_a_lost_town_node_brings_everyone_home():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/blindspot/authority", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "return_home"), ("drone2", "return_home")]


def test_a_lost_planner_is_told_and_nothing_else():
    run = FleetRun(["drone1"])
    run.node_lost("/blindspot/coverage_planner", "fell silent")
    assert run.take_commands() == () and run.phase == "flying" and "coverage_planner" in run.reason


def test_without_the_simulator_the_run_has_failed():
    run = FleetRun(["drone1"])
    run.node_lost("/simulator", "fell silent")
    assert run.outcome == "failed"


def test_a_drone_that_has_ended_gets_no_more_orders():
    run = FleetRun(["drone1", "drone2"])
    run.route_ended("drone1", "completed", "")
    run.ask("abort", "the operator said abort")
    assert run.take_commands() == (Command("drone2", "abort", "the operator said abort"),)


@given(
    outcomes=st.lists(st.sampled_from(WORST_FIRST), min_size=1, max_size=5),
    lost=st.lists(st.sampled_from(sorted(LOSSES)), max_size=3),
)
def test_a_run_whose_drones_all_ended_has_an_outcome_and_only_completes_if_all_did(outcomes, lost):
    drones = [f"drone{n}" for n in range(len(outcomes))]
    run = FleetRun(drones)
    for node in lost:
        run.node_lost(f"/blindspot/{node}", "fell silent")
    for drone, outcome in zip(drones, outcomes, strict=True):
        run.route_ended(drone, outcome, "")
    assert run.outcome is not None
    if run.outcome == "completed":
        assert set(outcomes) == {"completed"}
