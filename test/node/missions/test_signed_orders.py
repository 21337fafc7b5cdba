"""A fleet file with keys: a process that forges or repeats a pilot's order to fly moves nothing."""

import fcntl

import pytest
from blindspot_msgs.srv import Order

from blindspot.evidence.journals import journal


@pytest.fixture
def stack(bare, keyed_fleet):
    bare.fleet_file = keyed_fleet
    bare.with_manager()
    bare.with_gate()
    return bare


@pytest.fixture
def fly(stack, sign_as_pilot):
    """Fly as A. Martin; the goal, and the future of its result."""

    def flown(run=""):
        goal = stack.goal(person="A. Martin", run=run)
        signature = sign_as_pilot(goal)
        return stack.fly(person="A. Martin", run=run, signature=signature), signature

    return flown


def give(stack, sign, order, **fields):
    request = Order.Request(order=order, person="A. Martin", reason="a reason", **fields)
    request.signature = sign(request)
    return request, stack.graph.ask(Order, "order", request, stack.report)


def test_a_forged_order_to_fly_is_refused(stack):
    for words, why in (
        ({"person": "A. Martin"}, "is not signed"),
        ({"person": "A. Martin", "signature": "1:" + "A" * 86 + "=="}, "not signed with the key of A. Martin"),
        ({"person": "B. Roy"}, "is observer and no pilot"),
    ):
        outcome, reason = stack.end(stack.start(**words))
        assert outcome == "refused" and why in reason
    assert stack.judged == [] and stack.journal("mission") == []


def test_a_signed_order_flies_once(stack, fly):
    future, signature = fly()
    assert [entry["signature"] for entry in stack.journal("mission")] == [signature]
    assert [request.mission.signature for request in stack.judged] == [signature]
    stack.drones["drone1"].land("completed")
    assert stack.end(future)[0] == "completed"
    outcome, reason = stack.end(stack.start(person="A. Martin", signature=signature))
    assert outcome == "refused" and "has arrived before" in reason


def test_a_drone_that_holds_is_resumed_by_a_signed_order_alone(stack, fly, sign_as_pilot):
    future, _ = fly()
    assert stack.order("hold", person="B. Roy").success, "anybody named may stop a drone"
    stack.until_phase("holding")
    for person, why in (("A. Martin", "is not signed"), ("B. Roy", "no pilot")):
        assert why in stack.order("resume", person=person).message
    request, answer = give(stack, sign_as_pilot, "resume")
    assert answer.success
    stack.until_phase("flying")
    [passed_on] = [each for each in stack.drones["drone1"].orders if each.order == "resume"]
    assert (passed_on.signature, list(passed_on.drones)) == (request.signature, [])
    assert "has arrived before" in stack.graph.ask(Order, "order", request, stack.report).message
    stack.until(lambda: len(stack.journal("order")) == 2)
    signed = {entry["order"]: entry["signature"] for entry in stack.journal("order")}
    assert signed == {"hold": "", "resume": request.signature}
    stack.drones["drone1"].land("completed")
    stack.end(future)


def test_a_stop_that_reaches_no_drone_waits_for_no_disk_and_an_unknown_order_is_none(stack, monkeypatch):
    monkeypatch.setattr(journal, "LOCK_S", 100.0)
    assert "is no order" in stack.order("dance" * 9).message
    with (stack.folder / "journal.jsonl").open("a") as disk:
        fcntl.flock(disk, fcntl.LOCK_EX)
        assert stack.order("hold", person="B. Roy").message == "no drone flies a mission"
    stack.until(lambda: stack.journal("order"))
    assert [entry["order"] for entry in stack.journal("order")] == ["hold"]
