"""Properties of every flight: limits, energy, determinism, plausible telemetry."""

from math import atan2, degrees, hypot, nan

import pytest
from hypothesis import given, settings, strategies as st

from blindspot_sim.airframe.vehicle_config import (
    BatteryConfig,
    GimbalConfig,
    NoiseConfig,
    Position,
    VehicleConfig,
    WindConfig,
)
from blindspot_sim.autopilot.battery import Battery
from blindspot_sim.autopilot.dynamics import braking_speed
from blindspot_sim.autopilot.fence import Fence
from blindspot_sim.autopilot.gimbal import Gimbal
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

places = st.tuples(st.floats(-80, 80), st.floats(-80, 80), st.floats(10, 60))


@settings(max_examples=12, deadline=None)
@given(st.lists(places, min_size=1, max_size=3), st.floats(2, 10), st.floats(0, 6), st.integers(0, 1000))
def test_no_flight_breaks_the_limits(make_drone, route, cruise_mps, wind_mps, seed):
    drone = make_drone(
        seed=seed, parameters={"MPC_XY_CRUISE": cruise_mps}, wind=WindConfig(wind_mps, 0.0, 0.5), noise=NoiseConfig()
    )
    items = [drone.item(22, 0, 0, 15.0), *(drone.item(16, e, n, u, 0.0, 2.0) for e, n, u in route), drone.item(20)]
    previous = [drone.mavros.truth]

    def watch():
        truth, before = drone.mavros.truth, previous[0]
        previous[0] = truth
        speed_mps = hypot(truth.velocity_east_mps, truth.velocity_north_mps)
        assert speed_mps <= 1.15 * cruise_mps + 0.5 * wind_mps + 1.0
        assert -1.6 <= truth.velocity_up_mps <= 3.1
        assert truth.up_m >= 0.0
        assert truth.battery_fraction <= before.battery_fraction
        turned_deg = abs((truth.heading_deg - before.heading_deg + 180.0) % 360.0 - 180.0)
        assert turned_deg <= 45.0 * 0.05 + 1e-6

    drone.start_mission(items)
    drone.run(60.0, watch)


def test_same_seed_and_inputs_say_the_same():
    def fly(seed):
        drone = SimulatedMavros(VehicleConfig(wind=WindConfig(3.0, 1.0, 1.0)), seed=seed)
        drone.step(6.0)
        drone.call("cmd/arming", {"value": True}, lambda _: None)
        drone.step(6.5)
        drone.call("set_mode", {"custom_mode": "AUTO.TAKEOFF"}, lambda _: None)
        drone.step(25.0)
        return repr(drone.drain())

    assert fly(7) == fly(7)
    assert fly(7) != fly(8)


def test_stepping_finely_or_coarsely_says_the_same():
    fine, coarse = (SimulatedMavros(VehicleConfig(), seed=3) for _ in range(2))
    for tick in range(1, 401):
        fine.step(tick * 0.025)
    coarse.step(10.0)
    assert repr(fine.drain()) == repr(coarse.drain())


def test_hover_holds_its_place_in_wind(make_drone):
    drone = make_drone(wind=WindConfig(5.0, 0.0, 0.0))
    drone.take_off()
    drone.run(30.0)
    start = drone.mavros.truth
    drone.run(20.0)
    assert drone.mavros.truth.east_m == pytest.approx(start.east_m, abs=0.5)
    assert abs(drone.mavros.truth.velocity_east_mps) < 0.1


def test_estimate_differs_from_the_truth_and_stays_near_it():
    drone = SimulatedMavros(VehicleConfig(noise=NoiseConfig(0.5, 0.5, 20.0)), seed=5)
    drone.step(300.0)
    truth = drone.truth
    errors = [
        hypot(m["pose"]["position"]["x"] - truth.east_m, m["pose"]["position"]["y"] - truth.north_m)
        for _, topic, m in drone.drain()
        if topic == "local_position/pose"
    ]
    assert 0.1 < sum(errors) / len(errors) < 1.5
    assert max(errors) < 3.0


def test_position_topics_agree(make_drone):
    drone = make_drone(start=Position(100.0, -50.0, 2.0))
    drone.take_off(10.0)
    drone.run(5.0)
    truth, fix, home = drone.mavros.truth, drone.last["global_position/global"], drone.last["home_position/home"]
    assert drone.geo.to_enu(fix["latitude"], fix["longitude"]) == pytest.approx((truth.east_m, truth.north_m), abs=0.1)
    assert fix["altitude"] - home["geo"]["altitude"] == pytest.approx(10.0, abs=0.5)
    assert drone.last["global_position/rel_alt"]["data"] == pytest.approx(truth.up_m - 2.0, abs=0.1)
    assert drone.last["altitude"]["amsl"] == pytest.approx(489.7 + truth.up_m, abs=0.1)
    position = drone.last["local_position/pose"]["pose"]["position"]
    expected = {"x": truth.east_m - 100.0, "y": truth.north_m + 50.0, "z": truth.up_m - 2.0}
    assert position == pytest.approx(expected, abs=0.1)


def test_body_velocity_is_forward_and_left(make_drone):
    drone = make_drone(heading_deg=90.0, wind=WindConfig(0.0, 4.0, 0.0))
    drone.take_off()
    drone.run(0.2)
    body, truth = drone.last["local_position/velocity_body"]["twist"]["linear"], drone.mavros.truth
    assert (body["x"], body["y"]) == pytest.approx((truth.velocity_east_mps, truth.velocity_north_mps), abs=0.05)
    assert drone.last["global_position/raw/satellites"] == {"data": 10}
    fix, raw = drone.last["global_position/global"], drone.last["global_position/raw/fix"]
    assert raw["latitude"] == pytest.approx(fix["latitude"], abs=1e-4)


def test_orientation_is_enu_yaw(make_drone):
    drone = make_drone(heading_deg=30.0)
    q = drone.last["local_position/pose"]["pose"]["orientation"]
    assert degrees(2.0 * atan2(q["z"], q["w"])) == pytest.approx(60.0)
    assert drone.last["global_position/compass_hdg"]["data"] == pytest.approx(30.0)


def test_gimbal_attitude_holds_pitch_and_locked_heading(make_drone):
    drone = make_drone()
    aim = {"pitch": -45.0, "yaw": 90.0, "pitch_rate": nan, "yaw_rate": nan, "flags": 16, "gimbal_device_id": 0}
    assert drone.ask("gimbal_control/manager/pitchyaw", **aim) == {"success": False, "result": 2}, "not in control"
    assert drone.ask("gimbal_control/manager/configure", sysid_primary=1, compid_primary=191)["success"]
    answer = drone.ask("gimbal_control/manager/pitchyaw", **aim)
    assert answer == {"success": True, "result": 0}
    drone.run(3.0)
    q = drone.last["gimbal_control/device/attitude_status"]["q"]
    yaw = atan2(2 * (q["w"] * q["z"] + q["x"] * q["y"]), 1 - 2 * (q["y"] ** 2 + q["z"] ** 2))
    assert degrees(yaw) == pytest.approx(90.0)
    assert drone.mavros.truth.gimbal_pitch_deg == pytest.approx(-45.0)


def test_region_of_interest_is_tracked(make_drone):
    drone = make_drone()
    drone.take_off(20.0)
    lat, lon = drone.geo.to_wgs84(20.0, 0.0)
    drone.ask("gimbal_control/manager/set_roi", mode=0, latitude=lat, longitude=lon, altitude=489.7)
    drone.run(4.0)
    truth = drone.mavros.truth
    assert truth.gimbal_heading_deg == pytest.approx(90.0, abs=2.0)
    assert truth.gimbal_pitch_deg == pytest.approx(-degrees(atan2(truth.up_m, 20.0 - truth.east_m)), abs=2.0)


def test_status_texts_need_a_ground_station(make_drone):
    for present in (False, True):
        drone = make_drone(ground_station=present)
        drone.ask("cmd/arming", value=True)
        drone.run(0.2)
        assert ("statustext/recv" in drone.last) is present


def test_a_topic_can_be_turned_off_but_not_invented():
    drone = SimulatedMavros(VehicleConfig(rates_hz={"local_position/odom": 0.0}), seed=1)
    drone.step(5.0)
    assert "local_position/odom" not in {topic for _, topic, _ in drone.drain()}
    with pytest.raises(KeyError):
        SimulatedMavros(VehicleConfig(rates_hz={"local_position/odo": 1.0}), seed=1)


@given(st.lists(st.tuples(st.floats(-200, 200), st.floats(-720, 720), st.booleans()), min_size=1, max_size=5))
def test_gimbal_never_slews_faster_or_further_than_it_can(aims):
    gimbal = Gimbal(GimbalConfig(-90.0, 20.0, 60.0), 0.0)
    for pitch_deg, yaw_deg, locked in aims:
        gimbal.aim(pitch_deg, yaw_deg, yaw_locked=locked)
        for _ in range(10):
            pitch_before, heading_before = gimbal.pitch_deg, gimbal.heading_deg
            gimbal.step(0.05, 123.0)
            assert abs(gimbal.pitch_deg - pitch_before) <= 3.0 + 1e-9
            assert abs((gimbal.heading_deg - heading_before + 180.0) % 360.0 - 180.0) <= 3.0 + 1e-9
            assert -90.0 <= gimbal.pitch_deg <= 20.0


@given(st.floats(0, 200), st.floats(0.5, 10), st.floats(0.5, 20))
def test_braking_speed_stops_within_the_distance(distance_m, acceleration_mps2, jerk_mps3):
    speed = braking_speed(distance_m, acceleration_mps2, jerk_mps3)
    needed_m = speed * speed / (2 * acceleration_mps2) + 2 * speed * acceleration_mps2 / jerk_mps3
    assert needed_m == pytest.approx(distance_m, abs=1e-6)


@given(st.lists(st.tuples(st.floats(0, 15), st.floats(-3, 3)), max_size=50))
def test_battery_only_loses(flights):
    battery = Battery(BatteryConfig(capacity_wh=1.0))
    for speed_mps, climb_mps in flights:
        before = battery.fraction
        battery.fly(1.0, speed_mps, climb_mps)
        assert 0.0 <= battery.fraction <= before
    battery.drain_to(2.0)
    assert battery.fraction <= 1.0


def test_hover_time_follows_the_power():
    battery = Battery(BatteryConfig(capacity_wh=90.0, hover_w=180.0))
    for _ in range(900):
        battery.fly(1.0, 0.0, 0.0)
    assert battery.fraction == pytest.approx(0.5)


def test_fence_of_two_areas_and_a_hole():
    def square(e, n, half):
        return ((e - half, n - half), (e + half, n - half), (e + half, n + half), (e - half, n + half))

    fence = Fence(
        inside=(square(0, 0, 10), square(50, 0, 10)), outside=(square(0, 0, 2),), outside_circles=((50.0, 0.0, 3.0),)
    )
    assert not any(fence.breached(*place) for place in [(5.0, 5.0), (55.0, 0.0)])
    assert all(fence.breached(*place) for place in [(25.0, 0.0), (1.0, 1.0), (51.0, 1.0)])
