import pytest
from hypothesis import given, strategies as st

from blindspot.flight.fleet import DOWN_WITHIN_S, Command, FleetRun
from blindspot.flight.losses import LOSSES
from blindspot.flight.outcomes import WORST_FIRST


def test_a_run_ends_when_every_drone_has_ended_and_as_its_worst():
    run = FleetRun(["drone1", "drone2"])
    run.route_ended("drone1", "completed", "")
    assert run.outcome is None and run.phase == "flying" and run.flying == ("drone2",)
    run.route_ended("drone2", "returned", "battery low")
    assert run.outcome == "returned" and run.phase == "done"
    assert run.reason == "drone2: battery low"


def test_five_orders_make_one_reason_and_five_events():
    run = FleetRun(["drone1", "drone2"])
    for said in ("A ordered hold: a crane", "A ordered resume: it stands", "B ordered hold: a bird"):
        run.ask("hold" if "hold" in said else "resume", said, said[0])
    assert run.news() == ("A ordered hold: a crane", "A ordered resume: it stands", "B ordered hold: a bird")
    run.ask("resume", "B ordered resume: it is gone", "B")
    run.ask("return_home", "A ordered return_home: rain", "A", ["drone1"])
    run.no_rest(["drone2"], "the planner did not answer in time")
    run.route_ended("drone1", "returned", "called home by A: rain")
    run.route_ended("drone2", "returned", "called home from the ground: the planner did not answer in time")
    assert (run.outcome, run.decisive) == ("returned", "drone1: called home by A: rain")
    assert "B ordered resume: it is gone" in run.news() and run.news() == ()


def test_the_worst_drone_decides_and_a_completed_run_names_a_fault_alone():
    run = FleetRun(["drone1", "drone2"])
    run.ask("hold", "A ordered hold: a crane", "A")
    assert run.decisive == ""
    run.route_ended("drone1", "returned", "rain")
    run.route_ended("drone2", "aborted", "ordered to land by A: a rotor")
    assert run.decisive == "drone2: ordered to land by A: a rotor"
    whole = FleetRun(["drone1"])
    whole.ask("hold", "A ordered hold: a crane", "A")
    whole.node_restarted("/drone1/camera")
    whole.route_ended("drone1", "completed", "")
    assert whole.decisive == "/drone1/camera died and was started again"


def test_an_unknown_outcome_counts_as_failed():
    run = FleetRun(["drone1"])
    run.route_ended("drone1", "splendid", "")
    assert run.outcome == "failed"


def test_a_node_that_died_and_was_back_at_once_is_named_and_changes_nothing_else():
    run = FleetRun(["drone1"])
    for node in ("/drone1/camera", "/blindspot/authority", "/drone2/camera"):
        run.node_restarted(node)
    run.node_restarted("/drone1/flight_control")  # its flight is taken over, which is an event of its own
    assert run.take_commands() == () and run.phase == "flying"
    run.route_ended("drone1", "completed", "")
    named = [f"{node} died and was started again" for node in ("/drone1/camera", "/blindspot/authority")]
    assert run.outcome == "completed" and run.reason == "; ".join(named)


def test_a_manager_that_starts_again_still_names_the_nodes_that_died_before():
    before, run = FleetRun(["drone1"]), FleetRun(["drone1"])
    before.node_restarted("/drone1/camera")
    run.goes_on(before.memory, "the mission manager was restarted")
    run.route_ended("drone1", "completed", "")
    assert run.reason == "/drone1/camera died and was started again; the mission manager was restarted"


def test_a_lost_camera_brings_its_own_drone_home_once():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/drone2/camera", "exited with code -9")
    run.node_lost("/drone2/camera", "fell silent")
    assert run.take_commands() == (
        Command("drone2", "return_home", "/drone2/camera exited with code -9"),
        Command("drone1", "stand_by", "drone2 is lost to the plan"),
    )
    assert run.phase == "standing_by"
    assert "the pictures have stopped" in run.reason


def test_a_lost_flight_control_is_waited_for_and_its_next_loss_counts_anew():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/drone1/flight_control", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "reattach")]
    assert run.phase == "flying", "its mission goes on"
    run.node_is_back("/drone1/flight_control", "drone1 is watched again")
    run.node_lost("/drone1/flight_control", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "reattach")]
    run.taken_over("drone1", "the ground station brings drone1 home")
    assert run.phase == "standing_by" and "watched again" in run.reason and "ground station" in run.reason


@pytest.mark.parametrize("node", ["flight_control", "mavros"])
@pytest.mark.parametrize(
    ("phase", "is_up"), [("", False), ("preflight", False), ("armed", True), ("en_route", True), ("hold", True)]
)
def test_the_mission_of_a_drone_that_may_be_on_the_ground_is_not_said_to_continue(node, phase, is_up):
    """It may also have armed since its last status, or be in the air after a restart of the manager."""
    run = FleetRun(["drone1", "drone2"])
    if phase:
        run.drone_reported("drone1", phase, "")
    run.node_lost(f"/drone1/{node}", "fell silent")
    assert ("fell silent: the uploaded mission continues" in run.reason) == is_up
    assert ("if the drone has taken off, its uploaded mission continues" in run.reason) != is_up


def test_a_lost_town_node_brings_everyone_home():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/blindspot/authority", "fell silent")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "return_home"), ("drone2", "return_home")]


@pytest.mark.parametrize("node", ["authority", "coverage_monitor"])
def test_a_town_node_that_starts_again_in_time_calls_nobody_home(node):
    run = FleetRun(["drone1", "drone2"])
    name = f"/blindspot/{node}"
    run.node_lost(name, "fell silent", starts_again=True)
    run.node_lost(name, "fell silent")
    assert run.take_commands() == () and run.lost_nodes == {name} and run.awaited[name] > 0.0
    run.node_is_back(name, f"{name} is back")
    run.stays_lost(name)
    assert run.take_commands() == () and run.phase == "flying" and not run.awaited
    assert f"{name} fell silent and starts again; {name} is back" in run.reason


def test_a_town_node_that_does_not_come_back_in_its_time_brings_everyone_home():
    run = FleetRun(["drone1", "drone2"])
    run.node_lost("/blindspot/authority", "fell silent", starts_again=True)
    run.stays_lost("/blindspot/authority")
    assert [(c.drone, c.order) for c in run.take_commands()] == [("drone1", "return_home"), ("drone2", "return_home")]
    assert "leases can't be renewed" in run.reason and not run.awaited


@pytest.mark.parametrize("node", ["camera", "detector", "flight_control"])
def test_the_loss_of_a_node_on_board_waits_for_no_restart(node):
    run = FleetRun(["drone1", "drone2"])
    run.node_lost(f"/drone1/{node}", "fell silent", starts_again=True)
    assert run.take_commands()[0].drone == "drone1" and not run.awaited


def test_a_lost_planner_is_only_reported():
    run = FleetRun(["drone1"])
    run.node_lost("/blindspot/coverage_planner", "fell silent")
    assert run.take_commands() == () and run.phase == "flying" and "coverage_planner" in run.reason


@pytest.mark.parametrize("node", ["/simulator", "/blindspot/clock"])
def test_without_a_simulator_or_clock_the_run_has_failed(node):
    run = FleetRun(["drone1"])
    run.node_lost(node, "fell silent")
    assert run.outcome == "failed"


def test_a_run_completes_only_if_every_node_is_back():
    run = FleetRun(["drone1"])
    run.node_lost("/drone1/recorder", "fell silent")
    assert run.lost_nodes == {"/drone1/recorder"}
    run.route_ended("drone1", "completed", "")
    assert run.outcome == "degraded" and "/drone1/recorder fell silent" in run.reason
    run.node_is_back("/drone1/recorder", "/drone1/recorder is back")
    assert run.outcome == "completed" and not run.lost_nodes


def test_an_unaccounted_drone_decides_the_outcome():
    run = FleetRun(["drone1", "drone2"])
    run.route_ended("drone1", "failed", "")
    run.route_ended("drone2", "unaccounted", "silent")
    assert run.outcome == "unaccounted" and run.down == ()


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


class Fleet:
    """A run of three drones on a clock of its own."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.run = FleetRun(["drone1", "drone2", "drone3"], lambda: self.now_s)
        for drone in ("drone1", "drone2", "drone3"):
            self.run.drone_reported(drone, "en_route", "")

    def obey(self) -> list[tuple[str, str]]:
        """Every drone obeys its commands, which are returned."""
        commands = self.run.take_commands()
        for command in commands:
            if command.order == "stand_by":
                self.run.stands_by(command.drone)
                self.run.drone_reported(command.drone, "hold", "waits for the rest of the plan")
        return [(command.drone, command.order) for command in commands]


@pytest.fixture
def fleet():
    return Fleet()


@pytest.mark.parametrize("phase", ["return", "landing", "pilot", "failed"])
def test_when_a_drone_leaves_its_route_the_others_stand_by_until_it_is_down(fleet, phase):
    fleet.run.drone_reported("drone2", phase, "battery low")
    assert fleet.obey() == [("drone1", "stand_by"), ("drone3", "stand_by")]
    assert fleet.run.phase == "standing_by" and fleet.run.standing_by == ("drone1", "drone3")
    assert not fleet.run.rest_is_due() and fleet.run.down == ()
    fleet.run.route_ended("drone2", "returned", "battery low")
    assert fleet.run.rest_is_due() and fleet.run.down == ("drone2",)
    fleet.run.plans_rest()
    assert fleet.run.phase == "replanning" and fleet.run.standing_by == ("drone1", "drone3")
    fleet.run.flies_rest("the rest is flown")
    assert fleet.run.phase == "flying" and not fleet.run.rest_is_due()
    assert "drone2 is lost to the plan" in fleet.run.reason and "the rest is flown" in fleet.run.reason


def test_the_landing_that_ends_a_route_is_no_loss(fleet):
    fleet.run.drone_reported("drone2", "landing", "")
    fleet.run.route_ended("drone2", "completed", "")
    assert fleet.obey() == [] and fleet.run.phase == "flying"


def test_a_drone_on_its_way_down_at_the_end_of_its_route_goes_on_with_that_and_is_waited_for(fleet):
    fleet.run.drone_reported("drone3", "landing", "")
    fleet.run.route_ended("drone2", "returned", "")
    assert fleet.obey() == [("drone1", "stand_by")] and not fleet.run.rest_is_due()
    fleet.run.route_ended("drone3", "completed", "")
    assert fleet.run.rest_is_due()


def test_a_drone_that_does_not_come_down_is_waited_for_no_longer_than_that(fleet):
    fleet.run.drone_reported("drone2", "pilot", "the pilot has it (mode POSCTL)")
    fleet.obey()
    fleet.now_s += DOWN_WITHIN_S - 0.1
    assert not fleet.run.rest_is_due()
    fleet.now_s += 0.2
    assert fleet.run.rest_is_due() and fleet.run.down == ()


def test_a_drone_that_failed_is_not_known_to_be_down(fleet):
    fleet.run.route_ended("drone2", "failed", "not heard any more")
    fleet.obey()
    assert fleet.run.rest_is_due() and fleet.run.down == ()


def test_only_those_who_obeyed_stand_by(fleet):
    fleet.run.route_ended("drone2", "aborted", "")
    fleet.run.take_commands()
    fleet.run.drone_reported("drone1", "hold", "held by the operator")
    assert fleet.run.standing_by == () and not fleet.run.rest_is_due()


def test_a_second_loss_leaves_the_last_one(fleet):
    fleet.run.route_ended("drone2", "returned", "")
    fleet.obey()
    fleet.run.drone_reported("drone3", "return", "the battery is needed for the way home")
    assert fleet.obey() == [("drone1", "stand_by")]
    assert fleet.run.standing_by == ("drone1",) and not fleet.run.rest_is_due()
    fleet.run.route_ended("drone3", "returned", "")
    assert fleet.run.rest_is_due()


def test_those_without_a_new_route_come_home_and_are_no_new_loss(fleet):
    fleet.run.route_ended("drone2", "returned", "")
    fleet.obey()
    fleet.run.no_rest(["drone3"], "its battery bears nothing more")
    fleet.run.flies_rest("drone1 flies the rest")
    assert fleet.obey() == [("drone3", "return_home")]
    fleet.run.drone_reported("drone3", "return", "called home by the operator")
    fleet.run.route_ended("drone3", "returned", "")
    assert fleet.obey() == [] and fleet.run.phase == "flying"


def test_the_fleet_returns_if_no_drone_gets_a_route(fleet):
    fleet.run.route_ended("drone2", "returned", "")
    fleet.obey()
    fleet.run.no_rest(["drone1", "drone3"], "the planner does not answer")
    assert fleet.obey() == [("drone1", "return_home"), ("drone3", "return_home")]
    assert fleet.run.phase == "returning" and "the planner does not answer" in fleet.run.reason


@pytest.mark.parametrize(("order", "phase"), [("hold", "holding"), ("resume", "flying"), ("abort", "returning")])
def test_a_persons_order_ends_the_standing_by(fleet, order, phase):
    fleet.run.drone_reported("drone2", "return", "")
    fleet.obey()
    fleet.run.ask(order, f"a person said {order}", "A. Martin")
    fleet.run.route_ended("drone2", "returned", "")
    assert fleet.run.phase == phase and fleet.run.standing_by == () and not fleet.run.rest_is_due()


def test_a_loss_while_the_fleet_is_held_by_a_person_changes_nothing(fleet):
    fleet.run.ask("hold", "the operator said hold")
    fleet.run.take_commands()
    fleet.run.route_ended("drone2", "returned", "")
    assert fleet.obey() == [] and fleet.run.phase == "holding"


def test_the_last_drone_has_no_other_to_take_over(fleet):
    for drone in ("drone1", "drone2"):
        fleet.run.route_ended(drone, "completed", "")
    fleet.run.drone_reported("drone3", "return", "battery low")
    assert fleet.obey() == [] and fleet.run.phase == "returning"


def test_a_standstill_of_the_manager_is_reported_once_after_the_events():
    run = FleetRun(["drone1"])
    run.stood_still(1.7)
    assert run.reason == "the mission manager stood still for 1.7 s"
    run.stood_still(24.72)
    run.route_ended("drone1", "returned", "the wind is too strong")
    reported = run.reason
    assert reported.endswith("; the mission manager stood still 2 times, for up to 24.7 s: the machine is too busy")
    assert reported.count("stood still") == 1 and reported.index("the wind") < reported.index("stood still")
