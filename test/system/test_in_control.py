"""Control of the drone, and the resumption of its route: a pilot keeps control until a named person gives it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from test.factories import at, cost_of, leg_to, route_of, square, view_at

from blindspot.flight.control.inspect import Inspection
from blindspot.flight.route.phases import PHASES
from blindspot.flight.vehicle.vehicle import Reply
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Aim, View
from blindspot_sim.in_process.fleet_flight import InProcessDrone, InProcessFleet

READING = {"mission/pull", "geofence/pull", "rallypoint/pull", "vehicle_info_get", "param/pull"}
WATCHED_S = 40.0
"""Longer than each delay of the ladder: silence 10 and 30 s, battery 2 s, camera 30 s."""

SHOWN_WITHIN_S = 1.2
"""`state` comes once a second. Until then set-points that PX4 ignores may be on their way."""
BY_HAND = ("POSCTL", "ALTCTL", "STABILIZED", "ACRO")
BY_SWITCH = ("AUTO.RTL", "AUTO.LAND")
DISARM = "disarm"
OURS = {"return": "AUTO.RTL", "landing": "AUTO.LAND"}
"""Modes that we requested: a pilot's choice of the same mode is invisible."""


OBLIQUE = Aim(heading_deg=0.0, pitch_deg=-60.0)


def look(name: str, east_m: float) -> View:
    return view_at(east_m, 40.0, 32.0, id=name, aim=OBLIQUE, speed_mps=8.0, dwell_s=8.0)


ROUTE = route_of(
    look("first", 0.0), leg_to(60.0, 40.0, 32.0, id="street", aim=OBLIQUE, speed_mps=4.0), look("last", 90.0),
    home=at(0.0, 0.0, 2.0), up_m=32.0, expected=cost_of(120.0, 260.0, 8.0, 0.88),
    failsafe={
        "fence": square(150.0), "fence_max_alt_m": 45.0,
        "parameters": {"RTL_CONE_ANG": 0.0, "GF_ACTION": 3.0, "COM_LOW_BAT_ACT": 3.0},
    },
)  # fmt: skip


LOOK = Inspection("A. Martin", at(20.0, 60.0, 32.0), OBLIQUE, 20.0)


def cleared(*_: object) -> Reply:
    reply = Reply()
    reply.settle("ok")
    return reply


def silent(*_: object) -> None:
    return None


class Flight:
    """One drone on the route over a field, and the requests to it."""

    def __init__(self, fleet: InProcessFleet) -> None:
        self.fleet, self.granted = fleet, fleet.leases
        self.drone: InProcessDrone = self.fleet.drones["drone1"]
        self.published: list[tuple[float, str]] = []
        self.is_stopped = self.stopped_on_pad = False
        publish = self.drone.link.publish

        def noted(topic: str, fields: object) -> None:
            self.published.append((self.fleet.now_s, topic))
            publish(topic, fields)

        self.drone.link.publish = noted

    @property
    def logic(self):
        return self.drone.flight

    def run(self, until: Callable[[], bool] = lambda: False, for_s: float = 600.0) -> None:
        self.fleet.run(lambda _: until(), self.fleet.now_s + for_s)

    def reach(self, phase: str) -> None:
        """Bring the flight into a phase, as an operator would."""
        if phase == "preflight":
            self.fleet.leases = silent
            self.run(lambda: self.logic.preflight_check == "clearance" and self.logic.seen.mode)
            self.run(for_s=2.0)
        elif phase == "inspect":
            self.run(lambda: self.logic.phase == "en_route")
            assert self.logic.inspect(LOOK) == ""
            self.run(lambda: self.logic.phase == "inspect" and self.logic.seen.mode == "OFFBOARD", for_s=30.0)
        elif phase in ("armed", "takeoff", "en_route"):
            self.run(lambda: self.logic.phase == phase)
            self.run(for_s=0.5)
        else:
            self.run(lambda: self.logic.phase == "en_route")
            {"hold": self.logic.hold, "return": self.logic.return_home, "landing": self.logic.abort,
             "pilot": lambda: self.drone.mavros.pilot("POSCTL")}[phase]()  # fmt: skip
            self.run(for_s=5.0)
        assert self.logic.phase == phase

    def sees(self, step: int) -> bool:
        """True if pictures are allowed at this step of the route."""
        seq = self.logic.seen.mission_seq
        return not self.logic.sensor_inhibited and seq is not None and self.logic.items[seq].step == step

    def take(self, what: str) -> None:
        """The pilot takes the drone: by the mode switch, or by the kill switch."""
        self.taken_s = self.fleet.now_s
        self.is_stopped = what == DISARM
        self.stopped_on_pad = self.is_stopped and self.logic.phase == "armed"
        if what == DISARM:
            kill = {"command": 400, "param1": 0.0, "param2": 21196.0}
            self.drone.mavros.call("cmd/command", kill, lambda _: None)
            if self.logic.phase == "inspect":  # it falls off its line before the next state shows the stop
                self.run(lambda: self.logic.seen.armed is False, for_s=2.0)
                self.taken_s = self.fleet.now_s
        else:
            self.drone.mavros.pilot(what)

    def tempt(self) -> None:
        """Trigger every row of the ladder, and give every order of the operator."""
        self.drone.mavros.drain_battery(0.16)
        self.fleet.leases = silent
        self.run(for_s=2.0)
        for order in (self.logic.hold, self.logic.return_home, self.logic.abort, lambda: self.logic.resume("")):
            assert order() != "" or self.logic.phase == "failed" or self.stopped_on_pad, (
                "only what ends the flight on the ground is taken"
            )
        self.run(for_s=WATCHED_S)
        self.fleet.leases = self.granted
        self.run(for_s=5.0)

    def asked(self) -> list[str]:
        """Requests to the drone since it was taken, except reads, and except those that keep a stopped drone on the
        ground: its disarming on the pad, and a mode in which the next arming starts no mission."""
        since = [
            service
            for stamp_s, service, fields in self.drone.link.calls
            if stamp_s > self.taken_s and not self._keeps_down(service, fields)
        ]
        heard_s = self.taken_s + SHOWN_WITHIN_S
        sent = [topic for stamp_s, topic in self.published if stamp_s > heard_s]
        return [service for service in since if service not in READING] + sent

    def _keeps_down(self, service: str, fields: dict[str, Any]) -> bool:
        disarms = self.stopped_on_pad and service == "cmd/arming" and not fields["value"]
        return disarms or (self.is_stopped and fields.get("custom_mode") == "AUTO.LOITER")


@pytest.fixture
def flight(fleet_of) -> Flight:
    return Flight(fleet_of(ROUTE, wind=Wind(), clear_way=cleared))


CASES = [
    (phase, what)
    for phase in ("preflight", "armed", "takeoff", "en_route", "hold", "inspect", "return", "landing", "pilot")
    for what in (*BY_HAND, *BY_SWITCH, DISARM)
    if OURS.get(phase) != what and (phase, what) != ("preflight", DISARM)
]


def test_every_phase_of_a_drone_that_may_move_is_tried():
    assert {phase for phase, _ in CASES} == set(PHASES) - {"idle", "landed", "failed", "reattach"}


@pytest.mark.parametrize(("phase", "what"), CASES)
def test_the_pilot_keeps_the_drone_in_every_phase(phase, what, flight):
    flight.reach(phase)
    flight.take(what)
    flight.tempt()
    assert flight.asked() == []
    assert flight.logic.sensor_inhibited
    assert flight.logic.phase in ("pilot", "landed", "failed"), flight.logic.phase
    assert flight.logic.outcome in (None, "aborted", "failed", "refused")
    assert what in flight.logic.reason or "not by us" in flight.logic.reason or phase in ("pilot", "armed")


@pytest.mark.parametrize("mode", BY_HAND)
def test_a_named_person_gives_it_back_and_the_view_that_was_interrupted_is_seen_again(mode, flight):
    flight.reach("en_route")
    flight.run(lambda: not flight.logic.sensor_inhibited)
    flight.take(mode)
    flight.run(lambda: flight.logic.phase == "pilot")
    flight.run(for_s=5.0)
    assert flight.asked() == []
    flight.drone.mavros.pilot("POSCTL")
    flight.run(for_s=2.0)
    assert flight.logic.resume("A. Martin") == ""
    flight.run(lambda: not flight.logic.sensor_inhibited, for_s=60.0)
    assert flight.sees(0)
    flight.run()
    assert flight.logic.outcome == "completed"


def test_a_second_choice_of_the_pilot_keeps_control(flight):
    """The pilot returns to a mode of ours. Control stays with the pilot until a resume."""
    flight.reach("en_route")
    flight.take("POSCTL")
    flight.run(for_s=3.0)
    flight.drone.mavros.pilot("AUTO.MISSION")
    flight.run(for_s=30.0)
    assert flight.logic.phase == "pilot" and flight.logic.sensor_inhibited and flight.asked() == []


def test_a_mode_that_is_being_asked_for_is_not_asked_again_once_the_pilot_shows(flight):
    """The autopilot ignores the hold, and the pilot acts between two requests."""
    flight.reach("en_route")
    call = flight.drone.mavros.call
    flight.drone.mavros.call = lambda service, fields, reply: (  # type: ignore[method-assign]
        call("vehicle_info_get", {}, lambda _: reply({"mode_sent": False})) if service == "set_mode"
        else call(service, fields, reply)
    )  # fmt: skip
    flight.logic.hold()
    flight.run(for_s=0.3)
    flight.take("POSCTL")
    flight.run(lambda: flight.logic.seen.mode == "POSCTL")
    flight.taken_s = flight.fleet.now_s - 0.1
    flight.run(for_s=30.0)
    assert flight.logic.phase == "pilot" and flight.asked() == []


def test_a_drone_that_is_not_heard_is_asked_nothing_for_the_pilot_may_have_it(flight):
    flight.reach("en_route")
    flight.drone.link.cut = True
    flight.run(for_s=4.0)
    flight.take("POSCTL")
    flight.run(for_s=60.0)
    assert flight.logic.phase == "return" and flight.asked() == []
    flight.drone.link.cut = False
    flight.run(for_s=30.0)
    assert flight.logic.phase == "pilot" and flight.asked() == []


def seen_since(flight: Flight, since_s: float) -> list[tuple[float, float]]:
    """Places where the sensor was on after a time, (east_m, north_m)."""
    log = flight.fleet.log().drones["drone1"]
    places = log.camera_m[log.capturing & (log.stamp_s > since_s)]
    return [(float(east), float(north)) for east, north, _ in places]


def test_a_leg_that_was_interrupted_is_seen_again_from_its_start(flight):
    flight.reach("en_route")
    flight.run(lambda: not flight.logic.sensor_inhibited and flight.logic.seen.east_m > 30.0)
    assert flight.logic.hold() == ""
    aside = {"pitch": 0.0, "yaw": 90.0, "flags": 16}
    taken = {"sysid_primary": 1, "compid_primary": 191}
    flight.drone.mavros.call("gimbal_control/manager/configure", taken, lambda _: None)
    flight.run(for_s=0.5)
    flight.drone.mavros.call("gimbal_control/manager/pitchyaw", aside, lambda _: None)
    flight.run(for_s=10.0)
    assert flight.logic.sensor_inhibited and flight.logic.resume("A. Martin") == ""
    resumed_s = flight.fleet.now_s
    flight.run()
    log = flight.fleet.log().drones["drone1"]
    east_m = [east for east, _ in seen_since(flight, resumed_s)]
    assert log.outcome == "completed" and log.max_route_deviation_m < 4.0
    assert min(east_m) < 4.0 and max(east_m) > 86.0, "the whole leg and the last view"


@pytest.mark.parametrize(("at", "to"), [(0, 2), (1, 0), (2, 0), (2, 1), (1, 1)])
def test_a_jump_follows_the_route_and_sees_from_its_step_on(at, to, flight):
    flight.reach("en_route")
    flight.run(lambda: flight.sees(at))
    assert flight.logic.jump(to, "A. Martin") == ""
    jumped_s = flight.fleet.now_s
    assert flight.logic.sensor_inhibited and flight.logic.phase == "hold"
    flight.run(lambda: not flight.logic.sensor_inhibited)
    assert flight.sees(to)
    flight.run()
    log = flight.fleet.log().drones["drone1"]
    assert log.outcome == "completed" and log.max_route_deviation_m < 4.0
    assert "A. Martin" in next(change.reason for change in log.phases if change.phase == "hold")
    east_m = [east for east, _ in seen_since(flight, jumped_s)]
    assert max(east_m) > 86.0 and min(east_m) == pytest.approx({0: 0.0, 1: 0.0, 2: 90.0}[to], abs=4.0)


def test_no_jump_without_a_name_a_step_or_a_way(flight):
    flight.reach("takeoff")
    assert "no jump from here" in flight.logic.jump(1, "A. Martin")
    flight.reach("en_route")
    assert "name" in flight.logic.jump(1, " ")
    assert "steps 0 to 2, not 3" in flight.logic.jump(3, "A. Martin")
    flight.drone.mavros.pilot("POSCTL")
    flight.run(lambda: flight.logic.phase == "pilot")
    assert "the pilot has it" in flight.logic.jump(1, "A. Martin")
    chosen = [fields for _, service, fields in flight.drone.link.calls if service == "mission/set_current"]
    assert [fields["wp_seq"] for fields in chosen] == [0], "pre-flight alone chooses an item: the first"


def test_a_jump_whose_mission_is_not_read_back_equal_stays_in_hold_and_comes_home(flight):
    flight.reach("en_route")
    call = flight.drone.mavros.call
    flight.drone.mavros.call = (
        lambda service, fields, reply: call(  # type: ignore[method-assign]
            service, fields | {"waypoints": fields["waypoints"][:-1]} if service == "mission/push" else fields, reply
        )
    )
    assert flight.logic.jump(2, "A. Martin") == ""
    flight.run(lambda: "read back" in flight.logic.reason)
    assert flight.logic.phase == "hold"
    assert "not known" in flight.logic.resume("A. Martin")
    flight.run()
    assert flight.logic.outcome == "returned"
