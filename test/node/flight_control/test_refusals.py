"""Routes that are refused, and drones that are left alone: after a refusal it never arms."""

from __future__ import annotations

from math import isnan

import pytest
from blindspot_msgs.action import FlyRoute
from mavros_msgs.msg import State

from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message


def test_before_its_autopilot_is_heard_nothing_is_known_of_a_drone_and_then_where_it_stands(world):
    world.graph.spin_until(lambda: world.statuses)
    status = world.statuses[0]
    assert status.phase == "idle" and isnan(status.position.x) and isnan(status.velocity.x)
    assert isnan(status.battery_fraction) and status.autopilot == "unknown"
    world.graph.spin_until(lambda: world.statuses[-1].autopilot == "down" and not isnan(world.statuses[-1].position.z))
    assert world.statuses[-1].phase == "idle"


def test_a_flight_control_that_is_started_again_in_a_flight_is_idle_and_its_drone_is_up(world, plan):
    world.plan = plan.sha256
    world.graph.send_goal(FlyRoute, "/drone1/fly_route", world.goal(plan))
    world.graph.spin_until(lambda: "takeoff" in world.phases, world.play)
    world.statuses.clear()
    world.start_again()
    world.graph.spin_until(lambda: any(s.phase == "idle" and s.autopilot == "up" for s in world.statuses))
    assert not any(s.phase == "idle" and s.autopilot == "down" for s in world.statuses)


@pytest.mark.parametrize(("changes", "words"), [({"speed_mps": 25.0}, "25 m/s"), ({"dwell_s": 900.0}, "wait of 900 s")])
def test_a_route_beyond_the_drones_own_limits_is_refused_before_anything_is_set(world, plan, changes, words):
    """Although the plan is cleared: it has a lease here."""
    route = plan.routes[0]
    far = route.steps[0].model_copy(update=changes)
    changed = plan.model_copy(update={"routes": (route.model_copy(update={"steps": (far,)}),)})
    outcome, reason, armed = world.fly(changed, world.play)
    assert outcome == "refused" and words in reason and not armed
    assert not [what for what in world.asked if what.startswith(("mission/", "geofence/", "param/set", "set_mode"))]


def test_a_simulated_flight_control_neither_sets_nor_arms_an_autopilot_that_may_be_real(world, plan):
    vehicle = world.simulator.faces[0].vehicle
    call = vehicle.call

    def as_a_board(service, fields, answer):
        def of_a_board(response):
            for info in response["vehicles"]:
                info.update(uid=3978992816231498288, vendor_id=0x26AC, product_id=0x0011)
            answer(response)

        call(service, fields, of_a_board if service == "vehicle_info_get" else answer)

    vehicle.call = as_a_board
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and "simulation: the autopilot may be real" in reason and not armed
    assert not [what for what in world.asked if "push" in what or what.startswith("param/set")]


def test_a_plan_that_does_not_match_its_hash_is_refused(world, plan):
    message = plan_message(plan)
    message.sha256 = "0" * 64
    outcome, reason, armed = world.fly(message)
    assert outcome == "refused" and "hash" in reason and not armed


def test_an_invalid_plan_is_refused(world, plan):
    message = plan_message(plan)
    message.json = "[]"
    outcome, _, armed = world.fly(message)
    assert outcome == "refused" and not armed


def test_a_plan_about_another_origin_is_refused(world, plan):
    moved = plan.model_copy(update={"origin": plan.origin.model_copy(update={"lat_deg": 47.001})})
    outcome, reason, armed = world.fly(moved)
    assert outcome == "refused" and "origin" in reason and not armed


def test_a_plan_without_a_route_for_this_drone_is_refused(world, plan):
    other = plan.routes[0].model_copy(update={"drone": "drone2"})
    outcome, reason, armed = world.fly(plan.model_copy(update={"routes": (other,)}))
    assert outcome == "refused" and "drone1" in reason and not armed


def test_a_second_route_is_rejected_while_one_is_flown(world, plan):
    goal = world.goal(plan)
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted
    assert not world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted


def test_after_a_refused_arming_hold_is_asked_for_until_it_shows(world, plan):
    """Else whoever arms the drone next flies our mission, which nobody watches any more."""
    vehicle, states = world.simulator.faces[0].vehicle, world.graph.hear(State, "/drone1/mavros/state", qos.STATE)
    call, refused = vehicle.call, []

    def refuse_once(service, fields, answer):
        if service == "cmd/arming":
            answer({"success": False, "result": 1})
        elif fields.get("custom_mode") == "AUTO.LOITER" and not refused:
            refused.append(service)
            answer({"mode_sent": False})
        else:
            call(service, fields, answer)

    vehicle.call = refuse_once
    outcome, _, _ = world.fly(plan, world.play)
    assert outcome == "refused"
    world.graph.spin_until(lambda: refused and states[-1].mode == "AUTO.LOITER")


def test_a_flight_that_is_over_can_not_be_taken_over_and_nothing_is_armed(world, plan):
    result = world.graph.run_goal(FlyRoute, "/drone1/fly_route", world.goal(plan, reattach="en_route"))
    assert result.outcome == "aborted" and "had landed" in result.reason
    assert world.asked == []


def test_a_plan_that_was_flown_takes_off_in_no_second_flight_of_its_run(world, plan):
    assert world.fly(plan, world.play)[0] == "completed"
    world.asked.clear()
    outcome, reason, armed = world.fly(plan, world.play)
    assert (outcome, armed) == ("refused", False) and "was flown in this run" in reason
    world.order.run = "night"
    assert world.fly(plan, world.play)[0] == "completed"


def test_with_keys_only_a_signed_mission_takes_off(new_world, plan, keyed_fleet, sign_as_pilot):
    world = new_world(fleet=keyed_fleet)
    world.order.person = "A. Martin"
    outcome, reason, armed = world.fly(plan, world.play)
    assert (outcome, armed) == ("refused", False) and "is not signed" in reason
    world.order.signature = sign_as_pilot(world.goal(plan.model_copy(update={"id": "another"})))
    outcome, reason, armed = world.fly(plan, world.play)
    assert (outcome, armed) == ("refused", False) and "names another plan" in reason
    world.order.plans = [plan.sha256]
    outcome, reason, armed = world.fly(plan, world.play)
    assert (outcome, armed) == ("refused", False) and "is not signed with the key" in reason
    world.order.signature = sign_as_pilot(world.goal(plan))
    assert world.fly(plan, world.play)[0] == "completed"


def test_with_keys_a_mission_that_was_ordered_before_this_process_began_takes_off_no_more(
    new_world, plan, keyed_fleet, sign_as_pilot
):
    """The process before may have flown it: which plans it flew is known to it alone, and any process can repeat the
    goal."""
    world = new_world(fleet=keyed_fleet)
    world.order.person = "A. Martin"
    world.order.signature = sign_as_pilot(world.goal(plan))
    world.start_again()
    outcome, reason, armed = world.fly(plan, world.play)
    assert (outcome, armed) == ("refused", False) and "before this node started" in reason
