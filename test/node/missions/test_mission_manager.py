"""The manager of missions: goals, clearance, outcome, status."""

from __future__ import annotations

import time

import pytest
import yaml
from blindspot_msgs.msg import CoverageStatus, FleetStatus
from blindspot_msgs.srv import Authorise

from blindspot.evidence import verify_journal
from blindspot.nodes import mission_manager
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.missions import entries, flights
from blindspot.stack.supervised import note_supervised

EVERYBODY = ["/drone1/camera", "/drone2/camera", "/blindspot/authority", "/blindspot/coverage_planner", "/simulator"]


def test_a_mission_is_cleared_flown_and_ends_as_its_drone_does(stack):
    stack.with_gate()
    future = stack.fly(run="evening-1")
    [goal] = stack.drones["drone1"].flown
    assert goal.plan.sha256 == stack.plan.sha256 and goal.mission.run == "evening-1"
    assert stack.drones["drone2"].flown == []
    stack.drones["drone1"].land("completed")
    assert stack.end(future) == ("completed", "")
    stack.until(lambda: stack.mission("evening-1").phase == "done")
    ended = stack.mission("evening-1")
    assert (ended.outcome, ended.person, ended.mission) == ("completed", "A. Tester", "Crossroads")
    assert ended.drones == ["drone1"] and ended.plan == "one-view"
    assert stack.manager.missions == {}


def test_the_journal_names_person_mission_plan_and_outcome(stack):
    stack.with_gate()
    future = stack.fly(run="evening-1")
    [begun] = stack.journal("mission")
    assert (begun["run"], begun["person"], begun["reason"]) == ("evening-1", "A. Tester", "a test")
    assert begun["mission"] == stack.judged[0].mission.file
    assert begun["plan"] == stack.plan.sha256 and begun["sha256"] == stack.judged[0].mission.sha256
    stack.drones["drone1"].land("returned", "battery low")
    stack.end(future)
    [ended] = stack.journal("mission_ended")
    assert (ended["run"], ended["outcome"]) == ("evening-1", "returned") and "battery low" in ended["reason"]


def test_the_end_of_a_mission_that_the_disk_refuses_is_written_later(stack, monkeypatch):
    """Without it the register of flights stays incomplete, and no real flight is cleared any more."""
    monkeypatch.setattr(entries, "AGAIN_S", 0.2)
    stack.with_gate()
    future, journal = stack.fly(run="evening-1"), stack.folder / "journal.jsonl"
    journal.rename(kept := journal.with_name("kept.jsonl"))
    journal.mkdir()
    stack.drones["drone1"].land("returned", "battery low")
    assert stack.end(future)[0] == "returned", "a mission ends without its entry"
    journal.rmdir()
    kept.rename(journal)
    stack.until(lambda: stack.journal("mission_ended"))
    stack.until(lambda: not stack.manager.entries.owed)
    [ended] = stack.journal("mission_ended")
    assert (ended["run"], ended["outcome"]) == ("evening-1", "returned") and "battery low" in ended["reason"]
    assert verify_journal(journal).is_whole


def test_without_a_journal_no_clearance_is_requested(bare):
    (bare.folder / "no-folder").touch()
    bare.with_manager(journal=str(bare.folder / "no-folder" / "journal.jsonl"))
    bare.with_gate()
    outcome, reason = bare.end(bare.start())
    assert outcome == "refused" and "journal" in reason and bare.judged == []


def test_the_clearance_of_a_mission_that_is_over_is_given_back_until_that_is_acknowledged(stack):
    stack.with_gate()
    stack.takes_back = False
    future = stack.fly()
    assert [request.plan.sha256 for request in stack.judged] == [stack.plan.sha256] and not stack.given_back
    stack.drones["drone1"].land("completed")
    stack.end(future)
    stack.until(lambda: len(stack.given_back) > 2)
    stack.takes_back = True
    stack.until(lambda: not stack.manager.clearances.owed)
    assert {back.plan for back in stack.given_back} == {stack.plan.sha256}
    assert {back.requester for back in stack.given_back} == {stack.judged[0].requester}
    assert len(stack.judged[0].requester) >= 32


def test_a_plan_is_not_requested_again_before_its_former_clearance_is_taken_back(stack):
    stack.with_gate()
    stack.takes_back = False
    future = stack.fly()
    stack.drones["drone1"].land("completed")
    stack.end(future)
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "former clearance" in reason and len(stack.judged) == 1


def test_a_plan_that_the_gate_refuses_is_not_flown(stack):
    stack.with_gate("GEO-01: outside", "TIM-03: too late")
    assert stack.end(stack.start()) == ("refused", "GEO-01: outside; TIM-03: too late")
    assert stack.drones["drone1"].flown == []


def test_beside_another_manager_nothing_is_flown(stack):
    stack.with_gate()
    reported = stack.graph.peer.create_publisher(FleetStatus, "fleet_status", qos.LATCHED)
    stack.until(lambda: stack.manager.count_publishers(reported.topic_name) == 2)
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "another mission manager runs in ROS domain" in reason
    assert stack.drones["drone1"].flown == []


def test_without_a_gate_nothing_is_flown(stack):
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "authority does not answer" in reason
    assert stack.drones["drone1"].flown == []


def test_a_gate_that_does_not_answer_in_time_refuses_and_its_late_clearance_is_given_back(stack):
    answers = stack.with_slow_gate()
    outcome, reason = stack.end(stack.start())
    assert outcome == "refused" and "in time" in reason
    assert stack.drones["drone1"].flown == []
    stack.until(lambda: stack.given_back and not stack.manager.clearances.owed)
    stack.given_back.clear()
    answers[0](Authorise.Response(granted=True))
    stack.until(lambda: stack.given_back)


def test_without_flight_control_the_mission_fails_and_reports_it(stack, monkeypatch):
    stack.with_gate()
    monkeypatch.setattr(stack.manager.drones.fly["drone1"], "server_is_ready", lambda: False)
    outcome, reason = stack.end(stack.start())
    assert outcome == "failed" and "drone1" in reason and "flight_control" in reason


def test_a_plan_that_does_not_match_its_hash_is_refused(stack):
    stack.with_gate()
    message = plan_message(stack.plan)
    message.sha256 = "0" * 64
    outcome, reason = stack.end(stack.start(message=message))
    assert outcome == "refused" and "hash" in reason and stack.judged == []


def test_a_plan_for_a_drone_that_the_mission_lacks_is_refused(stack):
    stack.with_gate()
    stranger = stack.plan.routes[0].model_copy(update={"drone": "drone9"})
    outcome, reason = stack.end(stack.start(stack.plan.model_copy(update={"routes": (stranger,)})))
    assert outcome == "refused" and "drone9" in reason and stack.judged == []


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({"person": " "}, "name of a person"),
        ({"reason": ""}, "needs a reason"),
        ({"sha256": "0" * 64}, "differs here from the copy"),
        ({"file": "missing.yaml"}, "is no file here"),
        ({"run": "../elsewhere"}, "is no name of a folder"),
    ],
)
def test_an_order_without_person_reason_mission_or_folder_is_refused(stack, changes, reported):
    stack.with_gate()
    outcome, reason = stack.end(stack.start(**changes))
    assert outcome == "refused" and reported in reason and stack.judged == []


def test_only_an_operator_of_the_fleet_file_may_order(bare, mission_path):
    fleet = yaml.safe_load((mission_path.parent.parent / "fleets" / "crossroads.yaml").read_text())
    fleet |= {"site": str(mission_path.parent.parent / "sites" / "crossroads"), "operators": ["A. Martin"]}
    bare.fleet_file = bare.folder / "fleets" / "ours.yaml"
    bare.fleet_file.parent.mkdir()
    (bare.folder / "drones").symlink_to(mission_path.parent.parent / "drones")
    bare.fleet_file.write_text(yaml.safe_dump(fleet))
    bare.with_manager()
    bare.with_gate()
    outcome, reason = bare.end(bare.start(person="B. Other"))
    assert outcome == "refused" and "B. Other is no operator" in reason and "A. Martin" in reason
    bare.fly(person="A. Martin")
    for order in ("hold", "return_home", "abort"):
        assert bare.order(order, person="B. Other").success, "any person may stop a flight"
    for order in ("resume", "jump", "inspect", "swapped"):
        assert "no operator" in bare.order(order, "drone1", person="B. Other").message


def test_the_name_of_a_run_is_used_once_also_after_a_restart(stack):
    """Else a repeated order flies again, and the files of two flights mix in one folder."""
    stack.with_gate()
    future = stack.fly(run="evening")
    stack.drones["drone1"].land("completed")
    assert stack.end(future)[0] == "completed"
    why = ("refused", "run evening has been flown: give the new run another name")
    assert stack.end(stack.start(run="evening")) == why
    stack.restart_manager()
    assert stack.end(stack.start(run="evening")) == why
    assert stack.end(stack.start(run="night", person=" "))[1] == "an order needs the name of a person"


def test_a_stack_that_is_shut_down_takes_no_other_mission(stack):
    note_supervised(stack.folder, {}, shuts_down=True)
    outcome, reason = stack.end(stack.start())
    assert (outcome, reason) == ("refused", "the stack is shut down: it takes no other mission")


@pytest.mark.parametrize(
    ("age_s", "reported"),
    [(16, "the order to fly is "), (-1_000_000, "is of the future"), (None, "has no time")],
)
def test_an_old_order_to_fly_or_one_without_a_time_begins_no_mission(stack, age_s, reported):
    stack.with_gate()
    signature = "" if age_s is None else f"{time.time_ns() - age_s * 10**9}:"
    outcome, reason = stack.end(stack.start(signature=signature))
    assert outcome == "refused" and reported in reason and stack.judged == []


def test_a_mission_whose_manager_stood_still_before_its_flight_is_not_flown(stack):
    answers = stack.with_slow_gate()
    future = stack.start()
    stack.until(lambda: answers)
    stack.manager.missions[""].stood_still(5.1)
    answers[0](Authorise.Response(granted=True))
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and "stood still for 5 s before" in reason and stack.drones["drone1"].flown == []


def test_a_manager_that_stood_still_reports_it_and_counts_no_node_as_lost(stack, monkeypatch):
    """Frozen for longer than any node may be silent: what they said meanwhile is still to be read."""
    monkeypatch.setattr(mission_manager, "STOOD_STILL_S", 1.0)
    stack.with_gate()
    stack.alive = EVERYBODY
    stack.until(lambda: not stack.manager.liveness.absent())
    future = stack.fly()
    time.sleep(1.2)
    stack.until(lambda: "stood still" in stack.manager.missions[""].flights.run.reason)
    stack.drones["drone1"].land("completed")
    outcome, reason = stack.end(future)
    assert outcome == "completed" and "the mission manager stood still for 1." in reason
    assert "fell silent" not in reason and stack.drones["drone1"].orders == []


def test_the_status_names_fleet_folder_drones_lost_nodes_and_the_share_seen(stack):
    stack.with_gate()
    stack.alive = EVERYBODY[1:]
    future = stack.fly(run="evening-1")

    def see() -> None:
        stack.report()
        for run, share in (("evening-1", 0.25), ("another", 0.5)):
            stack.coverage.publish(CoverageStatus(run=run, seen_fraction=share))

    stack.graph.spin_until(lambda: stack.mission("evening-1").seen_blind_fraction == 0.25, see)
    last = stack.statuses[-1]
    assert last.simulated and last.stack_dir == str(stack.folder) and last.fleet.endswith("crossroads.yaml")
    assert [drone.drone for drone in last.drones] == ["drone1", "drone2"]
    assert last.lost_nodes == ["/drone1/camera"]
    assert stack.mission("evening-1").elapsed_s > 0 and stack.mission("evening-1").phase == "flying"
    stack.drones["drone1"].land("completed")
    stack.end(future)


def test_the_latest_missions_that_ended_stay_in_the_status(stack, monkeypatch):
    stack.with_gate("no")
    for number in range(10):
        stack.end(stack.start(run=f"run-{number}"))
    stack.until(lambda: stack.statuses[-1].missions[0].run == "run-9")
    assert [mission.run for mission in stack.statuses[-1].missions] == [f"run-{n}" for n in range(9, 1, -1)]


def test_a_flight_that_is_given_up_in_the_air_is_brought_home_and_ends_no_better(stack, monkeypatch, capfd):
    monkeypatch.setattr(flights, "DOWN_WITHIN_S", 0.3)
    stack.with_gate()
    future = stack.fly()
    stack.drones["drone1"].land("failed", "silent for too long", autopilot="unknown")
    mission = stack.manager.missions[""]
    stack.until(lambda: mission.flights.take_overs)
    assert not future.done(), "nobody knows yet where the drone is"
    mission.flights.take_overs["drone1"].end("returned", "brought home by the ground station")
    outcome, reason = stack.end(future)
    assert (outcome, reason) == ("failed", "drone1: brought home by the ground station")
    assert "not known to be down" in capfd.readouterr().err
