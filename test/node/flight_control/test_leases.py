"""Leases: without one that the authority signed for this drone, this plan and this mission, nothing arms."""

from __future__ import annotations

import pytest
from blindspot_msgs.msg import Clearance

from blindspot.core.errors import InputError
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s


def test_without_a_lease_nothing_arms(world, plan):
    outcome, reason, armed = world.fly(plan, lambda: world.play(lease=""))
    assert outcome == "refused" and "no lease" in reason
    assert not armed
    assert not [what for what in world.asked if "push" in what or "param" in what], "nothing is uploaded or set"


def test_an_autopilot_that_is_not_said_to_be_simulated_is_judged_as_a_real_one(new_world, plan):
    world = new_world(simulated=False)
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and "firmware" in reason and "release" in reason
    assert not armed
    assert "param/set" not in world.asked


def test_a_lease_for_simulated_autopilots_arms_no_real_one(new_world, plan):
    world = new_world(simulated=False)
    world.simulated = True
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_of_another_drone_does_not_count(world, plan):
    outcome, reason, armed = world.fly(plan, lambda: world.play(lease="drone2"))
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_of_another_plan_does_not_count(world, plan):
    world.plan = plan.model_copy(update={"id": "another"}).sha256
    outcome, reason, armed = world.fly(plan, world.play)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_that_was_heard_for_the_plan_before_does_not_count_for_the_rest_of_it(world, plan):
    """Else the new route is flown, and looked at, on the old one's last lease."""
    control, another = world.control, plan.model_copy(update={"id": "another"})
    control.order = world.order
    control.obey(plan)
    control.leases.heard(world.lease("drone1", plan.sha256, now_s(control) + 3.0))
    assert control.leases.at(control.now()) == "ok"
    control.obey(another)
    assert control.leases.at(control.now()) == "inhibit"
    control.leases.heard(world.lease("drone1", another.sha256, now_s(control) + 3.0))
    assert control.leases.at(control.now()) == "ok"


def test_the_lease_of_another_mission_does_not_count(world, plan):
    def play_for_another() -> None:
        world.play(lease="")
        world.leases.publish(world.lease("drone1", plan.sha256, now_s(world.control) + 3.0, mission="0" * 64))

    outcome, reason, armed = world.fly(plan, play_for_another)
    assert outcome == "refused" and "no lease" in reason and not armed


FORGERIES = {
    "signature": [],
    "plan": "b" * 64,
    "mission": "b" * 64,
    "simulated": False,
    "issuer": "0" * 16,
    "sequence": 1_000_000,
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_lease_that_the_authority_did_not_sign_does_not_count(world, plan, name):
    def forge():
        world.play(lease="")
        forged = world.lease("drone1", plan.sha256, now_s(world.control) + 3.0)
        setattr(forged, name, FORGERIES[name])
        world.leases.publish(forged)

    outcome, reason, armed = world.fly(plan, forge)
    assert outcome == "refused" and "no lease" in reason and not armed
    assert not [what for what in world.asked if "push" in what or "param" in what]


def test_a_lease_that_is_played_again_and_again_does_not_count(world, plan):
    """One that is good, for a moment, arms nothing for longer."""
    lease = []

    def replay():
        world.play(lease="")
        if not lease and world.statuses and world.statuses[-1].phase == "preflight":
            lease.append(world.lease("drone1", plan.sha256, now_s(world.control) + 3.0))
        for each in lease:
            world.leases.publish(each)

    outcome, reason, armed = world.fly(plan, replay)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_of_two_authorities_that_disagree_the_one_that_refuses_is_right(world, plan, lease_key):
    other = type(world.graph.leasing)(lease_key)

    def disagree():
        world.play()
        refusal = other.lease("drone1", plan.sha256, now_s(world.control), mission=world.order.sha256, granted=False)
        world.leases.publish(refusal)

    world.leases = world.graph.peer.create_publisher(Clearance, "/drone1/clearance", qos.EVENTS)
    outcome, reason, armed = world.fly(plan, disagree)
    assert outcome == "refused" and "no lease" in reason and not armed


@pytest.mark.parametrize("given", ["", "/nowhere/lease.key.pub"])
def test_without_a_key_there_is_no_flight_control(graph, mission_path, given):
    with pytest.raises(InputError, match="lease_key: "):
        graph.start(FlightControl, "/drone1", fleet=str(mission_path), lease_key=given)
