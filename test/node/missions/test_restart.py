"""A manager that is started again continues its missions."""

from __future__ import annotations

import json

import pytest
from blindspot_msgs.srv import Authorise

from blindspot.flight.control import take_over
from blindspot.mission.plan_figures import Sortie
from blindspot.nodes.missions import flights, restart


def test_a_restarted_manager_continues_a_mission_that_its_drone_still_flies(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.restart_manager()
    stack.until(lambda: stack.mission("evening-1").phase == "flying")
    assert "the mission manager was restarted" in stack.mission("evening-1").reason
    drone = stack.drones["drone1"]
    assert len(drone.flown) == 1 and drone.orders == [], "its flight_control flies on"
    assert stack.order("hold").success
    stack.until(lambda: drone.ordered == ["hold"])
    drone.land("completed")
    stack.until(lambda: stack.mission("evening-1").phase == "done")
    ended = stack.mission("evening-1")
    assert ended.outcome == "completed" and ended.person == "A. Tester"
    stack.until(lambda: stack.given_back)
    assert stack.given_back[-1].requester == stack.judged[0].requester, "the gate takes it from no other"
    stack.until(lambda: json.loads((stack.folder / "missions.json").read_text())["missions"] == [])


def test_a_drone_stays_busy_over_a_restart(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.restart_manager()
    outcome, reason = stack.end(stack.start(run="evening-2"))
    assert outcome == "refused" and "drone1 flies mission Crossroads (run evening-1)" in reason


def test_a_flight_that_ended_meanwhile_ends_its_mission(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.drones["drone1"].land("returned", "battery low")
    stack.restart_manager()
    stack.until(lambda: stack.mission("evening-1").outcome == "returned")
    assert "the mission manager was restarted" in stack.mission("evening-1").reason


def test_a_flight_control_that_was_lost_too_is_asked_to_take_its_flight_over(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    drone = stack.drones["drone1"]
    drone.restart()
    stack.restart_manager()
    stack.until(lambda: len(drone.flown) == 2)
    assert drone.flown[1].reattach == "en_route", "the last phase is kept over the restart"
    drone.phase, drone.run = "en_route", "evening-1"
    stack.until(lambda: stack.manager.drones.statuses["drone1"].phase == "en_route")
    drone.land("completed")
    stack.until(lambda: stack.mission("evening-1").outcome == "completed")


def test_a_drone_that_is_not_heard_after_a_restart_is_brought_home_by_the_ground_station(stack, monkeypatch):
    monkeypatch.setattr(flights, "HEARD_WITHIN_S", 0.5)
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.drones["drone1"].restart(phase="failed")
    stack.drones["drone1"].report()
    stack.drones["drone1"].is_silent = True
    stack.graph.peer.destroy_publisher(stack.drones["drone1"].status)
    stack.restart_manager()
    mission = stack.manager.missions["evening-1"]
    stack.until(lambda: mission.flights is not None and mission.flights.take_overs)
    assert mission.flights.take_overs["drone1"].ours == {"AUTO.MISSION"}, "no take-over came before"


def test_the_time_of_a_take_over_counts_from_its_start_after_a_restart(stack, monkeypatch):
    monkeypatch.setattr(take_over, "COUNTED_S", 0.1)
    monkeypatch.setattr(flights, "HEARD_WITHIN_S", 0.5)
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.drones["drone1"].restart(phase="failed")
    stack.drones["drone1"].report()
    stack.drones["drone1"].is_silent = True
    stack.graph.peer.destroy_publisher(stack.drones["drone1"].status)
    stack.flights("evening-1").run.node_lost("/drone1/flight_control", "fell silent")
    memory = stack.manager.memory
    stack.until(lambda: memory.kept.missions and memory.kept.missions[0].take_overs)
    since_s = memory.kept.missions[0].take_overs["drone1"]
    stack.restart_manager()
    assert stack.manager.memory.kept.missions[0].take_overs == {"drone1": since_s}
    mission = stack.manager.missions["evening-1"]
    stack.until(lambda: mission.flights is not None and mission.flights.lost_since_s)
    assert mission.kept().take_overs == {"drone1": since_s}, "a second restart must not lose it"
    stack.until(lambda: mission.flights.take_overs)
    assert mission.flights.take_overs["drone1"].since_s == pytest.approx(since_s, abs=0.5), "a second passed meanwhile"


def test_a_flight_whose_route_was_never_sent_ends_on_the_ground(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.drones["drone1"].restart()
    stack.drones["drone1"].autopilot = "down"
    stack.restart_manager()
    stack.until(lambda: stack.mission("evening-1").outcome == "aborted")
    assert "on the ground" in stack.mission("evening-1").reason


def test_a_mission_that_was_being_cleared_is_not_flown_and_its_clearance_is_given_back(stack):
    answers = stack.with_slow_gate()
    stack.start(run="evening-1")
    stack.until(lambda: answers)
    stack.restart_manager()
    answers[0](Authorise.Response(granted=True))
    stack.until(lambda: stack.mission("evening-1").outcome == "aborted")
    stack.until(lambda: {back.plan for back in stack.given_back} == {stack.plan.sha256})
    assert stack.drones["drone1"].flown == []


def test_a_clearance_that_was_not_taken_back_is_given_back_after_a_restart(stack):
    stack.with_gate()
    stack.takes_back = False
    future = stack.fly()
    stack.drones["drone1"].land("completed")
    stack.end(future)
    stack.until(lambda: stack.manager.memory.kept.give_back)
    stack.restart_manager()
    stack.given_back.clear()
    stack.takes_back = True
    stack.until(lambda: stack.given_back and not stack.manager.clearances.owed)
    assert stack.given_back[0].requester == stack.judged[0].requester


def test_an_order_that_was_not_obeyed_yet_is_repeated_after_a_restart(stack):
    stack.with_gate()
    stack.fly()
    drone = stack.drones["drone1"]
    drone.refuses = True
    assert stack.order("return_home").success
    stack.until(lambda: drone.orders)
    stack.until(lambda: stack.manager.memory.kept.missions[0].owed)
    stack.restart_manager()
    drone.orders.clear()
    stack.until(lambda: "return_home" in drone.ordered)


@pytest.mark.parametrize("order", ["hold", "return_home", "abort"])
def test_the_first_message_to_a_restarted_manager_may_be_an_order(stack, order):
    stack.with_gate()
    stack.fly(run="evening-1")
    stack.restart_manager()
    mission = stack.manager.missions["evening-1"]
    assert mission.in_progress.flying == ("drone1",)
    assert mission.ask(order, f"A. Martin ordered {order}", "A. Martin", ["drone1"]) == ""
    stack.until(lambda: order in stack.drones["drone1"].ordered)


def test_a_drone_that_a_person_held_stays_held(stack):
    stack.with_gate()
    stack.fly(stack.both)
    assert stack.order("hold", "drone1").success
    stack.until(lambda: stack.manager.memory.kept.missions[0].run.held == ("drone1",))
    stack.restart_manager()
    stack.until(lambda: stack.mission().phase == "flying")
    assert stack.order("hold", "drone2").success
    stack.until_phase("holding")


def test_after_an_order_to_come_home_no_sortie_follows_a_restart(stack):
    stack.with_gate()
    first = stack.plan.model_copy(update={"sortie": Sortie(number=1, of=2, begins_s=0.0, flown_s=0.0)})
    stack.fly(first)
    assert stack.order("return_home").success
    stack.until(lambda: stack.manager.memory.kept.missions[0].ended_by)
    stack.restart_manager()
    stack.drones["drone1"].land("completed")
    stack.until(lambda: stack.mission().phase == "done")
    assert stack.mission().outcome == "aborted" and "A. Martin ordered return home" in stack.mission().reason


def test_two_restarts_in_a_row_lose_nothing(stack):
    stack.with_gate()
    stack.fly(run="evening-1")
    for _ in range(2):
        stack.restart_manager()
        stack.until_phase("flying", "evening-1")
    stack.drones["drone1"].land("completed")
    stack.until(lambda: stack.mission("evening-1").outcome == "completed")


def test_a_mission_that_a_full_disk_did_not_keep_is_kept_once_there_is_room(stack, monkeypatch):
    """Else a manager that dies minutes later knows no mission, and takes no order for its drones."""

    def full(*_):
        raise OSError(28, "No space left on device")

    stack.with_gate()
    with monkeypatch.context() as disk:
        disk.setattr(restart, "keep", full)
        stack.fly(run="evening-1")
        stack.until_phase("flying", "evening-1")
        rounds = iter(range(20))
        stack.until(lambda: next(rounds, None) is None)
    stack.until(lambda: (stack.folder / "missions.json").exists())
    [kept] = json.loads((stack.folder / "missions.json").read_text())["missions"]
    assert (kept["order"]["run"], kept["stage"]) == ("evening-1", "flying")


@pytest.mark.parametrize("text", ["", "{", '{"missions": 5}', '{"missions": [{"order": {}}]}', "\x00" * 50])
def test_an_unreadable_file_starts_an_empty_manager(bare, text):
    (bare.folder / "missions.json").write_text(text)
    bare.with_manager()
    assert bare.manager.missions == {}
    bare.with_gate()
    future = bare.fly()
    bare.drones["drone1"].land("completed")
    assert bare.end(future)[0] == "completed"
    [kept] = bare.folder.glob("missions.json.unreadable-*")
    assert kept.read_text() == text, "it is the only trace of the flights in progress"


def test_an_unreadable_file_that_can_not_be_set_aside_is_not_replaced(bare, monkeypatch):
    def refuses(*_):
        raise OSError(30, "Read-only file system")

    (bare.folder / "missions.json").write_text("{")
    bare.with_gate()
    with monkeypatch.context() as disk:
        disk.setattr(restart, "set_aside", refuses)
        bare.with_manager()
        bare.fly(run="evening-1")
        bare.until_phase("flying", "evening-1")
        assert (bare.folder / "missions.json").read_text() == "{"
    bare.until(lambda: list(bare.folder.glob("missions.json.unreadable-*")))
    bare.until(lambda: (bare.folder / "missions.json").exists())
    [kept] = json.loads((bare.folder / "missions.json").read_text())["missions"]
    assert kept["order"]["run"] == "evening-1"
