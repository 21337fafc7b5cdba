"""Impossible messages and requests: each is refused or dropped, and the next valid one counts."""

from __future__ import annotations

import math

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import DroneStatus, FleetStatus, MissionOrder, MissionStatus, Plan as PlanMessage
from blindspot_msgs.srv import FlyRest
from test.node.conftest import order_of

from blindspot.nodes.graph import qos

NO_PLANS = ["{}", "[" * 5000, "null", "x" * 10_000, '{"schema": "blindspot.plan/1", "id": "../../evil"}', "\x00"]
NO_NUMBERS = [math.nan, math.inf, -math.inf, 1e300, -1e300]
NO_TEXTS = ["\x1b[2J[/ops]", "\u202e" * 50, "x" * 100_000, "\x00"]


def test_no_plan_is_flown(world):
    for text in NO_PLANS:
        message = PlanMessage(json=text, sha256="\x1b[2J")
        assert not world.graph.ask(FlyRest, "/drone1/fly_rest", FlyRest.Request(plan=message)).success
        result = world.graph.run_goal(FlyRoute, "/drone1/fly_route", FlyRoute.Goal(mission=world.order, plan=message))
        assert result.outcome == "refused" and result.reason


@pytest.mark.parametrize("field", ["file", "sha256", "run"])
def test_no_mission_is_flown(world, plan, field):
    for text in (*NO_TEXTS[:-1], "../../../../etc/passwd", "/dev/zero", "."):  # DDS makes an empty text of a zero
        world.order = MissionOrder(**{"file": world.order.file, "sha256": world.order.sha256, field: text})
        outcome, _, _ = world.fly(plan)
        assert outcome == "refused", text
    assert world.orders == [] and world.asked == []


def test_orders_that_are_none_are_refused_and_the_names_in_reasons_are_plain(world, plan):
    world.send(plan)
    for number in NO_NUMBERS:
        assert not world.give("inspect", seconds=number).success
        assert not world.give("inspect", pitch_deg=number, seconds=5.0).success
    for text in NO_TEXTS:
        assert not world.give(text).success
        for order in ("resume", "jump"):
            assert not world.give(order, text, text, step=2**32 - 1).success
    assert world.give("return_home", NO_TEXTS[0], NO_TEXTS[0]).success
    world.graph.spin_until(lambda: world.statuses[-1].outcome)
    reasons = {status.reason for status in world.statuses}
    assert "called home by [2J[/ops]: [2J[/ops]" in reasons and all(len(reason) < 300 for reason in reasons)


def test_garbage_of_other_drones_and_managers_hides_no_true_message(world, plan, mission_path):
    other = world.graph.peer.create_publisher(DroneStatus, "/drone2/drone_status", qos.LATCHED)
    manager = world.graph.peer.create_publisher(FleetStatus, "/blindspot/fleet_status", qos.LATCHED)
    world.order = order_of(mission_path)

    def throw() -> None:
        for changes in ({"drone": "drone1"}, {"phase": "flying"}, {"drone": ""}):
            other.publish(DroneStatus(**({"drone": "drone2", "phase": "idle"} | changes)))
        lost = DroneStatus(drone="drone2", phase="idle", run="x" * 10_000)
        lost.position.x = lost.velocity.z = 1e300
        other.publish(lost)
        manager.publish(FleetStatus(missions=[MissionStatus(run=text, drones=[text]) for text in NO_TEXTS[1:3]]))
        world.play()

    outcome, reason, _ = world.fly(plan, throw)
    assert (outcome, reason) == ("completed", "")
