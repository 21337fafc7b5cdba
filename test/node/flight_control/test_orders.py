"""Orders in flight: of named people, of the fleet, and what their reasons say."""

from __future__ import annotations

import pytest
import yaml
from blindspot_msgs.srv import ClearInspection, Order
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import Point

from blindspot.nodes.graph import qos
from blindspot.nodes.orders.flight_orders import ORDERS


def test_with_a_lease_the_drone_takes_off_and_an_abort_lands_it(world, plan):
    aborted, ladders = [], world.graph.hear(DiagnosticArray, "/drone1/facts/ladder", qos.SENSOR)

    def abort_in_the_air() -> None:
        world.play()
        if "takeoff" in world.phases and not aborted:
            aborted.append(world.give("abort"))

    outcome, reason, armed = world.fly(plan, abort_in_the_air)
    assert aborted[0].success
    assert (outcome, armed) == ("aborted", True) and reason == "ordered to land by A. Martin: a test"
    truth = world.simulator.faces[0].vehicle.truth
    assert truth.landed and not truth.armed
    assert {"battery low", "fence near", "lease lost"} <= {row.name for row in ladders[-1].status}


def test_an_order_without_a_flight_is_refused(world):
    for order in ORDERS:
        answer = world.give(order)
        assert not answer.success and answer.message == "no route is flown"


@pytest.mark.parametrize("order", ["", "land", "HOLD", "\x1b[2J" + "x" * 1000])
def test_an_unknown_order_is_refused(world, plan, order):
    world.send(plan)
    answer = world.give(order)
    assert not answer.success and "is no order: give one of hold, " in answer.message and "\x1b" not in answer.message
    assert len(answer.message) < 150


def test_who_holds_a_drone_and_why_is_published(world, plan):
    answers = {}

    def hold_in_the_air() -> None:
        world.play()
        if "en_route" in world.phases and "hold" not in answers:
            answers["hold"] = world.give("hold", "A. Martin ", "a crane\nmoves")
            answers["no name"] = world.give("resume", " ")
            answers["resume"] = world.give("resume", "B. Roy", "it is gone")

    outcome, reason, _ = world.fly(plan, hold_in_the_air)
    assert answers["hold"].success and answers["no name"].message == "the name of a person is needed"
    reasons = [status.reason for status in world.statuses]
    assert "held by A. Martin: a crane moves" in reasons
    if answers["resume"].success:  # the hold may have ended the short route in its take-off
        assert "resumed by B. Roy: it is gone" in reasons and (outcome, reason) == ("completed", "")


def test_an_order_of_the_mission_manager_itself_names_no_person(world, plan):
    given = []

    def call_home() -> None:
        world.play()
        if "takeoff" in world.phases and not given:
            given.append(world.give("return_home", "", "detector is lost"))

    outcome, reason, _ = world.fly(plan, call_home)
    assert (outcome, reason) == ("returned", "called home from the ground: detector is lost")


@pytest.fixture
def fleet(mission_path, tmp_path):
    """The crossroads' fleet, with two operators."""
    config = mission_path.parents[1]
    fleet = yaml.safe_load((config / "fleets" / "crossroads.yaml").read_text())
    fleet |= {"site": str(config / "sites" / "crossroads"), "operators": ["A. Martin", "B. Roy"]}
    (tmp_path / "drones").symlink_to(config / "drones")
    (tmp_path / "fleets").mkdir()
    file = tmp_path / "fleets" / "crossroads.yaml"
    file.write_text(yaml.safe_dump(fleet))
    return file


def test_only_an_operator_of_the_fleet_resumes_jumps_or_inspects(new_world, plan, fleet):
    world = new_world(fleet=fleet)
    world.send(plan)
    for order in ("resume", "jump", "inspect"):
        assert world.give(order, "C. Other").message == "C. Other is no operator of this fleet"
        assert "operator" not in world.give(order, "B. Roy").message
    assert world.give("abort", "C. Other").success, "any person may end a flight"


def test_a_pilot_s_signed_order_is_obeyed_once_and_by_its_drone_alone(new_world, plan, keyed_fleet, sign_as_pilot):
    """Without a valid signature nothing lets a drone fly on, whichever process sends the order."""
    world = new_world(fleet=keyed_fleet)
    world.order.person = "A. Martin"
    world.order.signature = sign_as_pilot(world.goal(plan))
    world.send(plan)
    for order in ("resume", "jump", "inspect"):
        assert "is not signed" in world.give(order, "A. Martin").message
        assert "no pilot" in world.give(order, "B. Roy").message
    of_other = Order.Request(order="resume", person="A. Martin", reason="a test", drones=["drone2"])
    asked = {"drones": ["drone2"], "reason": "a test", "signature": sign_as_pilot(of_other)}
    assert world.give("resume", "A. Martin", **asked).message == "it is no order to drone1"
    own = Order.Request(order="resume", person="A. Martin", reason="a test")
    asked = {"reason": "a test", "signature": sign_as_pilot(own)}
    assert "sign" not in world.give("resume", "A. Martin", **asked).message
    assert "has arrived before" in world.give("resume", "A. Martin", **asked).message
    assert world.give("abort", "C. Other").success


LOOK = {"position": Point(x=0.0, y=58.0, z=29.41), "heading_deg": 0.0, "pitch_deg": -90.0, "seconds": 3.0}


def order_on_the_route(world, plan, until) -> None:
    """Fly the route, order the inspection on it, and go on until a fact holds."""
    ordered = False

    def act() -> None:
        nonlocal ordered
        world.play()
        if "en_route" in world.phases and not ordered:
            answer = world.give("inspect", **LOOK)
            # The route may begin before the autopilot, at 1 Hz, reports the end of the take-off.
            assert answer.success or answer.message == "the drone is not in the air", answer.message
            ordered = answer.success

    world.send(plan)
    world.graph.spin_until(until, act)


def test_an_inspection_is_cleared_by_the_gate_and_flown_by_set_points(new_world, plan):
    """The peer plays the gate. Without set-points for 1 s of its time the autopilot goes home: time runs slower."""
    world = new_world(speed=8.0)
    cleared, stamps = [], []

    def clear(request, response):
        cleared.append(request)
        response.granted = True
        return response

    world.graph.peer.create_service(ClearInspection, "/blindspot/clear_inspection", clear)
    vehicle = world.simulator.faces[0].vehicle
    publish = vehicle.publish

    def note(topic, fields):
        stamps.append(vehicle.now_s)
        publish(topic, fields)

    vehicle.publish = note
    order_on_the_route(world, plan, lambda: any("inspected and back" in status.reason for status in world.statuses))
    assert [(one.drone, one.position.y, one.speed_mps) for one in cleared] == [("drone1", 58.0, 5.0)]
    assert "inspect" in world.phases
    assert any(status.reason.startswith("A. Martin inspects 0 m east, 58 m north: a test") for status in world.statuses)
    assert (len(stamps) - 1) / (stamps[-1] - stamps[0]) > 2.0, "what PX4 needs; 20 Hz where the machine keeps up"


def test_without_a_gate_nothing_is_inspected(world, plan):
    order_on_the_route(world, plan, lambda: any("no clearance" in status.reason for status in world.statuses))
    assert "inspect" not in world.phases


def test_an_inspection_that_is_no_place_is_refused(world, plan):
    world.send(plan)
    for changes in ({"pitch_deg": 20.0}, {"heading_deg": 400.0}, {"position": Point(x=float("nan"))}):
        answer = world.give("inspect", seconds=3.0, **changes)
        assert not answer.success and "should be" in answer.message
    refused = "then: 'land' follows no look: say resume, return, or nothing"
    assert world.give("inspect", **LOOK, then="land").message == refused
