from math import hypot

import pytest


def set_parameter(drone, name, value):
    field = {"type": 2, "integer_value": value} if isinstance(value, int) else {"type": 3, "double_value": value}
    assert drone.ask("param/set", force_set=True, param_id=name, value=field)["success"]


def square_fence(drone, half_m):
    corners = [(-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m)]
    return [{**drone.item(5001, e, n, 0.0, 4.0), "frame": 0} for e, n in corners]


def offboard(drone, east_m, north_m, up_m, seconds):
    message = {"coordinate_frame": 1, "type_mask": 2552, "position": {"x": east_m, "y": north_m, "z": up_m}, "yaw": 0.0}
    drone.run(seconds, lambda: drone.mavros.publish("setpoint_raw/local", message))


def go_offboard(drone, east_m, north_m, up_m):
    offboard(drone, 0.0, 0.0, up_m, 1.0)
    answers = []
    drone.mavros.call("set_mode", {"base_mode": 0, "custom_mode": "OFFBOARD"}, answers.append)
    offboard(drone, east_m, north_m, up_m, 2.0)
    assert drone.mode == "OFFBOARD"


def test_first_states_are_old_ones(make_drone):
    drone = make_drone()
    states = [m for _, topic, m in drone.messages if topic == "state"]
    assert [s["mode"] for s in states[:3]] == ["", "CMODE(50593792)", "AUTO.LOITER"]
    assert [s["connected"] for s in states[:3]] == [False, True, True]
    assert drone.last["state"]["system_status"] == 3


def test_mode_that_cannot_run_is_shown_while_disarmed_and_prevents_arming(make_drone):
    drone = make_drone()
    assert drone.ask("set_mode", base_mode=0, custom_mode="AUTO.MISSION") == {"mode_sent": True}
    drone.run(1.2)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.MISSION", 0)
    assert drone.ask("cmd/arming", value=True) == {"success": False, "result": 1}


def test_unknown_mode_is_not_sent(make_drone):
    assert make_drone().ask("set_mode", base_mode=0, custom_mode="NOT.A.MODE") == {"mode_sent": False}


def test_arming_twice_is_no_error_and_idle_arming_ends(make_drone):
    drone = make_drone()
    assert drone.ask("cmd/arming", value=True) == {"success": True, "result": 0}
    assert drone.ask("cmd/arming", value=True) == {"success": True, "result": 0}
    drone.run(12.0)
    assert drone.landed_and_disarmed


def test_disarming_in_flight_is_refused(make_drone):
    drone = make_drone()
    drone.take_off()
    assert drone.ask("cmd/arming", value=False)["success"] is False


def test_arming_needs_a_ground_station_if_its_loss_matters(make_drone):
    drone = make_drone()
    set_parameter(drone, "NAV_DLL_ACT", 2)
    assert drone.ask("cmd/arming", value=True) == {"success": False, "result": 1}


def test_mission_asked_for_right_after_an_upload_in_flight_is_refused_once(make_drone):
    drone = make_drone()
    drone.take_off()
    drone.ask("mission/push", start_index=0, waypoints=[drone.item(16, 0, 30.0, 15.0), drone.item(20)])
    assert drone.ask("set_mode", base_mode=0, custom_mode="AUTO.MISSION")["mode_sent"]
    drone.run(1.2)
    assert drone.mode == "AUTO.LOITER"
    drone.ask("set_mode", base_mode=0, custom_mode="AUTO.MISSION")
    drone.run(1.2)
    assert drone.mode == "AUTO.MISSION"


@pytest.mark.parametrize(("action", "mode"), [(0, "POSCTL"), (3, "AUTO.RTL"), (4, "AUTO.LAND"), (5, "AUTO.LOITER")])
def test_lost_setpoints_do_what_the_parameter_says(make_drone, action, mode):
    drone = make_drone()
    set_parameter(drone, "COM_OBL_RC_ACT", action)
    drone.take_off()
    go_offboard(drone, 10.0, 0.0, 15.0)
    drone.run(2.3)
    assert (drone.mode, drone.last["state"]["system_status"]) == (mode, 5)


def test_fence_breach_holds_and_then_returns(make_drone):
    drone = make_drone()
    set_parameter(drone, "GF_ACTION", 3)
    assert drone.ask("geofence/push", start_index=0, waypoints=square_fence(drone, 20.0))["success"]
    drone.take_off()
    go_offboard(drone, 10.0, 0.0, 15.0)
    offboard(drone, 40.0, 0.0, 15.0, 5.0)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.LOITER", 5)
    drone.run(6.5)
    assert drone.mode == "AUTO.RTL"
    drone.run_until(lambda: drone.landed_and_disarmed, 120.0)
    assert hypot(drone.mavros.truth.east_m, drone.mavros.truth.north_m) < 2.0


def test_empty_fence_is_refused(make_drone):
    assert make_drone().ask("geofence/push", start_index=0, waypoints=[]) == {"success": False, "wp_transfered": 1}


@pytest.mark.parametrize(("corners", "is_stored"), [(64, True), (65, False)])
def test_a_fence_of_more_corners_than_the_autopilot_stores_is_refused(make_drone, corners, is_stored):
    drone = make_drone()
    (corner, *_) = square_fence(drone, 20.0)
    fence = [{**corner, "param1": float(corners)}] * corners
    assert drone.ask("geofence/push", start_index=0, waypoints=fence)["success"] is is_stored


def test_critical_battery_holds_then_returns_and_an_empty_one_lands(make_drone):
    drone = make_drone()
    set_parameter(drone, "COM_LOW_BAT_ACT", 3)
    drone.take_off()
    drone.mavros.drain_battery(0.069)
    drone.run(2.0)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.LOITER", 5)
    drone.run(5.0)
    assert drone.mode == "AUTO.RTL"
    drone.mavros.drain_battery(0.04)
    drone.run(7.0)
    assert drone.mode == "AUTO.LAND"
    drone.run_until(lambda: drone.landed_and_disarmed, 60.0)


def test_return_goes_to_the_nearest_rally_point(make_drone):
    drone = make_drone()
    set_parameter(drone, "RTL_TYPE", 3)
    points = [drone.item(5100, 30.0, 0.0, 25.0), drone.item(5100, -50.0, 0.0, 25.0)]
    drone.ask("rallypoint/push", start_index=0, waypoints=points)
    drone.take_off()
    go_offboard(drone, 15.0, 0.0, 15.0)
    offboard(drone, 15.0, 0.0, 15.0, 6.0)
    drone.ask("set_mode", base_mode=0, custom_mode="AUTO.RTL")
    highest = [0.0]
    drone.run(100.0, lambda: highest.append(drone.mavros.truth.up_m))
    assert drone.landed_and_disarmed
    assert (drone.mavros.truth.east_m, drone.mavros.truth.north_m) == pytest.approx((30.0, 0.0), abs=1.0)
    assert max(highest) == pytest.approx(25.0 + drone.mavros.params["RTL_RETURN_ALT"], abs=1.0)


def test_the_pilot_takes_over_at_once(make_drone):
    drone = make_drone()
    drone.start_mission([drone.item(22, 0, 0, 15.0), drone.item(16, 0.0, 80.0, 15.0), drone.item(20)])
    drone.run(25.0)
    drone.mavros.pilot("POSCTL")
    drone.run(1.2)
    assert drone.last["state"]["mode"] == "POSCTL"
    assert drone.last["state"]["manual_input"] is True
    assert drone.last["state"]["guided"] is False


def test_unknown_parameter_is_refused(make_drone):
    drone = make_drone()
    answer = drone.ask("param/set", force_set=True, param_id="NO_SUCH", value={"type": 3, "double_value": 1.0})
    assert answer["success"] is False
    assert answer["value"]["type"] == 0


def test_land_and_takeoff_commands(make_drone):
    drone = make_drone()
    drone.ask("cmd/arming", value=True)
    amsl_m = 489.7 + 8.0
    assert drone.ask("cmd/takeoff", min_pitch=0.0, yaw=0.0, latitude=0.0, longitude=0.0, altitude=amsl_m)["success"]
    drone.run(25.0)
    assert drone.mavros.truth.up_m == pytest.approx(8.0, abs=0.5)
    assert drone.ask("cmd/land", min_pitch=0.0, yaw=0.0, latitude=0.0, longitude=0.0, altitude=0.0)["success"]
    drone.run_until(lambda: drone.landed_and_disarmed, 60.0)


def test_a_busy_autopilot_refuses_a_parameter(make_drone):
    drone = make_drone()
    drone.mavros.refuse_parameters(0.3)
    request = {"force_set": True, "param_id": "MIS_TAKEOFF_ALT", "value": {"type": 3, "double_value": 12.0}}
    assert not drone.ask("param/set", **request)["success"]
    drone.run(0.3)
    assert drone.ask("param/set", **request)["success"]
    assert drone.mavros.params["MIS_TAKEOFF_ALT"] == 12.0


def test_a_lost_acknowledgement_is_no_success_after_five_seconds(make_drone):
    drone = make_drone()
    drone.mavros.lose_acknowledgements(1.0)
    answers = []
    drone.mavros.call("cmd/arming", {"value": True}, answers.append)
    drone.run(4.5)
    assert answers == []
    drone.run(1.0)
    assert answers == [{"success": False, "result": 0}]
    assert drone.mavros.truth.armed
    assert drone.ask("cmd/arming", value=False)["success"]
