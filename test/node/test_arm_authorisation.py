"""The embedded autopilot asks before it arms, and only the authority can answer yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from blindspot_msgs.msg import Clearance
from blindspot_msgs.srv import Authorise, GiveBack
from geometry_msgs.msg import PoseWithCovarianceStamped
from mavros_msgs.msg import State
from mavros_msgs.srv import CommandBool, ParamSetV2
from test.node.conftest import order_of

from blindspot.camera.projection import CameraPose
from blindspot.law.clearances import lapse
from blindspot.law.signatures.authorisation import slot_end
from blindspot.nodes.authority import Authority
from blindspot.nodes.cameras.camera_pose import pose_message
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import plan_message
from blindspot_sim.nodes.simulator import Simulator


@pytest.fixture
def plan(sound_plan):
    return sound_plan


@pytest.fixture
def authority(graph, mission_path, tmp_path):
    """An authority whose checker passes each plan: `test_plan_judge` tries that."""
    node = graph.start(Authority, fleet=str(mission_path), simulated=True, run_dir=str(tmp_path),
                       lease_key=str(graph.leasing.private))  # fmt: skip
    node.checker.ask = lambda question: question.answer("")
    return node


@pytest.fixture
def asked(mission_path, plan):
    return Authorise.Request(mission=order_of(mission_path), plan=plan_message(plan), requester="tester")


@pytest.fixture
def simulator(graph, mission_path):
    return graph.start(Simulator, "/", fleet=str(mission_path), speed_factor=20.0, run_dir="")


@pytest.fixture
def states(graph, simulator):
    """States of drone1's autopilot, once it is ready and asks before every arming."""
    heard = graph.hear(State, "/drone1/mavros/state", qos.STATE)
    for name, value in {"COM_ARM_AUTH_REQ": 1, "COM_ARM_AUTH_ID": 1}.items():
        request = ParamSetV2.Request(param_id=name)
        request.value.type, request.value.integer_value = 2, value
        assert graph.ask(ParamSetV2, "/drone1/mavros/param/set", request).success
    graph.spin_until(lambda: heard and heard[-1].connected and simulator.sim_s > 5.0)
    return heard


def arm(graph) -> bool:
    return graph.ask(CommandBool, "/drone1/mavros/cmd/arming", CommandBool.Request(value=True)).success


def authority_is_found(graph) -> None:
    graph.spin_until(lambda: graph.peer.count_subscribers("/uas1/mavlink_source") == 1)
    graph.spin_until(lambda: graph.peer.count_publishers("/uas1/mavlink_sink") == 1)


def test_with_a_lease_it_may_arm(graph, authority, plan, states, asked):
    assert graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    assert arm(graph)
    graph.spin_until(lambda: states[-1].armed)


def test_without_a_cleared_plan_it_is_refused(graph, authority, states):
    warnings: list[str] = []
    authority.get_logger = lambda: type("Log", (), {"warning": staticmethod(warnings.append)})
    authority_is_found(graph)
    assert not arm(graph)
    for _ in range(3):
        assert not arm(graph)
    assert warnings == ["drone1 may not arm: AUT-01 no plan is cleared"], "once: PX4 1.15 asks all day"
    assert not any(state.armed for state in states)


def test_a_clearance_that_was_given_back_arms_no_drone(graph, authority, plan, states, asked):
    assert graph.ask(Authorise, "authorise", asked).granted
    assert graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="tester")).success
    authority_is_found(graph)
    assert not arm(graph)
    assert not any(state.armed for state in states)


def test_a_drone_that_breaks_a_rule_has_no_lease_and_may_not_arm_by_any_other_way(
    graph, authority, plan, states, asked
):
    assert graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    poses = graph.peer.create_publisher(PoseWithCovarianceStamped, "/drone1/camera/pose", qos.EVENTS)
    graph.spin_until(lambda: poses.get_subscription_count() > 0)
    to = plan.route_of("drone1").steps[0].to
    too_high = CameraPose(0.0, to.east_m, to.north_m, 140.0, 0.0, -90.0)
    poses.publish(pose_message(too_high))
    graph.spin_until(lambda: "drone1" in authority.withheld)
    assert not arm(graph)
    assert not any(state.armed for state in states)
    poses.publish(pose_message(replace(too_high, up_m=to.up_m)))
    graph.spin_until(lambda: not authority.withheld)
    assert arm(graph)


def test_a_drone_that_has_flown_is_neither_leased_nor_armed_again_while_the_other_one_is(
    graph, authority, plan, states, asked, monkeypatch
):
    monkeypatch.setattr(lapse, "LANDED_S", 0.1)
    assert graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    [clearance] = authority.clearances.now
    assert arm(graph)
    # On a busy machine, the autopilot may have disarmed itself before the authority looks.
    graph.spin_until(lambda: "drone1" in clearance.lapse.flown, lambda: states[-1].armed or arm(graph))
    assert graph.ask(CommandBool, "/drone1/mavros/cmd/arming", CommandBool.Request(value=False)).success
    graph.spin_until(lambda: "drone1" in clearance.lapse.landed)
    one, two = (graph.hear(Clearance, f"/{name}/clearance", qos.LEASE) for name in ("drone1", "drone2"))
    graph.spin_until(lambda: len(two) > 2)
    assert not one and all(lease.granted for lease in two)
    assert not arm(graph)
    assert graph.ask(Authorise, "authorise", asked).granted
    assert not arm(graph), "its requester asked again for the clearance that it has"
    assert graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="tester")).success
    assert graph.ask(Authorise, "authorise", asked).granted
    assert arm(graph)


def test_a_drone_that_would_land_after_its_slot_may_arm_no_more(graph, authority, plan, states, asked):
    """Its pre-flight has lasted: the slot ends in a minute, and it has a lease until then."""
    assert graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    [clearance] = authority.clearances.now
    in_time, ends = authority.legal.now_utc, slot_end(clearance.gate.authorisation.file.window, clearance.count.last)
    authority.legal.now_utc = lambda *_: ends - timedelta(minutes=1)
    leases = graph.hear(Clearance, "/drone1/clearance", qos.LEASE)
    graph.spin_until(lambda: leases and leases[-1].granted)
    assert not arm(graph)
    assert not any(state.armed for state in states)
    authority.legal.now_utc = in_time
    assert arm(graph)


def test_a_clearance_arms_its_own_drones_alone(graph, authority, plan, states, mission_path):
    """Also of two drones of one mission."""
    south = plan.model_copy(update={"routes": plan.routes[1:]})
    assert [route.drone for route in south.routes] == ["drone2"]
    request = Authorise.Request(mission=order_of(mission_path), plan=plan_message(south), requester="tester")
    assert graph.ask(Authorise, "authorise", request).granted
    authority_is_found(graph)
    assert not arm(graph)
    assert not any(state.armed for state in states)


def test_without_the_authority_there_is_no_answer(graph, states):
    assert not arm(graph)
    assert not any(state.armed for state in states)


def test_a_simulations_clearance_arms_no_autopilot_that_may_be_real(graph, authority, plan, states, simulator, asked):
    """Nor when a pilot or another ground station asks for it."""
    vehicle = simulator.faces[0].vehicle
    call = vehicle.call

    def as_a_board(service, fields, answer):
        def reported(response):
            for info in response["vehicles"]:
                info.update(uid=3978992816231498288, vendor_id=0x26AC, product_id=0x0011)
            answer(response)

        call(service, fields, reported if service == "vehicle_info_get" else answer)

    vehicle.call = as_a_board
    assert graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    assert not arm(graph)
    assert not any(state.armed for state in states)


def test_a_simulations_authorisation_arms_no_real_autopilot(graph, mission_path, plan, states, asked, tmp_path):
    graph.start(Authority, fleet=str(mission_path), lease_key=str(graph.leasing.private), simulated=False,
                run_dir=str(tmp_path))  # fmt: skip
    assert not graph.ask(Authorise, "authorise", asked).granted
    authority_is_found(graph)
    assert not arm(graph)
    assert not any(state.armed for state in states)
