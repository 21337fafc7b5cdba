"""Flight logic, simulated vehicle and leases together, outside ROS: whole flights and their faults."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest
from test.factories import at, cost_of, route_of, view_at
from test.system.conftest import apart_m

from blindspot.flight.vehicle.vehicle import Telemetry
from blindspot.mission.homes import NoFly
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Aim, Route
from blindspot_sim.in_process.fleet_flight import InProcessDrone, InProcessFleet

FIELD = ((-150.0, -60.0), (250.0, -60.0), (250.0, 150.0), (-150.0, 150.0))
COMMANDS = {"set_mode", "cmd/arming", "cmd/command", "mission/push", "gimbal_control/manager/pitchyaw"}


def route(drone: str, east_m: float, up_m: float) -> Route:
    """Three views over a field, from a pad at (east_m, 0)."""
    looks = [(20.0, 30.0, 0.0, -90.0), (40.0, 60.0, 120.0, -60.0), (0.0, 90.0, 300.0, -50.0)]
    steps = (
        view_at(east_m + east, north, up_m, id=f"{drone}-{index}", aim=Aim(heading_deg=heading, pitch_deg=pitch),
                speed_mps=8.0, dwell_s=7.0)
        for index, (east, north, heading, pitch) in enumerate(looks)
    )  # fmt: skip
    return route_of(
        *steps, drone=drone, pad=drone, home=at(east_m, 0.0, 2.0), up_m=up_m,
        failsafe={
            "fence": FIELD, "fence_max_alt_m": up_m + 10.0,
            "parameters": {"RTL_CONE_ANG": 0.0, "GF_ACTION": 3.0, "COM_LOW_BAT_ACT": 3.0},
        },
        expected=cost_of(180.0, 300.0, 10.0, 0.85),
    )  # fmt: skip


def commands(drone: InProcessDrone, after_s: float) -> list[str]:
    """Commands after a time. Reads and checks are left out."""
    return [service for stamp_s, service, _ in drone.link.calls if stamp_s > after_s and service in COMMANDS]


def capturing(fleet: InProcessFleet) -> bool:
    return not fleet.drones["drone1"].flight.sensor_inhibited


def phase_is(phase: str) -> Callable[[InProcessFleet], bool]:
    return lambda fleet: fleet.drones["drone1"].flight.phase == phase


@pytest.fixture(scope="module")
def whole(fleet_of) -> InProcessFleet:
    fleet = fleet_of(route("drone1", 0.0, 62.0), route("drone2", 100.0, 82.0))
    fleet.run(limit_s=900.0)
    return fleet


def test_all_published_values_have_a_place_in_the_telemetry(whole):
    seen = vars(whole.drones["drone1"].flight.seen).keys()
    assert seen <= {entry.name for entry in fields(Telemetry)} and len(seen) > 30


def test_two_drones_fly_their_routes_to_the_end(whole):
    log = whole.log()
    assert {name: drone.outcome for name, drone in log.drones.items()} == {"drone1": "completed", "drone2": "completed"}
    assert log.violations == ()
    assert apart_m(log) > 50.0
    for drone in log.drones.values():
        assert [change.phase for change in drone.phases] == [
            "preflight", "armed", "takeoff", "en_route", "landing", "landed",
        ]  # fmt: skip
        assert drone.max_route_deviation_m < 3.0
        assert 0.5 < drone.battery_left_fraction < 0.95


def test_the_sensor_is_on_at_every_view_and_nowhere_else(whole):
    log = whole.log().drones["drone1"]
    for view in whole.drones["drone1"].flight.route.steps:
        place = (view.to.east_m, view.to.north_m, view.to.up_m)
        near = np.linalg.norm(log.camera_m[log.capturing] - place, axis=1) < 4.0
        assert near.sum() * 0.2 >= 2.0, "at least two seconds of pictures a view"
        assert np.allclose(log.camera_deg[log.capturing][near][:, 1], view.aim.pitch_deg, atol=5.0)
    assert not log.capturing[~log.en_route].any()


def test_the_same_seed_gives_the_same_log_and_another_seed_another(fleet_of):
    logs = []
    for seed in (5, 5, 6):
        fleet = fleet_of(route("drone1", 0.0, 62.0), seed=seed)
        fleet.run(limit_s=900.0)
        logs.append(fleet.log().drones["drone1"])
    assert np.array_equal(logs[0].truth_m, logs[1].truth_m)
    assert np.array_equal(logs[0].camera_m, logs[1].camera_m, equal_nan=True)
    assert logs[0].phases == logs[1].phases
    assert not np.array_equal(logs[0].truth_m[: len(logs[2].truth_m)], logs[2].truth_m[: len(logs[0].truth_m)])


def test_without_a_lease_nothing_arms(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.leases = lambda *_: None
    fleet.run(limit_s=300.0)
    drone = fleet.drones["drone1"]
    assert drone.flight.outcome == "refused"
    assert "no lease" in drone.flight.reason
    assert "cmd/arming" not in [service for _, service, _ in drone.link.calls]


def test_a_lost_lease_inhibits_before_it_moves_the_drone(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    fleet.leases = lambda *_: None
    lost_s = fleet.now_s
    fleet.run(until=lambda f: not capturing(f))
    inhibited_s = fleet.now_s
    assert fleet.drones["drone1"].flight.phase == "en_route"
    fleet.run(until=phase_is("hold"))
    hold_s = fleet.now_s
    fleet.run(until=phase_is("return"))
    return_s = fleet.now_s
    assert inhibited_s - lost_s <= 3.2
    assert 9.0 <= hold_s - lost_s <= 10.5
    assert 29.0 <= return_s - lost_s <= 30.5
    fleet.run(limit_s=900.0)
    assert fleet.drones["drone1"].flight.outcome == "returned"
    assert not fleet.log().violations


def test_a_lease_that_comes_back_lets_the_route_go_on(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    granting, fleet.leases = fleet.leases, lambda *_: None
    fleet.run(until=phase_is("hold"))
    fleet.leases = granting
    fleet.run(limit_s=900.0)
    assert fleet.drones["drone1"].flight.outcome == "completed"


@pytest.mark.parametrize("is_asked", [False, True], ids=["the lease is back", "a person resumes"])
def test_a_flight_that_was_held_in_the_climb_never_goes_low_to_its_first_place(fleet_of, is_asked):
    """In the air the autopilot takes a take-off for done, and flies straight to the next place. So the rest of the
    climb comes first."""
    fleet, low_m = fleet_of(route("drone1", 0.0, 62.0)), [0.0]

    def climbed(fleet):
        seen = fleet.drones["drone1"].flight.seen
        low_m.append(float(np.hypot(seen.east_m, seen.north_m)) if seen.height_m < 50.0 else 0.0)
        return seen.height_m > 12.0

    fleet.run(until=climbed)
    flight, granting = fleet.drones["drone1"].flight, fleet.leases
    if is_asked:
        flight.hold()
    else:
        fleet.leases = lambda *_: None
    fleet.run(until=lambda fleet: climbed(fleet) and flight.phase == "hold" and flight.seen.mode == "AUTO.LOITER")
    fleet.leases = granting
    if is_asked:
        assert flight.resume("A. Martin") == ""
    fleet.run(limit_s=900.0, until=lambda fleet: climbed(fleet) and flight.outcome is not None)
    assert flight.outcome == "completed"
    assert max(low_m) < 5.0


def test_the_pilot_wins_and_is_left_alone_until_a_named_person_resumes(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.mavros.pilot("POSCTL")
    taken_s = fleet.now_s
    fleet.run(until=phase_is("pilot"))
    assert drone.flight.sensor_inhibited
    assert drone.flight.hold() != ""
    assert drone.flight.return_home() != ""
    assert drone.flight.abort() != ""
    assert drone.flight.resume("  ") != ""
    granting, fleet.leases = fleet.leases, lambda *_: None  # even a lost lease must cause no command
    fleet.run(limit_s=taken_s + 60.0)
    assert drone.flight.phase == "pilot"
    assert commands(drone, taken_s) == []
    fleet.leases = granting
    fleet.run(limit_s=taken_s + 65.0)
    assert drone.flight.resume("A. Martin") == ""
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "completed"


def test_the_pilot_may_land_it(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.mavros.pilot("AUTO.LAND")
    taken_s = fleet.now_s
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "aborted"
    assert commands(drone, taken_s) == []


def test_a_drained_battery_brings_it_home(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.mavros.drain_battery(0.16)
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "returned"
    assert "battery" in drone.flight.reason
    home, last = drone.flight.route.home, fleet.log().drones["drone1"].truth_m[-1]
    assert np.hypot(last[0] - home.east_m, last[1] - home.north_m) < 3.0


def test_the_autopilots_own_failsafe_is_reported_and_never_overridden(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.mavros.drain_battery(0.06)
    drained_s = fleet.now_s
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome in ("returned", "aborted")
    assert "failsafe" in drone.flight.reason
    assert len(commands(drone, drained_s)) <= 1


def test_a_silent_vehicle_ends_in_a_reported_outcome(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.link.cut = True
    cut_s = fleet.now_s
    fleet.run(until=lambda f: not capturing(f))
    assert fleet.now_s - cut_s < 3.5
    fleet.run(limit_s=3000.0)
    assert drone.flight.outcome == "failed"
    assert "silent for too long" in drone.flight.reason
    assert "last heard" in drone.flight.reason


def test_a_vehicle_that_is_heard_again_goes_on(fleet_of):
    """MAVROS restarts within seconds while the uploaded mission goes on: only pictures are lost."""
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    drone = fleet.drones["drone1"]
    drone.link.cut = True
    fleet.run(limit_s=fleet.now_s + 12.0)
    drone.link.cut = False
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "completed"


@pytest.mark.parametrize(("order", "outcome"), [("return_home", "returned"), ("abort", "aborted")])
def test_the_operator_ends_it(fleet_of, order, outcome):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    assert getattr(fleet.drones["drone1"].flight, order)() == ""
    fleet.run(limit_s=900.0)
    assert fleet.drones["drone1"].flight.outcome == outcome


def test_hold_and_resume_go_on_with_the_route(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    flight = fleet.drones["drone1"].flight
    assert flight.hold() == ""
    fleet.run(limit_s=fleet.now_s + 20.0)
    assert flight.phase == "hold"
    assert flight.sensor_inhibited
    assert flight.resume("A. Martin") == ""
    fleet.run(limit_s=900.0)
    assert flight.outcome == "completed"


def test_a_hold_as_the_motors_start_never_leaves_a_drone_low_over_its_pad(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=phase_is("armed"))
    fleet.run(until=lambda fleet: fleet.drones["drone1"].flight.seen.armed)
    flight = fleet.drones["drone1"].flight
    assert flight.hold("held by A. Martin") == ""
    heights_m = [0.0]
    fleet.run(limit_s=fleet.now_s + 60.0, until=lambda _: heights_m.append(flight.seen.height_m) or flight.outcome)
    assert (flight.outcome, flight.seen.armed) == ("aborted", False)
    assert max(heights_m) < 1.0 and "called off" in flight.reason


def test_a_hold_without_an_end_becomes_a_return(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    fleet.run(until=capturing)
    fleet.drones["drone1"].flight.hold()
    fleet.run(limit_s=900.0)
    assert fleet.drones["drone1"].flight.outcome == "returned"


def test_a_busy_autopilot_is_asked_again(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    drone = fleet.drones["drone1"]
    fleet.run(until=lambda f: f.drones["drone1"].flight.preflight_check.startswith("GF_"))
    drone.mavros.refuse_parameters(1.0)
    fleet.run(limit_s=900.0)
    asked = [fields["param_id"] for _, service, fields in drone.link.calls if service == "param/set"]
    assert drone.flight.outcome == "completed"
    assert len(asked) > len(set(asked))


def test_an_autopilot_that_stays_busy_is_not_flown(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    drone = fleet.drones["drone1"]
    drone.mavros.refuse_parameters(600.0)
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "refused"
    assert "the autopilot is busy or does not answer" in drone.flight.reason
    assert not any(service == "cmd/arming" for _, service, _ in drone.link.calls)


def test_an_arming_whose_acknowledgement_is_lost_is_believed_by_the_state_and_not_asked_twice(fleet_of):
    fleet = fleet_of(route("drone1", 0.0, 62.0))
    drone = fleet.drones["drone1"]
    drone.mavros.lose_acknowledgements(60.0)
    fleet.run(limit_s=900.0)
    assert drone.flight.outcome == "completed"
    assert [fields["value"] for _, service, fields in drone.link.calls if service == "cmd/arming"] == [True]


def test_a_wind_beyond_the_drones_limit_brings_it_home_and_one_below_does_not(fleet_of):
    ends = {}
    for wind_mps in (8.0, 12.0):
        fleet = fleet_of(route("drone1", 0.0, 62.0), wind=Wind(from_deg=250.0, speed_mps=wind_mps, gust_mps=0.7))
        fleet.run(limit_s=900.0)
        ends[wind_mps] = fleet.drones["drone1"].flight
    assert (ends[8.0].outcome, ends[8.0].reason) == ("completed", "")
    assert ends[12.0].outcome == "returned" and "wind" in ends[12.0].reason


def test_it_stops_before_a_zone_on_the_way_within_the_error_of_its_position(fleet_of):
    """The zone is absent from the plan."""
    zone = NoFly("school", ((-50.0, 82.0), (100.0, 82.0), (100.0, 84.0), (-50.0, 84.0)), 0.0, 500.0)
    fleet = fleet_of(route("drone1", 0.0, 62.0), no_fly=(zone,))
    drone, seen = fleet.drones["drone1"], []
    fleet.run(until=lambda f: bool(seen.extend(drone.flight.news())), limit_s=900.0)
    assert seen[0].name == "zone near"
    assert "no-fly zone" in drone.flight.reason and drone.flight.outcome == "returned"
    assert fleet.log().drones["drone1"].truth_m[:, 1].max() < 82.0 + 2.0


def test_two_drones_that_are_sent_to_one_place_do_not_meet(fleet_of):
    first, second = route("drone1", 0.0, 62.0), route("drone2", 100.0, 62.0)
    there = first.steps[1].model_copy(update={"dwell_s": 60.0})
    fleet = fleet_of(
        first.model_copy(update={"steps": (there,)}), second.model_copy(update={"steps": (there, *second.steps[2:])})
    )
    fleet.run(until=phase_is("hold"), limit_s=900.0)
    assert "another drone is too near" in fleet.drones["drone1"].flight.reason
    fleet.run(limit_s=fleet.now_s + 60.0)
    assert {drone.flight.phase for drone in fleet.drones.values()} == {"hold"}
    assert apart_m(fleet.log()) > 5.0
