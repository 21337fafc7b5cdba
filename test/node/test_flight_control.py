"""flight_control against the embedded autopilot, in one process: after a refusal it never arms."""

from __future__ import annotations

import subprocess
import sys
from math import isnan

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import Clearance, DroneStatus, MissionStatus
from blindspot_msgs.srv import ClearInspection, FlyRest, Inspect, Jump, Resume
from geometry_msgs.msg import Point
from mavros_msgs.msg import State
from sensor_msgs.msg import CameraInfo
from std_srvs.srv import Trigger

from blindspot.core.errors import InputError
from blindspot.mission.plan import Begin, Point as PlanPoint, Waypoint
from blindspot.nodes.flight_control import FlightControl
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.messages import now_s, plan_message
from blindspot.stack.supervised import note_supervised, start_of
from blindspot_sim.nodes.simulator import Simulator


class World:
    """The autopilot, the drone's flight_control, and the rest of the stack as the test plays it."""

    def __init__(self, graph, mission, **parameters) -> None:
        self.graph = graph
        self.simulator = graph.start(Simulator, "/", mission=str(mission), speed_factor=30.0, run_dir="")
        parameters = {"simulated": True, "run_dir": ".", "lease_key": graph.leasing.key, **parameters}
        self._simulated = parameters["simulated"]
        self.control = graph.start(FlightControl, "/drone1", mission=str(mission), use_sim_time=True, **parameters)
        self.statuses: list[DroneStatus] = graph.hear(DroneStatus, "/drone1/drone_status", qos.LATCHED)
        self.asked: list[str] = []
        self.plan = ""
        """Hash of the plan that is leased."""
        vehicle = self.simulator._faces[0].vehicle
        call = vehicle.call

        def noted(service, fields, answer):
            self.asked.append(f"{service} {fields.get('value', '')}".strip())
            call(service, fields, answer)

        vehicle.call = noted
        self._lease = graph.peer.create_publisher(Clearance, "/drone1/clearance", qos.LEASE)
        self._camera = graph.peer.create_publisher(CameraInfo, "/drone1/camera/camera_info", qos.SENSOR)
        self._manager = graph.peer.create_publisher(MissionStatus, "/blindspot/mission_status", qos.LATCHED)

    @property
    def phases(self) -> list[str]:
        return [status.phase for status in self.statuses]

    def play(self, *, lease: str = "drone1", manager: bool = True, run: str = "one-view") -> None:
        """One round of what the other nodes say; `lease` names the drone that it is for, none without one; `run` the
        plan that the manager flies."""
        if lease:
            until_s = now_s(self.control) + 3.0
            self._lease.publish(self.graph.leasing.lease(lease, self.plan, until_s, simulated=self._simulated))
        if manager:
            self._manager.publish(MissionStatus(run=run))
        self._camera.publish(CameraInfo())

    def fly(self, message, act=lambda: None):
        """The outcome and the reason of a route, and whether the drone was ever asked to arm."""
        self.plan = self.plan or message.sha256
        handle = self.graph.send_goal(FlyRoute, "/drone1/fly_route", FlyRoute.Goal(plan=message))
        assert handle.accepted
        future = handle.get_result_async()
        self.graph.spin_until(future.done, act)
        result = future.result().result
        return result.outcome, result.reason, any(what.startswith("cmd/arming") for what in self.asked)


@pytest.fixture
def world(graph, mission_path):
    return World(graph, mission_path)


def test_before_its_autopilot_is_heard_nothing_is_known_of_a_drone_and_then_where_it_stands(world):
    world.graph.spin_until(lambda: world.statuses)
    status = world.statuses[0]
    assert status.phase == "idle" and isnan(status.position.x) and isnan(status.velocity.x)
    assert isnan(status.battery_fraction) and status.autopilot == "unknown"
    world.graph.spin_until(lambda: world.statuses[-1].autopilot == "down" and not isnan(world.statuses[-1].position.z))
    assert world.statuses[-1].phase == "idle"


def test_a_flight_control_that_is_started_again_in_a_flight_is_idle_and_its_drone_is_up(world, plan, mission_path):
    world.plan = plan.sha256
    world.graph.send_goal(FlyRoute, "/drone1/fly_route", FlyRoute.Goal(plan=plan_message(plan)))
    world.graph.spin_until(lambda: "takeoff" in world.phases, world.play)
    world.graph.end(world.control)
    world.statuses.clear()
    world.graph.start(
        FlightControl, "/drone1", mission=str(mission_path), use_sim_time=True, simulated=True,
        lease_key=world.graph.leasing.key,
    )  # fmt: skip
    world.graph.spin_until(lambda: any(s.phase == "idle" and s.autopilot == "up" for s in world.statuses))
    assert not any(s.phase == "idle" and s.autopilot == "down" for s in world.statuses)


@pytest.mark.parametrize(("changes", "told"), [({"speed_mps": 25.0}, "25 m/s"), ({"dwell_s": 900.0}, "waits 900 s")])
def test_a_route_beyond_the_drones_own_limits_is_refused_before_anything_is_set(world, plan, changes, told):
    """Although the plan is cleared: it has a lease here."""
    route = plan.routes[0]
    far = route.steps[0].model_copy(update=changes)
    changed = plan.model_copy(update={"routes": (route.model_copy(update={"steps": (far,)}),)})
    outcome, reason, armed = world.fly(plan_message(changed), world.play)
    assert outcome == "refused" and told in reason and not armed
    assert not [what for what in world.asked if what.startswith(("mission/", "geofence/", "param/set", "set_mode"))]


def test_without_a_lease_nothing_arms(world, plan):
    outcome, reason, armed = world.fly(plan_message(plan), lambda: world.play(lease=""))
    assert outcome == "refused" and "no lease" in reason
    assert not armed
    assert not [what for what in world.asked if "push" in what or "param" in what], "nothing is uploaded or set"


def test_an_autopilot_that_is_not_said_to_be_simulated_is_judged_as_a_real_one(graph, mission_path, plan):
    world = World(graph, mission_path, simulated=False)
    outcome, reason, armed = world.fly(plan_message(plan), world.play)
    assert outcome == "refused" and "firmware" in reason and "release" in reason
    assert not armed
    assert "param/set" not in world.asked


def test_a_lease_for_simulated_autopilots_arms_no_real_one(graph, mission_path, plan):
    world = World(graph, mission_path, simulated=False)
    world._simulated = True
    outcome, reason, armed = world.fly(plan_message(plan), world.play)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_of_another_drone_does_not_count(world, plan):
    outcome, reason, armed = world.fly(plan_message(plan), lambda: world.play(lease="drone2"))
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_of_another_plan_does_not_count(world, plan):
    world.plan = plan.model_copy(update={"id": "another"}).sha256
    outcome, reason, armed = world.fly(plan_message(plan), world.play)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_lease_that_was_heard_for_the_plan_before_does_not_count_for_the_rest_of_it(world, plan):
    """Else the new route is flown, and looked at, on the old one's last lease."""
    control, another = world.control, plan.model_copy(update={"id": "another"})
    control._obey(plan)
    control._leases.heard(world.graph.leasing.lease("drone1", plan.sha256, now_s(control) + 3.0))
    assert control._leases.at(control._now()) == "ok"
    control._obey(another)
    assert control._leases.at(control._now()) == "inhibit"
    control._leases.heard(world.graph.leasing.lease("drone1", another.sha256, now_s(control) + 3.0))
    assert control._leases.at(control._now()) == "ok"


FORGERIES = {"signature": [], "plan": "b" * 64, "simulated": False, "issuer": "0" * 16, "sequence": 1_000_000}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_lease_that_the_authority_did_not_sign_does_not_count(world, plan, name):
    def forge():
        world.play(lease="")
        forged = world.graph.leasing.lease("drone1", plan.sha256, now_s(world.control) + 3.0)
        setattr(forged, name, FORGERIES[name])
        world._lease.publish(forged)

    outcome, reason, armed = world.fly(plan_message(plan), forge)
    assert outcome == "refused" and "no lease" in reason and not armed
    assert not [what for what in world.asked if "push" in what or "param" in what]


def test_a_lease_that_is_played_again_and_again_does_not_count(world, plan):
    """One that is good, for a moment, arms nothing for longer."""
    lease = []

    def replay():
        world.play(lease="")
        if not lease and world.statuses and world.statuses[-1].phase == "preflight":
            lease.append(world.graph.leasing.lease("drone1", plan.sha256, now_s(world.control) + 3.0))
        for each in lease:
            world._lease.publish(each)

    outcome, reason, armed = world.fly(plan_message(plan), replay)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_of_two_authorities_that_disagree_the_one_that_refuses_is_right(world, plan, lease_key):
    other = type(world.graph.leasing)(lease_key)

    def disagree():
        world.play()
        world._lease.publish(other.lease("drone1", plan.sha256, now_s(world.control), granted=False))

    world._lease = world.graph.peer.create_publisher(Clearance, "/drone1/clearance", qos.EVENTS)
    outcome, reason, armed = world.fly(plan_message(plan), disagree)
    assert outcome == "refused" and "no lease" in reason and not armed


def test_the_rest_of_a_plan_that_no_lease_names_is_not_flown(world, plan):
    answers = {}

    def hand_over() -> None:
        world.play()
        if "takeoff" in world.phases and "stand by" not in answers and world.statuses[-1].position.z > 78.0:
            answers["stand by"] = world.graph.ask(Trigger, "/drone1/stand_by", Trigger.Request(), world.play)
        elif world.statuses and world.statuses[-1].phase == "hold" and "rest" not in answers:
            world.asked.clear()
            rest = FlyRest.Request(plan=plan_message(rest_of(plan, world.statuses[-1])))
            answers["rest"] = world.graph.ask(FlyRest, "/drone1/fly_rest", rest, world.play)
            assert not [what for what in world.asked if "push" in what]
            world.graph.ask(Trigger, "/drone1/return_home", Trigger.Request(), world.play)

    outcome, _, _ = world.fly(plan_message(plan), hand_over)
    assert (answers["rest"].success, answers["rest"].message) == (False, "no lease names this plan")
    assert outcome == "returned"


def test_a_simulated_flight_control_neither_sets_nor_arms_an_autopilot_that_may_be_real(world, plan):
    vehicle = world.simulator._faces[0].vehicle
    call = vehicle.call

    def as_a_board(service, fields, answer):
        def told(response):
            for info in response["vehicles"]:
                info.update(uid=3978992816231498288, vendor_id=0x26AC, product_id=0x0011)
            answer(response)

        call(service, fields, told if service == "vehicle_info_get" else answer)

    vehicle.call = as_a_board
    outcome, reason, armed = world.fly(plan_message(plan), world.play)
    assert outcome == "refused" and "simulation: the autopilot may be real" in reason and not armed
    assert not [what for what in world.asked if "push" in what or what.startswith("param/set")]


@pytest.mark.parametrize("given", ["", "/nowhere/lease.key.pub"])
def test_without_a_key_there_is_no_flight_control(graph, mission_path, given):
    with pytest.raises(InputError, match="lease_key: "):
        graph.start(FlightControl, "/drone1", mission=str(mission_path), lease_key=given)


def rest_of(plan, status):
    """A view beside the one of the plan, begun where the drone says that it is."""
    [route] = plan.routes
    [view] = route.steps
    beside = view.to.model_copy(update={"east_m": view.to.east_m + 8.0})
    place = PlanPoint(east_m=status.position.x, north_m=status.position.y, up_m=status.position.z)
    begin = Begin(at=place, battery_fraction=0.5, flown_s=60.0)
    steps = (view.model_copy(update={"id": "v2", "to": beside}), Waypoint(to=view.to, speed_mps=5.0))
    begun = route.model_copy(update={"begin": begin, "steps": steps})
    return plan.model_copy(update={"routes": (begun,)})


def test_in_the_air_a_drone_that_stands_by_takes_another_route_and_flies_it_to_the_end(world, plan):
    answers = {}

    def hand_over() -> None:
        world.play()
        if "takeoff" in world.phases and "stand by" not in answers and world.statuses[-1].position.z > 78.0:
            asked = FlyRest.Request(plan=plan_message(plan))
            answers["unasked"] = world.graph.ask(FlyRest, "/drone1/fly_rest", asked, world.play)
            answers["stand by"] = world.graph.ask(Trigger, "/drone1/stand_by", Trigger.Request(), world.play)
        elif world.statuses and world.statuses[-1].phase == "hold" and "rest" not in answers:
            rest = plan_message(rest_of(plan, world.statuses[-1]))
            world.plan = rest.sha256
            answers["rest"] = world.graph.ask(FlyRest, "/drone1/fly_rest", FlyRest.Request(plan=rest), world.play)

    outcome, reason, _ = world.fly(plan_message(plan), hand_over)
    assert not answers["unasked"].success and "stand by" in answers["unasked"].message
    assert answers["stand by"].success and answers["rest"].success, answers
    assert (outcome, reason) == ("completed", "")
    assert "hold" in world.phases and "return" not in world.phases
    places = [(status.position.x, status.phase) for status in world.statuses]
    home_m = plan.routes[0].home.east_m
    assert max(x for x, phase in places if phase == "en_route") > home_m + 7.0, "it was at the new view"
    climbed = max(status.velocity.z for status in world.statuses if status.phase == "takeoff")
    assert 0.5 < climbed < 5.0, "the others are told how fast it moves"


def test_with_a_lease_the_drone_takes_off_and_an_abort_lands_it(world, plan):
    aborted = []

    def abort_in_the_air() -> None:
        world.play()
        if "takeoff" in world.phases and not aborted:
            aborted.append(world.graph.ask(Trigger, "/drone1/abort", Trigger.Request()))

    outcome, reason, armed = world.fly(plan_message(plan), abort_in_the_air)
    assert aborted[0].success
    assert (outcome, armed) == ("aborted", True) and "from the ground" in reason
    truth = world.simulator._faces[0].vehicle.truth
    assert truth.landed and not truth.armed


def test_messages_in_the_name_of_a_dead_manager_are_ignored(graph, mission_path, plan, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    note_supervised(tmp_path, {"/blindspot/mission_manager": (gone.pid, start_of(gone.pid))})
    gone.wait()
    world = World(graph, mission_path, run_dir=str(tmp_path))
    outcome, reason, armed = world.fly(plan_message(plan), lambda: world.play(lease=""))
    assert outcome == "aborted" and "mission manager" in reason and not armed


def test_a_manager_that_falls_silent_before_the_take_off_ends_it_on_the_ground(world, plan):
    """Silent all through: the checks take longer than it may be silent once the lease is waited for."""
    outcome, reason, armed = world.fly(plan_message(plan), lambda: world.play(lease="", manager=False))
    assert outcome == "aborted" and "mission manager" in reason
    assert not armed


def test_a_manager_that_knows_nothing_of_the_flight_is_no_ground_station(world, plan):
    """It was started again: it lives, and would pass on no order."""
    outcome, reason, _ = world.fly(
        plan_message(plan), lambda: world.play(run="" if "takeoff" in world.phases else "one-view")
    )
    assert (outcome, reason) == ("returned", "the ground station is lost")


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
    outcome, reason, armed = world.fly(plan_message(moved))
    assert outcome == "refused" and "origin" in reason and not armed


def test_a_plan_without_a_route_for_this_drone_is_refused(world, plan):
    other = plan.routes[0].model_copy(update={"drone": "drone2"})
    outcome, reason, armed = world.fly(plan_message(plan.model_copy(update={"routes": (other,)})))
    assert outcome == "refused" and "drone1" in reason and not armed


def test_a_second_route_is_rejected_while_one_is_flown(world, plan):
    goal = FlyRoute.Goal(plan=plan_message(plan))
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted
    assert not world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted


def test_after_a_refused_arming_hold_is_asked_for_until_it_shows(world, plan):
    """Else whoever arms the drone next flies our mission, which nobody watches any more."""
    vehicle, states = world.simulator._faces[0].vehicle, world.graph.hear(State, "/drone1/mavros/state", qos.STATE)
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
    outcome, _, _ = world.fly(plan_message(plan), world.play)
    assert outcome == "refused"
    world.graph.spin_until(lambda: refused and states[-1].mode == "AUTO.LOITER")


def test_a_flight_that_is_over_can_not_be_taken_over_and_nothing_is_armed(world, plan):
    goal = FlyRoute.Goal(plan=plan_message(plan), reattach="en_route")
    result = world.graph.run_goal(FlyRoute, "/drone1/fly_route", goal)
    assert result.outcome == "aborted" and "had landed" in result.reason
    assert world.asked == []


def test_an_order_without_a_flight_is_refused(world):
    for order, kind in (("hold", Trigger), ("resume", Resume), ("jump", Jump), ("return_home", Trigger)):
        answer = world.graph.ask(kind, f"/drone1/{order}", kind.Request())
        assert not answer.success and answer.message == "no route is flown"


LOOK = Inspect.Request(
    person="A. Martin", position=Point(x=0.0, y=65.0, z=79.41), heading_deg=0.0, pitch_deg=-90.0, seconds=3.0
)


def order_on_the_route(world, plan, until) -> None:
    """Fly the route, order the inspection on it, and go on until a fact holds."""
    ordered = False
    client = world.graph.client(Inspect, "/drone1/inspect")  # found before the flight, which is short

    def act() -> None:
        nonlocal ordered
        world.play()
        if "en_route" in world.phases and not ordered:
            answer = world.graph.answer(client, LOOK, world.play)
            # The route may begin before the autopilot, at 1 Hz, reports the end of the take-off.
            assert answer.success or answer.message == "the drone is not in the air", answer.message
            ordered = answer.success

    world.plan = plan.sha256
    goal = FlyRoute.Goal(plan=plan_message(plan))
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted
    world.graph.spin_until(until, act)


def test_an_inspection_is_cleared_by_the_gate_and_flown_by_set_points(world, plan):
    """The peer plays the gate."""
    cleared, stamps = [], []

    def clear(request, response):
        cleared.append(request)
        response.granted = True
        return response

    world.graph.peer.create_service(ClearInspection, "/blindspot/clear_inspection", clear)
    vehicle = world.simulator._faces[0].vehicle
    publish = vehicle.publish

    def note(topic, fields):
        stamps.append(vehicle.now_s)
        publish(topic, fields)

    vehicle.publish = note
    order_on_the_route(world, plan, lambda: any("inspected and back" in status.reason for status in world.statuses))
    assert [(one.drone, one.position.y, one.speed_mps) for one in cleared] == [("drone1", 65.0, 3.0)]
    assert "inspect" in world.phases
    assert (len(stamps) - 1) / (stamps[-1] - stamps[0]) > 2.0, "what PX4 needs; 20 Hz where the machine keeps up"


def test_without_a_gate_nothing_is_inspected(world, plan):
    order_on_the_route(world, plan, lambda: any("no clearance" in status.reason for status in world.statuses))
    assert "inspect" not in world.phases


def test_an_inspection_that_is_no_place_is_refused(world, plan):
    goal = FlyRoute.Goal(plan=plan_message(plan))
    assert world.graph.send_goal(FlyRoute, "/drone1/fly_route", goal).accepted
    for changes in ({"pitch_deg": 20.0}, {"heading_deg": 400.0}, {"position": Point(x=float("nan"))}):
        request = Inspect.Request(person="A. Martin", seconds=3.0)
        for name, value in changes.items():
            setattr(request, name, value)
        answer = world.graph.ask(Inspect, "/drone1/inspect", request)
        assert not answer.success and "should be" in answer.message
