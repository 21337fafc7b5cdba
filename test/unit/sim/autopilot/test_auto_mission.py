from math import nan

import pytest

from blindspot_sim.airframe.vehicle_config import WindConfig

VIEW_PITCH_DEG, VIEW_YAW_DEG, YAW_LOCK = -60.0, 90.0, 16.0


def view(drone, east_m, north_m, up_m, dwell_s):
    """A view as routes have it: go there, aim (earth-fixed), stay."""
    gimbal = drone.item(1000, nan, nan, 0.0, VIEW_PITCH_DEG, VIEW_YAW_DEG, nan, nan)
    gimbal["x_lat"] = YAW_LOCK
    place = (east_m, north_m, up_m)
    go = drone.item(16, *place, 0.0, 2.0, 0.0, VIEW_YAW_DEG)
    stay = drone.item(19, *place, dwell_s, 0.0, 0.0, VIEW_YAW_DEG)
    return [go, gimbal, stay]


def reached(drone):
    """Reached items in order, each once in a row."""
    seqs = [m["wp_seq"] for _, topic, m in drone.messages if topic == "mission/reached"]
    return [seq for index, seq in enumerate(seqs) if index == 0 or seq != seqs[index - 1]]


def test_a_route_of_views_is_flown_to_its_landing(make_drone):
    drone = make_drone()
    items = [drone.item(22, 0, 0, 20.0)]
    items += view(drone, 40.0, 10.0, 25.0, 5.0) + view(drone, 20.0, 50.0, 25.0, 5.0)
    items += [drone.item(16, 0.0, 0.0, 25.0, 0.0, 2.0), drone.item(21, 0.0, 0.0, 0.0)]
    aims = []

    def watch():
        if drone.last.get("mission/waypoints", {}).get("current_seq") in (3, 6):
            truth = drone.mavros.truth
            aims.append((truth.gimbal_pitch_deg, truth.gimbal_heading_deg, truth.east_m, truth.north_m))

    drone.ask("gimbal_control/manager/configure", sysid_primary=-2, compid_primary=-2)
    drone.start_mission(items)
    drone.run(180.0, watch)
    assert reached(drone) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert drone.landed_and_disarmed
    assert drone.modes()[-1] == "AUTO.LOITER"
    assert (VIEW_PITCH_DEG, VIEW_YAW_DEG) in {aim[:2] for aim in aims}
    truth = drone.mavros.truth
    assert (truth.east_m, truth.north_m, truth.up_m) == pytest.approx((0.0, 0.0, 0.0), abs=1.0)


def test_the_aims_of_a_mission_are_denied_unless_the_autopilot_has_the_gimbal_and_leaving_it_gives_that_up(make_drone):
    drone = make_drone()
    drone.start_mission([drone.item(22, 0, 0, 20.0), *view(drone, 20.0, 0.0, 20.0, 200.0)])
    drone.run(50.0)
    assert drone.mavros.truth.gimbal_pitch_deg == 0.0
    again = make_drone()
    again.ask("gimbal_control/manager/configure", sysid_primary=-2, compid_primary=-2)
    again.start_mission([again.item(22, 0, 0, 20.0), *view(again, 20.0, 0.0, 20.0, 200.0)])
    again.run(50.0)
    assert again.mavros.truth.gimbal_pitch_deg == VIEW_PITCH_DEG
    again.mavros.call("set_mode", {"base_mode": 0, "custom_mode": "AUTO.LOITER"}, lambda _: None)
    again.run(1.0)
    again.mavros.call("set_mode", {"base_mode": 0, "custom_mode": "AUTO.MISSION"}, lambda _: None)
    again.run(1.0)
    assert again.mavros.autopilot.gimbal.controller == ""


def test_a_change_of_speed_is_obeyed(make_drone):
    drone = make_drone()
    slower = drone.item(178, nan, nan, 0.0, 1.0, 2.0)
    items = [drone.item(22, 0, 0, 15.0), slower, drone.item(16, 0.0, 100.0, 15.0, 0.0, 2.0)]
    speeds = []
    drone.start_mission(items)
    drone.run(60.0, lambda: speeds.append(drone.mavros.truth.velocity_north_mps))
    assert 1.7 < max(speeds) < 2.2


def test_a_leg_keeps_to_its_line_in_wind_from_the_side(make_drone):
    drone = make_drone(drag_per_s=0.45, wind=WindConfig(6.0, 0.0, 1.0))
    along = drone.item(178, nan, nan, 0.0, 1.0, 8.0)
    drone.start_mission([drone.item(22, 0, 0, 15.0), along, drone.item(16, 0.0, 240.0, 15.0, 0.0, 2.0)])
    off_m = []
    drone.run(70.0, lambda: off_m.append(abs(drone.mavros.truth.east_m)))
    assert reached(drone)[-1] == 2
    assert max(off_m) < 2.0


def test_return_ends_a_mission_in_auto_rtl_and_then_hold(make_drone):
    drone = make_drone()
    drone.start_mission([drone.item(22, 0, 0, 20.0), drone.item(16, 30.0, 0.0, 20.0, 0.0, 2.0), drone.item(20)])
    drone.run_until(lambda: drone.mode == "AUTO.RTL", 60.0)
    drone.run_until(lambda: drone.landed_and_disarmed, 90.0)
    assert drone.modes()[-3:] == ["AUTO.MISSION", "AUTO.RTL", "AUTO.LOITER"]


def test_a_mission_pauses_and_resumes_where_it_was(make_drone):
    drone = make_drone()
    drone.start_mission([drone.item(22, 0, 0, 15.0), drone.item(16, 0.0, 80.0, 15.0, 0.0, 2.0), drone.item(20)])
    drone.run_until(lambda: drone.mavros.truth.north_m > 30.0, 60.0)
    drone.ask("set_mode", base_mode=0, custom_mode="AUTO.LOITER")
    drone.run(15.0)
    stopped_m = drone.mavros.truth.north_m
    assert 30.0 < stopped_m < 45.0
    drone.run(5.0)
    assert drone.mavros.truth.north_m == pytest.approx(stopped_m, abs=0.5)
    drone.ask("set_mode", base_mode=0, custom_mode="AUTO.MISSION")
    drone.run_until(lambda: 2 in reached(drone), 60.0)


def test_an_item_that_the_autopilot_does_not_know_refuses_the_list(make_drone):
    drone = make_drone()
    answer = drone.ask("mission/push", start_index=0, waypoints=[drone.item(22, 0, 0, 10.0), drone.item(31000)])
    assert answer["success"] is False
    assert drone.ask("mission/pull")["wp_received"] == 0


def test_pulled_items_are_as_the_link_carries_them(make_drone):
    drone = make_drone()
    drone.ask("mission/push", start_index=0, waypoints=[drone.item(22, 1.0, 2.0, 10.0), drone.item(20)])
    pushed = drone.last["mission/waypoints"]["waypoints"]
    assert drone.ask("mission/pull") == {"success": True, "wp_received": 2}
    pulled = drone.last["mission/waypoints"]["waypoints"]
    assert [w["frame"] for w in pushed] == [3, 2]
    assert [w["frame"] for w in pulled] == [6, 2]
    assert pulled[0]["x_lat"] == pytest.approx(pushed[0]["x_lat"], abs=1.1e-7)


@pytest.mark.parametrize(("heading_deg", "flag"), [(247.5, 1.0), (0.0, 0.0)])
def test_the_heading_of_a_loiter_is_pulled_as_a_flag(make_drone, heading_deg, flag):
    drone = make_drone()
    items = [drone.item(22, 0, 0, 10.0), drone.item(19, 0, 0, 10.0, 3.5, 0.0, 0.0, heading_deg)]
    drone.ask("mission/push", start_index=0, waypoints=items)
    drone.ask("mission/pull")
    assert drone.last["mission/waypoints"]["waypoints"][1]["param4"] == flag


def test_one_transfer_at_a_time(make_drone):
    drone = make_drone()
    answers = []
    items = {"start_index": 0, "waypoints": [drone.item(22, 0, 0, 10.0)]}
    drone.mavros.call("mission/push", items, answers.append)
    drone.mavros.call("geofence/pull", {}, answers.append)
    drone.run(1.0)
    assert answers == [{"success": False, "wp_received": 0}, {"success": True, "wp_transfered": 1}]


def test_set_current_jumps(make_drone):
    drone = make_drone()
    items = [drone.item(22, 0, 0, 10.0), drone.item(16, 0, 20.0, 10.0), drone.item(16, 20.0, 0, 10.0)]
    drone.ask("mission/push", start_index=0, waypoints=items)
    assert drone.ask("mission/set_current", wp_seq=2) == {"success": True}
    assert drone.last["mission/waypoints"]["current_seq"] == 2
    assert drone.ask("mission/set_current", wp_seq=3) == {"success": False}


def test_the_same_mission_uploaded_again_goes_on_where_it_was_interrupted(make_drone):
    """Measured on PX4: armed again after a return, it flew straight to the item of the interrupted flight."""
    drone = make_drone()
    items = [drone.item(22, 0, 0, 15.0), *(drone.item(16, e, 0.0, 15.0, 0.0, 2.0) for e in (20.0, 40.0, 60.0))]
    drone.start_mission(items)
    drone.run_until(lambda: drone.last["mission/waypoints"]["current_seq"] == 2, 60.0)
    assert drone.ask("set_mode", base_mode=0, custom_mode="AUTO.RTL")["mode_sent"]
    drone.run_until(lambda: drone.landed_and_disarmed, 120.0)
    assert drone.ask("mission/push", start_index=0, waypoints=items)["success"]
    assert drone.mavros.autopilot.navigator.mission.current == 2
    other = [*items, drone.item(16, 80.0, 0.0, 15.0, 0.0, 2.0)]
    assert drone.ask("mission/push", start_index=0, waypoints=other)["success"]
    assert drone.mavros.autopilot.navigator.mission.current == 0
