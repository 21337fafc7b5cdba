"""Effects of pilot, ground station, environment and a dying MAVROS on the drone."""

from math import hypot

import pytest

from blindspot.flight.vehicle.mavlink import CommandAck, command_ack

AUTHORISED = {"COM_ARM_AUTH_REQ": 1, "COM_ARM_AUTH_ID": 1, "COM_ARM_AUTH_TO": 3.0}


def fly_a_mission(drone):
    drone.start_mission([drone.item(22, 0, 0, 15.0), drone.item(16, 0.0, 200.0, 15.0), drone.item(20)])
    drone.run_until(lambda: drone.mavros.truth.north_m > 20.0, 60.0)


def arm_with_an_authoriser(drone, result, *, checksum_error=0):
    answers = []
    seen = [0]

    def answer():
        asked = [m for _, topic, m in drone.messages if topic == "mavlink_source"]
        if len(asked) > seen[0] and result is not None:
            ack = command_ack(CommandAck(3001, result, asked[-1]["sysid"]), 1, 191)
            drone.mavros.publish("mavlink_sink", {**ack, "checksum": ack["checksum"] ^ checksum_error})
        seen[0] = len(asked)

    drone.mavros.call("cmd/arming", {"value": True}, answers.append)
    drone.run(8.0, answer)
    return answers[0]


def test_lost_sticks_hold_and_then_return(make_drone):
    drone = make_drone()
    fly_a_mission(drone)
    drone.mavros.joystick(True)
    drone.run(5.0)
    assert drone.mode == "AUTO.MISSION"
    drone.mavros.joystick(False)
    drone.run(2.0)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.LOITER", 5)
    drone.run(5.0)
    assert drone.mode == "AUTO.RTL"


def test_lost_sticks_are_excepted_in_missions_by_parameter(make_drone):
    drone = make_drone(parameters={"COM_RCL_EXCEPT": 1})
    fly_a_mission(drone)
    drone.mavros.joystick(True)
    drone.mavros.joystick(False)
    drone.run(8.0)
    assert drone.mode == "AUTO.MISSION"


def test_a_lost_ground_station_does_what_the_parameter_says(make_drone):
    drone = make_drone(ground_station=True, parameters={"NAV_DLL_ACT": 3, "COM_DL_LOSS_T": 4})
    drone.take_off()
    drone.mavros.ground_station(False)
    drone.run(3.0)
    assert drone.last["state"]["system_status"] == 4
    drone.run(8.0)
    assert drone.mode == "AUTO.LAND"


def test_a_mode_flown_by_hand_sinks_without_a_hand(make_drone):
    drone = make_drone()
    drone.take_off()
    drone.ask("set_mode", base_mode=0, custom_mode="POSCTL")
    before_m = drone.mavros.truth.up_m
    drone.run(10.0)
    assert before_m - drone.mavros.truth.up_m == pytest.approx(7.0, abs=1.0)
    drone.mavros.joystick(True)
    drone.run(3.0)
    held_m = drone.mavros.truth.up_m
    drone.run(5.0)
    assert drone.mavros.truth.up_m == pytest.approx(held_m, abs=0.2)


def test_without_satellites_it_lands_and_with_them_it_goes_on(make_drone):
    drone = make_drone()
    fly_a_mission(drone)
    drone.mavros.satellites(0)
    drone.run(4.0)
    assert drone.mode == "AUTO.MISSION"
    drone.run(4.0)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.LAND", 5)
    assert drone.last["global_position/raw/satellites"] == {"data": 0}
    assert not drone.last["estimator_status"]["pos_horiz_abs_status_flag"]
    position = drone.last["local_position/pose"]["pose"]["position"]
    truth = drone.mavros.truth
    assert hypot(position["x"] - truth.east_m, position["y"] - truth.north_m) > 0.5
    drone.mavros.satellites(12)
    drone.run(4.0)
    assert (drone.mode, drone.last["state"]["system_status"]) == ("AUTO.MISSION", 4)


def test_without_a_position_nothing_arms(make_drone):
    drone = make_drone()
    drone.mavros.satellites(0)
    drone.run(7.0)
    assert drone.last["state"]["system_status"] == 0
    assert not drone.ask("cmd/arming", value=True)["success"]


def test_the_pilot_can_stop_the_motors(make_drone):
    drone = make_drone()
    drone.take_off()
    drone.mavros.pilot_disarms()
    drone.run(5.0)
    assert not drone.mavros.truth.armed
    assert drone.mavros.truth.up_m == pytest.approx(0.0, abs=0.1)


def test_a_dead_mavros_is_silent_while_the_drone_flies_on(make_drone):
    drone = make_drone()
    fly_a_mission(drone)
    drone.mavros.kill_mavros()
    before, answers, north_m = len(drone.messages), [], drone.mavros.truth.north_m
    drone.mavros.call("set_mode", {"custom_mode": "AUTO.LAND"}, answers.append)
    drone.run(8.0)
    assert (len(drone.messages), answers) == (before, [])
    assert drone.mavros.truth.north_m > north_m + 20.0
    drone.mavros.start_mavros()
    drone.run(5.0)
    modes = [m["mode"] for _, topic, m in drone.messages[before:] if topic == "state"]
    assert modes[:3] == ["", "CMODE(67371008)", "AUTO.MISSION"]
    assert drone.last["mission/waypoints"]["waypoints"] == []
    drone.run(15.0)
    assert len(drone.last["mission/waypoints"]["waypoints"]) == 3


def test_the_batterys_own_simulation_empties_it_evenly_while_armed(make_drone):
    drone = make_drone(parameters={"SIM_BAT_DRAIN": 100.0, "SIM_BAT_MIN_PCT": 90.0})
    assert drone.mavros.truth.battery_fraction == 1.0
    drone.ask("cmd/arming", value=True)
    drone.run(5.0)
    assert drone.mavros.truth.battery_fraction == pytest.approx(0.95, abs=0.002)
    drone.take_off()
    assert drone.mavros.truth.battery_fraction == pytest.approx(0.9, abs=0.001)


@pytest.mark.parametrize(("result", "armed"), [(None, False), (2, False), (0, True)])
def test_arming_waits_for_its_authoriser(make_drone, result, armed):
    drone = make_drone(parameters=AUTHORISED)
    assert arm_with_an_authoriser(drone, result)["success"] is armed
    assert drone.mavros.truth.armed is armed


def test_an_answer_with_a_wrong_checksum_is_none(make_drone):
    drone = make_drone(parameters=AUTHORISED)
    assert arm_with_an_authoriser(drone, 0, checksum_error=1) == {"success": False, "result": 0}
    assert not drone.mavros.truth.armed


def test_arming_needs_the_authoriser(make_drone):
    drone = make_drone(parameters=AUTHORISED)
    drone.mavros.call("cmd/command", {"command": 400, "param1": 1.0, "param2": 21196.0}, lambda _: None)
    drone.mavros.call("cmd/command_int", {"command": 400, "param1": 1.0, "x": 0, "y": 0, "z": 0.0}, lambda _: None)
    drone.run(10.0)
    assert not drone.mavros.truth.armed


def test_a_rising_wind_carries_a_drone_without_a_position(make_drone):
    drone = make_drone()
    fly_a_mission(drone)
    drone.mavros.wind(6.0, 0.0)
    drone.mavros.satellites(0)
    drone.run_until(lambda: drone.mavros.truth.blind, 10.0)
    drone.run(3.0)
    assert drone.mavros.truth.velocity_east_mps > 3.0


def test_a_muted_topic_is_silent_until_it_is_heard_again(make_drone):
    drone = make_drone()
    for muted, is_published in ((["battery"], False), ([], True)):
        drone.mavros.mute(muted)
        before = len(drone.messages)
        drone.run(5.0)
        topics = {topic for _, topic, _ in drone.messages[before:]}
        assert ("battery" in topics) == is_published and "sys_status" in topics
