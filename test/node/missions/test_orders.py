"""Orders of people: to all drones, to one, to a mission on the ground; refused without person, reason or journal."""

from __future__ import annotations

import fcntl
import json
import time

import pytest
from blindspot_msgs.srv import Authorise
from geometry_msgs.msg import Point as PointMessage
from rclpy.task import Future

from blindspot.evidence import verify_journal
from blindspot.evidence.journals import journal
from blindspot.nodes.missions import answers, entries


def test_without_a_mission_there_is_nobody_to_order(stack):
    answer = stack.order("hold")
    assert not answer.success and answer.message == "no drone flies a mission"


@pytest.mark.parametrize(
    ("changes", "reported"), [({"person": " "}, "name of a person"), ({"reason": ""}, "needs a reason")]
)
def test_an_order_needs_a_person_and_a_reason(stack, changes, reported):
    stack.with_gate()
    stack.fly()
    for order in ("hold", "resume", "return_home", "abort", "jump", "inspect", "swapped"):
        answer = stack.order(order, "drone1", **changes)
        assert not answer.success and reported in answer.message
    assert stack.drones["drone1"].orders == [] and stack.journal("order") == []


def test_orders_reach_every_drone_that_is_out_with_person_and_reason(stack, capfd):
    stack.with_gate()
    future, drone = stack.fly(), stack.drones["drone1"]
    for order in ("hold", "resume", "return_home", "abort"):
        answer = stack.order(order, reason="the wind rises")
        assert answer.success and answer.message == f"{order} is sent to drone1"
    stack.until(lambda: len(drone.orders) == 4)
    assert drone.ordered == ["hold", "resume", "return_home", "abort"]
    assert {(order.person, order.reason) for order in drone.orders} == {("A. Martin", "the wind rises")}
    stack.until(lambda: len(stack.journal("order")) == 4)
    written = [(entry["order"], entry["drones"], entry["person"]) for entry in stack.journal("order")]
    assert written[0] == ("hold", ["drone1"], "A. Martin") and len(written) == 4
    drone.land("aborted", "landed where it was")
    outcome, reason = stack.end(future)
    assert (outcome, reason) == ("aborted", "drone1: landed where it was"), "one reason of five orders"
    logged = capfd.readouterr().err
    assert all(f"A. Martin ordered {order}: the wind rises" in logged for order in ("hold", "return home", "abort"))


def test_an_order_that_its_command_has_given_up_lets_no_drone_fly_on_and_a_stop_still_counts(stack):
    """The manager stood still meanwhile; the person acts on the command's words, and goes near a drone, say."""
    stack.with_gate()
    stack.fly()
    old = f"{time.time_ns() - 16 * 10**9}:"
    for order in ("resume", "jump", "inspect", "swapped"):
        answer = stack.order(order, "drone1", signature=old)
        assert not answer.success and answer.message.startswith(f"the order to {order} is 1")
    assert stack.order("hold", "drone1", signature=old).success
    stack.until(lambda: stack.drones["drone1"].ordered == ["hold"])


def test_the_reason_of_a_mission_names_an_order_that_a_drone_refuses(stack):
    stack.with_gate()
    stack.fly()
    stack.drones["drone1"].refuses = True
    assert stack.order("hold").success
    stack.until(lambda: "drone1 did not take hold: it refuses" in stack.mission().reason)


def test_a_resume_is_answered_by_the_drones(stack):
    """The command waited for a minute for a state that no drone would show."""
    stack.with_gate()
    stack.fly(stack.both)
    stack.drones["drone1"].refuses = True
    answer = stack.order("resume")
    assert not answer.success and answer.message == "resume is sent to drone2; drone1: it refuses"
    stack.until(lambda: "drone1 did not take resume: it refuses" in stack.mission().reason)


def test_a_resume_without_an_answer_is_no_success(stack, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_LIMIT_S", 0.5)
    stack.with_gate()
    stack.fly()
    monkeypatch.setattr(stack.manager.drones, "order", lambda drone, request: Future())
    assert stack.order("resume").message == "drone1 gave no answer: look at it"


def test_a_hold_of_one_drone_holds_that_one_only(stack):
    stack.with_gate()
    stack.fly(stack.both)
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    assert stack.order("hold", "drone1").message == "hold is sent to drone1"
    stack.until(lambda: one.ordered == ["hold"])
    assert stack.mission().phase == "flying" and two.orders == []
    assert stack.order("hold", "drone2").success
    stack.until_phase("holding")
    assert stack.order("resume", "drone1").success
    stack.until_phase("flying")
    assert one.ordered == ["hold", "resume"] and two.ordered == ["hold"]


def test_a_drone_that_is_called_home_leaves_the_plan_and_the_other_gets_the_rest(stack):
    stack.with_gate()
    future = stack.fly(stack.both)
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    answer = stack.order("return_home", "drone1")
    assert answer.success
    assert answer.message.endswith("; note: drone2 stops for a plan of the rest, and comes home if there is none")
    stack.until(lambda: one.ordered == ["return_home"] and "stand_by" in two.ordered)
    one.land("returned")
    stack.until(lambda: stack.situations)
    stack.until(lambda: "return_home" in two.ordered)
    two.land("returned")
    assert stack.end(future)[0] == "returned"


def test_a_named_drone_that_does_not_fly_makes_no_silent_success(stack):
    stack.with_gate()
    stack.fly()
    answer = stack.order("hold", "drone1", "drone2", "drone9")
    assert not answer.success
    assert answer.message == "hold is sent to drone1; drone2 flies no mission; the fleet has no drone 'drone9'"
    assert not stack.order("hover", "drone1").success


@pytest.mark.parametrize("order", ["jump", "inspect"])
def test_a_jump_or_an_inspection_is_forwarded_to_exactly_one_drone_with_its_answer(stack, order):
    stack.with_gate()
    stack.fly(stack.both)
    one, two = stack.drones["drone1"], stack.drones["drone2"]
    for names in ((), ("drone1", "drone2")):
        answer = stack.order(order, *names)
        assert not answer.success and "the name of one drone" in answer.message
    assert stack.order(order, "drone2", step=3, position=PointMessage(x=1.0), seconds=5.0).success
    [sent] = two.orders
    assert (sent.order, sent.step, sent.position.x, sent.seconds, sent.person) == (order, 3, 1.0, 5.0, "A. Martin")
    two.refuses = True
    answer = stack.order(order, "drone2")
    assert not answer.success and answer.message == "it refuses" and one.orders == []
    stack.until(lambda: len(stack.journal("order")) == 2)


def test_without_a_journal_only_stops_are_carried_out(stack):
    stack.with_gate()
    stack.fly()
    drone = stack.drones["drone1"]
    (stack.folder / "journal.jsonl").unlink()
    (stack.folder / "journal.jsonl").mkdir()
    for order in ("resume", "jump", "inspect"):
        answer = stack.order(order, "drone1")
        assert not answer.success and "journal" in answer.message
    assert drone.orders == []
    for order in ("hold", "return_home", "abort"):
        assert stack.order(order).success
    stack.until(lambda: drone.ordered == ["hold", "return_home", "abort"])


def test_a_stop_waits_for_no_disk_and_every_other_order_does(stack, monkeypatch):
    monkeypatch.setattr(journal, "LOCK_S", 100.0)
    stack.with_gate()
    handle = stack.send(run="a")
    stack.until(lambda: stack.flights("a").last_phases)
    drone = stack.drones["drone1"]
    with (stack.folder / "journal.jsonl").open("a") as disk:
        fcntl.flock(disk, fcntl.LOCK_EX)
        for given in ("hold", "return_home", "abort"):
            assert stack.order(given).success
        stack.graph.spin_until(handle.cancel_goal_async().done)
        stack.until(lambda: len(drone.orders) == 4)
        assert stack.journal("order") == []
    stack.until(lambda: len(stack.journal("order")) == 4)
    assert [entry["order"] for entry in stack.journal("order")] == drone.ordered
    acts: list[str] = []
    write, call = stack.manager.journal.write, stack.manager.drones.order
    monkeypatch.setattr(stack.manager.journal, "write", lambda act, **facts: (acts.append(act), write(act, **facts)))
    monkeypatch.setattr(
        stack.manager.drones, "order", lambda drone, request: (acts.append(request.order), call(drone, request))[1]
    )
    drone.phase = "hold"
    stack.until(lambda: stack.manager.drones.statuses["drone1"].phase == "hold")
    assert stack.order("resume").success
    assert [act for act in acts if act in ("order", "resume")][:2] == ["order", "resume"]


def test_stops_that_a_full_disk_refuses_are_written_later_in_their_order(stack, monkeypatch):
    monkeypatch.setattr(entries, "AGAIN_S", 0.2)
    stack.with_gate()
    future, path, drone = stack.fly(run="a"), stack.folder / "journal.jsonl", stack.drones["drone1"]
    path.rename(kept := path.with_name("kept.jsonl"))
    path.mkdir()
    for order in ("hold", "return_home"):
        assert stack.order(order).success
    stack.until(lambda: drone.ordered == ["hold", "return_home"])
    drone.land("returned")
    assert stack.end(future)[0] == "returned"
    path.rmdir()
    kept.rename(path)
    stack.until(lambda: not stack.manager.entries.owed)
    late = [json.loads(line) for line in path.read_text().splitlines()][-3:]
    assert [entry["facts"].get("order", entry["act"]) for entry in late] == ["hold", "return_home", "mission_ended"]
    assert all(entry["facts"]["happened_at"] < entry["at"] for entry in late)
    assert verify_journal(path).is_whole


def test_a_cancelled_mission_brings_the_drones_home(stack):
    stack.with_gate()
    handle = stack.send()
    future, drone = handle.get_result_async(), stack.drones["drone1"]
    stack.until(lambda: drone.flown)
    handle.cancel_goal_async()
    stack.until(lambda: drone.orders)
    assert drone.ordered == ["return_home"]
    drone.land("returned")
    outcome, reason = stack.end(future)
    assert outcome == "returned" and "cancelled" in reason


@pytest.fixture
def judging(stack):
    """A mission that is being authorised: its handle, and the answer that is not given yet."""
    answers = stack.with_slow_gate()
    handle = stack.send()
    stack.until(lambda: answers)
    return handle, answers[0]


def test_a_mission_cancelled_while_it_is_authorised_is_not_flown(stack, judging):
    handle, answer = judging
    future = handle.get_result_async()
    stack.graph.spin_until(handle.cancel_goal_async().done)
    answer(Authorise.Response(granted=True))
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and "cancelled" in reason and stack.drones["drone1"].flown == []


@pytest.mark.parametrize("order", ["return_home", "abort"])
@pytest.mark.parametrize("names", [(), ("drone1",)])
def test_a_mission_called_off_while_it_is_authorised_is_not_flown(stack, judging, order, names):
    handle, answer = judging
    future = handle.get_result_async()
    assert not stack.order("hold", *names).success
    assert stack.order(order, *names).success
    answer(Authorise.Response(granted=True))
    outcome, reason = stack.end(future)
    assert outcome == "aborted" and order.replace("_", " ") in reason and stack.drones["drone1"].flown == []
    stack.until(lambda: {back.plan for back in stack.given_back} == {stack.plan.sha256})


def in_the_air_without_a_mission(stack):
    """drone1 flies, and the manager does not know its mission: its file was lost with the former process, say."""
    drone = stack.drones["drone1"]
    drone.phase, drone.autopilot, drone.run = "en_route", "up", "evening-1"
    stack.until(lambda: "drone1" in stack.manager.drones.statuses)
    stack.until(lambda: stack.manager.drones.can_be_ordered("drone1"))
    return drone


@pytest.mark.parametrize("names", [(), ("drone1",)])
def test_a_stop_reaches_a_drone_in_the_air_whose_mission_is_unknown(stack, names):
    drone = in_the_air_without_a_mission(stack)
    for order in ("hold", "return_home", "abort"):
        answer = stack.order(order, *names, reason="the wind rises")
        assert answer.success and answer.message == f"{order} is sent to drone1"
    assert [(order.order, order.person, order.reason) for order in drone.orders] == [
        (order, "A. Martin", "the wind rises") for order in ("hold", "return_home", "abort")
    ]
    stack.until(lambda: len(stack.journal("order")) == 3)
    assert {(entry["run"], *entry["drones"]) for entry in stack.journal("order")} == {("", "drone1")}
    for order in ("resume", "jump"):
        answer = stack.order(order, "drone1")
        assert not answer.success and answer.message == "drone1 flies no mission"


def test_a_stop_of_all_reaches_the_drones_with_and_without_a_mission(stack):
    stack.with_gate()
    stray = in_the_air_without_a_mission(stack)
    stack.fly(stack.plan2, run="evening-2")
    assert stack.order("hold").message == "hold is sent to drone2, drone1"
    assert stray.ordered == ["hold"] and stack.drones["drone2"].ordered == ["hold"]
    stray.refuses = True
    answer = stack.order("hold", "drone1", "drone2")
    assert not answer.success and answer.message == "hold is sent to drone2; drone1: it refuses"


def test_a_stop_of_a_drone_that_gives_no_answer_is_no_success(stack, monkeypatch):
    monkeypatch.setattr(answers, "ANSWER_LIMIT_S", 0.5)
    in_the_air_without_a_mission(stack)
    monkeypatch.setattr(stack.manager.drones, "order", lambda drone, request: Future())
    answer = stack.order("hold", "drone1")
    assert not answer.success and answer.message == "drone1 gave no answer: look at it"
