"""A restarted authority knows no clearance: the manager asks it again for those of the missions in flight."""

from __future__ import annotations

import time

import pytest
from blindspot_msgs.msg import Clearance
from test.node.missions.conftest import GATE

from blindspot.nodes import mission_manager
from blindspot.nodes.graph import qos
from blindspot.nodes.missions import one_mission, renewal


class Clock:
    """The manager's steady clock. It goes on with the reports of the other nodes, so that a busy computer, which
    delivers them late, makes no node silent."""

    def __init__(self) -> None:
        self.now_s = time.monotonic()

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(renewal, "time", made)
    monkeypatch.setattr(mission_manager, "time", made)
    monkeypatch.setattr(renewal, "SETTLED_S", renewal.FORGOTTEN_S)
    monkeypatch.setattr(renewal, "FORGOTTEN_S", 0.0)  # on the node's clock, which goes on by itself
    return made


@pytest.fixture
def leased(stack, clock):
    """Drones whose leases come; `stack.report` sends them, and then a tenth of a second has passed."""
    peer, names = stack.graph.peer, {"drone1", "drone2"}
    publishers = {name: peer.create_publisher(Clearance, f"/{name}/clearance", qos.LEASE) for name in names}
    report = stack.report

    def send_leases() -> None:
        report()
        clock.now_s += 0.1
        for name in names:
            publishers[name].publish(Clearance(drone=name, granted=True))

    stack.report = send_leases
    stack.alive = [GATE]
    stack.manager.liveness.timeout_s = 60.0
    stack.with_gate()
    return names


def pass_silence(stack, clock) -> None:
    """Let more time pass than a forgotten clearance or a restart of the authority needs to be noticed."""
    end_s = clock.now_s + renewal.SETTLED_S + renewal.GATE_SILENT_S
    stack.until(lambda: clock.now_s >= end_s)
    stack.statuses.clear()
    stack.until(lambda: stack.statuses)


def test_without_leases_the_clearance_of_a_flight_is_asked_for_again(stack, leased, clock):
    flown = stack.fly(run="evening-1")
    pass_silence(stack, clock)
    assert len(stack.judged) == 1, "its leases come"
    leased.clear()
    stack.until(lambda: len(stack.judged) == 2)
    first, again = stack.judged
    assert (again.plan.sha256, again.requester) == (first.plan.sha256, first.requester)
    assert again.mission == first.mission
    leased.add("drone1")
    stack.drones["drone1"].land("completed")
    assert stack.end(flown)[0] == "completed"
    stack.until(lambda: stack.given_back)
    assert stack.given_back[-1].plan == first.plan.sha256


def test_each_authority_is_asked_once_and_a_refusal_is_final(stack, leased, clock):
    stack.verdicts = ["PUR-04"]
    stack.fly()
    leased.clear()
    stack.until(lambda: len(stack.judged) == 2)
    pass_silence(stack, clock)
    assert len(stack.judged) == 2 and stack.mission().phase == "flying", "the drone decides what follows"


def test_an_authority_that_starts_once_more_is_asked_again(stack, leased, clock):
    stack.fly()
    leased.clear()
    stack.until(lambda: len(stack.judged) == 2)
    stack.alive = []
    pass_silence(stack, clock)
    assert len(stack.judged) == 2, "a silent authority is not asked"
    stack.alive = [GATE]
    stack.until(lambda: len(stack.judged) == 3)


def test_a_drone_that_comes_home_needs_no_clearance(stack, leased, clock):
    stack.fly()
    assert stack.order("return_home").success
    stack.until_phase("returning")
    leased.clear()
    pass_silence(stack, clock)
    assert len(stack.judged) == 1


def test_a_rest_is_asked_for_after_the_plan_that_it_belongs_to(stack, leased, monkeypatch):
    other = stack.both.routes[1]
    stack.rest = stack.both.model_copy(update={"id": "rest", "routes": (other,)})
    stack.fly(stack.both)
    stack.drones["drone1"].land("returned", "battery low")
    stack.until(lambda: stack.drones["drone2"].rests)
    stack.until_phase("flying")
    asked = [request.plan.sha256 for request in stack.judged]
    assert len(asked) == 2
    leased.clear()
    stack.until(lambda: len(stack.judged) == 4)
    assert [request.plan.sha256 for request in stack.judged[2:]] == asked


def test_managers_and_authorities_that_start_at_the_same_time_find_each_other(stack, leased):
    stack.fly(run="evening-1")
    leased.clear()
    stack.restart_manager()
    stack.until(lambda: len(stack.judged) == 2)
    assert stack.judged[1].requester == stack.judged[0].requester


def test_a_flight_on_the_ground_is_asked_for_after_those_in_the_air(stack, leased, clock):
    """The authority clears nothing beside a drone in the air whose way it does not know."""
    stack.fly(stack.plan2, run="evening-1")
    stack.fly(run="evening-2")
    stack.drones["drone2"].phase, stack.drones["drone2"].autopilot = "preflight", "down"
    pass_silence(stack, clock)
    leased.clear()
    stack.until(lambda: len(stack.judged) > 2)
    pass_silence(stack, clock)
    assert [request.mission.run for request in stack.judged[2:]] == ["evening-2"], "drone1 is in the air"
    leased.add("drone1")
    stack.until(lambda: len(stack.judged) > 3)
    assert stack.judged[3].mission.run == "evening-1"


def test_a_plan_that_is_judged_when_the_authority_dies_is_asked_for_again_after_the_flights(
    stack, leased, clock, monkeypatch
):
    monkeypatch.setattr(one_mission, "JUDGED_WITHIN_S", 60.0)
    monkeypatch.setattr(renewal, "LEASED_AGAIN_WITHIN_S", 30.0)
    stack.fly(run="evening-1")
    stack.falls_silent = True
    stack.start(stack.plan2, run="evening-2")
    stack.until(lambda: len(stack.judged) > 1)
    stack.alive = []
    leased.clear()
    pass_silence(stack, clock)
    assert len(stack.judged) == 2, "a silent authority is not asked"
    stack.falls_silent, stack.alive = False, [GATE]
    stack.until(lambda: len(stack.judged) > 2)
    pass_silence(stack, clock)
    assert [request.mission.run for request in stack.judged[2:]] == ["evening-1"], "drone1 is in the air"
    leased.update(("drone1", "drone2"))
    stack.until_phase("flying", "evening-2")
    assert [request.mission.run for request in stack.judged[3:]] == ["evening-2"]


def test_a_new_mission_is_asked_for_once_the_drones_in_the_air_have_their_leases_again(
    stack, leased, clock, monkeypatch
):
    monkeypatch.setattr(renewal, "LEASED_AGAIN_WITHIN_S", 30.0)
    stack.fly(run="evening-1")
    leased.clear()
    stack.until(lambda: len(stack.judged) > 1)
    stack.start(stack.plan2, run="evening-2")
    pass_silence(stack, clock)
    assert [request.mission.run for request in stack.judged[1:]] == ["evening-1"], "drone1 is in the air"
    leased.update(("drone1", "drone2"))
    stack.until_phase("flying", "evening-2")
