"""Autopilots: the simulator, or one MAVROS for each drone, and to which link."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.nodes.autopilot.mavros_interface import PUBLISHED, SERVICES, SUBSCRIBED
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
FLYING = ("embedded", "sitl", "gazebo", "hardware")
PLUGIN_OF = {
    "adsb": "adsb", "altitude": "altitude", "battery": "sys_status", "cmd": "command", "estimator_status": "sys_status",
    "extended_state": "sys_status", "geofence": "geofence", "gimbal_control": "gimbal_control",
    "global_position": "global_position", "home_position": "home_position", "local_position": "local_position",
    "mission": "waypoint", "open_drone_id": "open_drone_id", "param": "param",
    "rallypoint": "rallypoint", "set_mode": "sys_status",
    "setpoint_position": "setpoint_position", "setpoint_raw": "setpoint_raw", "state": "sys_status",
    "statustext": "sys_status", "sys_status": "sys_status", "time_reference": "sys_time",
    "vehicle_info_get": "sys_status",
}  # fmt: skip
"""Which of MAVROS's plugins serves the names that begin so (read in its source)."""


def test_embedded_has_one_simulator_with_seed_and_speed_and_nothing_else(made, node_of):
    what = made("embedded", speed_factor=12)
    parameters = node_of(what, "/simulator").parameters
    assert (parameters["seed"], parameters["speed_factor"]) == (5, 12.0)
    assert what.programs == ()
    assert {node.package for node in what.nodes} == {"blindspot", "blindspot_sim"}


def test_a_seed_that_is_not_given_is_the_missions(made, node_of):
    assert node_of(made("embedded", seed=None), "/simulator").parameters["seed"] == 1


def test_sitl_has_a_px4_and_a_mavros_for_each_drone_at_its_pad(made, node_of):
    what = made("sitl")
    for index, drone in enumerate(("drone1", "drone2")):
        mavros = node_of(what, f"/{drone}/mavros/mavros_node")
        assert mavros.parameters == {
            "fcu_url": f"udp://127.0.0.1:{14540 + index}@127.0.0.1:{14580 + index}", "tgt_system": index + 1,
        }  # fmt: skip
        assert mavros.starts_again
        assert what.programs[index].name == f"px4_{drone}"
        assert what.programs[index].command == ("px4", "-i", str(index), "-d")
    north, south = (float(program.environment["PX4_HOME_LAT"]) for program in what.programs)
    assert (north - south) * 111_320 == pytest.approx(80.0, abs=0.5)


def test_hardware_has_mavros_on_the_usual_or_the_given_link(made, node_of):
    what = made("hardware")
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "serial:///dev/ttyACM0:921600"
    assert what.programs == ()


def test_a_link_may_be_named(made, mission_of, node_of):
    what = made("hardware", mission_of(drones=1), fcu_url="udp://:1@10.0.0.7:2")
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "udp://:1@10.0.0.7:2"


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
@pytest.mark.parametrize("url", ["serial:///dev/ttyACM0:921600", "tcp://127.0.0.1:5760", "udp://:14540@10.0.0.7:14580"])
def test_a_real_link_is_refused_in_a_mode_that_simulates(made, mission_of, mode, url):
    """SIM-ONLY would arm it, and pre-flight would ask for no radio control."""
    with pytest.raises(InputError, match=f"^fcu_url: {url} may lead to a real autopilot"):
        made(mode, mission_of(drones=1), fcu_url=url)


@pytest.mark.parametrize("url", ["", "udp://:14540@127.0.0.1:14580"])
def test_a_simulated_px4_is_heard_on_the_loopback_address_alone(made, mission_of, node_of, url):
    what = made("sitl", mission_of(drones=1), fcu_url=url)
    assert node_of(what, "/drone1/mavros/mavros_node").parameters["fcu_url"] == "udp://127.0.0.1:14540@127.0.0.1:14580"


@pytest.mark.parametrize("mode", FLYING)
def test_the_links_decide_which_nodes_are_relaxed_in_simulation(made, mode):
    given = {
        node.full_name: node.parameters["simulated"] for node in made(mode).nodes if "simulated" in node.parameters
    }
    assert {"/blindspot/authority", "/drone1/flight_control", "/drone1/detector"} <= set(given)
    assert set(given.values()) == {mode != "hardware"}


def test_a_system_id_of_the_fleet_file_is_that_of_the_link_and_of_the_simulated_px4(fleet_of, node_of, tmp_path):
    fleet = fleet_of(drone1={"mav_sys_id": 7})
    what = stack("sitl", fleet, Options(tmp_path))
    assert node_of(what, "/drone1/mavros/mavros_node").parameters == {
        "fcu_url": "udp://127.0.0.1:14546@127.0.0.1:14586", "tgt_system": 7,
    }  # fmt: skip
    assert [program.command for program in what.programs] == [("px4", "-i", "6", "-d"), ("px4", "-i", "1", "-d")]
    bridge = node_of(stack("gazebo", fleet, Options(tmp_path)), "/drone1/parameter_bridge")
    assert all("/blindspot_x500_6/" in argument for argument in bridge.arguments)
    assert node_of(stack("embedded", fleet, Options(tmp_path)), "/simulator").parameters["fleet"] == str(fleet)


def test_a_simulated_px4_has_a_system_id_with_a_port_of_its_own(fleet_of, tmp_path):
    with pytest.raises(InputError, match=r"drones\.drone2\.mav_sys_id: is 11, and a simulated PX4 has 1 to 10"):
        stack("sitl", fleet_of(drone2={"mav_sys_id": 11}), Options(tmp_path))


class TestSeveralRealDrones:
    def test_each_has_a_mavros_on_its_own_link(self, fleet_of, hardware, node_of):
        what = hardware(
            fleet_of(
                drone1={"fcu_url": "udp://:14601@10.0.0.1:14600"},
                drone2={"fcu_url": "serial:///dev/ttyUSB7:57600", "mav_sys_id": 40},
            )
        )
        found = [node_of(what, f"/drone{n}/mavros/mavros_node").parameters for n in (1, 2)]
        assert found == [
            {"fcu_url": "udp://:14601@10.0.0.1:14600", "tgt_system": 1},
            {"fcu_url": "serial:///dev/ttyUSB7:57600", "tgt_system": 40},
        ]
        assert node_of(what, "/blindspot/authority").parameters["simulated"] is False

    @pytest.mark.parametrize(
        ("one", "other", "end"),
        [
            ({}, {}, "/dev/ttyACM0"),
            ({}, {"fcu_url": "serial:///dev/ttyACM0:57600"}, "/dev/ttyACM0"),
            ({"fcu_url": "udp://:14540@10.0.0.1:1"}, {"fcu_url": "udp://:14540@10.0.0.2:1"}, "UDP port 14540"),
            ({"fcu_url": "tcp://10.0.0.1"}, {"fcu_url": "tcp://10.0.0.1:5760"}, "10.0.0.1:5760"),
        ],
    )
    def test_two_on_one_computer_never_share_a_link(self, fleet_of, hardware, one, other, end):
        fleet = fleet_of(drone1=one, drone2=other)
        with pytest.raises(
            InputError, match=f"drones: drone1 and drone2 have the same link, {end}; give each drone an fcu_url"
        ):
            hardware(fleet)
        for drone in ("drone1", "drone2"):  # each on its own computer
            hardware(fleet, part="drone", drone=drone)

    def test_a_link_to_one_port_by_two_names_is_one_link(self, fleet_of, hardware, tmp_path):
        (tmp_path / "ttyUSB0").touch()
        (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
        urls = [{"fcu_url": f"serial://{tmp_path / name}:57600"} for name in ("ttyUSB0", "by-id")]
        with pytest.raises(InputError, match="have the same link"):
            hardware(fleet_of(drone1=urls[0], drone2=urls[1]))

    def test_a_link_that_mavros_cannot_read_is_named_with_its_drone(self, fleet_of, hardware):
        with pytest.raises(InputError, match=r"own\.yaml: drones\.drone2\.fcu_url: COM3 is no link that MAVROS knows"):
            hardware(fleet_of(drone2={"fcu_url": "COM3"}))

    def test_one_given_link_is_for_one_drone(self, fleet_of, hardware, node_of):
        url = "udp://:1@10.0.0.7:2"
        with pytest.raises(InputError, match=f"fcu_url: {url} is one link, and drone1, drone2 need their own"):
            hardware(fleet_of(), fcu_url=url)
        what = hardware(fleet_of(drone2={"fcu_url": "/dev/ttyUSB3"}), part="drone", drone="drone2", fcu_url=url)
        assert node_of(what, "/drone2/mavros/mavros_node").parameters["fcu_url"] == url


@pytest.mark.parametrize("mode", ["sitl", "gazebo"])
def test_a_simulation_uses_no_link_to_a_real_drone(fleet_of, node_of, tmp_path, mode):
    what = stack(mode, fleet_of(drone1={"fcu_url": "tcp://10.0.0.7:5760"}), Options(tmp_path))
    assert "10.0.0.7" not in str(node_of(what, "/drone1/mavros/mavros_node").parameters)
    with pytest.raises(InputError, match="is one link, and drone1, drone2 need their own"):
        stack(mode, FLEET, Options(tmp_path, fcu_url="udp://:14540@127.0.0.1:14580"))


def test_each_mavros_starts_after_the_one_before_with_few_threads(made):
    mavros = [node for node in made("sitl").nodes if node.package == "mavros"]
    assert [node.after_s for node in mavros] == [0.0, 8.0]
    assert all(node.environment["MAVROS_UAS_EXECUTOR_THREADS"] == "2" for node in mavros)


@pytest.mark.parametrize("mode", ["sitl", "gazebo", "hardware"])
def test_of_mavros_those_plugins_are_loaded_that_are_spoken_to(made, node_of, mode):
    """Each of its sixty is a node that reads every tick of the clock. `local_position` has its attitude from `imu`."""
    node = node_of(made(mode), "/drone1/mavros/mavros_node")
    given = yaml.safe_load(node.parameter_file.read_text())["/**/mavros/mavros"]["ros__parameters"]
    spoken = {name.split("/")[0] for name in (*PUBLISHED, *SUBSCRIBED, *SERVICES)}
    assert set(given["plugin_allowlist"]) == {PLUGIN_OF[name] for name in spoken} | {"imu"}
