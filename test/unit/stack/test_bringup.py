"""Which processes each mode has, and that every node knows each parameter that it is given."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.law.clearances.ledger import state_folder
from blindspot.stack.bringup import CONFIG_DIR, stack
from blindspot.stack.programs.dds import Transports
from blindspot.stack.programs.launch_table import MODES
from blindspot.stack.programs.processes import Options

ROOT = Path(__file__).parents[3]
MISSION = ROOT / "config" / "missions" / "crossroads.yaml"
FLEET = ROOT / "config" / "fleets" / "crossroads.yaml"
DDS = "{http://www.eprosima.com}"
FLYING = ("embedded", "sitl", "gazebo", "hardware")
ON_BOARD = ("flight_control", "camera", "detector")
TOWN_WIDE = ("coverage_planner", "authority", "coverage_monitor", "mission_manager", "logbook")


@pytest.mark.parametrize("mode", FLYING)
def test_the_same_nodes_of_ours_run_in_every_mode(made, mode):
    what = made(mode)
    drones = ["drone1"] if mode == "hardware" else ["drone1", "drone2"]
    expected = [f"/{drone}/{name}" for drone in drones for name in ON_BOARD]
    expected += [f"/blindspot/{name}" for name in TOWN_WIDE]
    stand_ins = {"embedded": ["/simulator"], "sitl": [f"/{drone}/gimbal" for drone in drones],
                 "gazebo": ["/blindspot/clock", *(f"/{drone}/gazebo_gimbal" for drone in drones)]}  # fmt: skip
    assert set(what.watched) == {*expected, *stand_ins.get(mode, [])}
    names = [node.full_name for node in what.nodes]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("mode", ["embedded", "hardware"])
def test_both_parts_together_are_the_whole(made, mode, node_of):
    """And they wait for the same nodes, wherever these run."""
    whole, drone, ground = (made(mode, part=part) for part in ("all", "drone", "ground"))
    names = [[node.full_name for node in what.nodes] for what in (whole, drone, ground)]
    assert sorted(names[0]) == sorted(names[1] + names[2])
    managers = [node_of(what, "/blindspot/mission_manager") for what in (whole, ground)]
    assert managers[0].parameters["watched_nodes"] == managers[1].parameters["watched_nodes"]
    assert ground.programs == ()


def test_a_rehearsal_asks_the_gate_before_it_arms_and_is_judged_as_a_real_flight(made, node_of, monkeypatch):
    for rehearse in (True, False):
        what = made("embedded", rehearse=rehearse)
        assert node_of(what, "/simulator").parameters["asks_before_arming"] is rehearse
        judged = node_of(what, "/blindspot/authority").parameters
        assert (judged["rehearse"], judged["simulated"]) == (rehearse, True)
    for mode in ("sitl", "hardware"):
        with pytest.raises(InputError, match=f"is for mode embedded, and this is {mode}"):
            made(mode, rehearse=True)
    monkeypatch.setenv("ROS_SECURITY_KEYSTORE", "/nowhere")
    with pytest.raises(InputError, match="enclaves"):
        made("embedded", rehearse=True)


def test_without_multicast_a_discovery_server_runs_beside_the_nodes(made):
    what = made("embedded", part="drone", peer="10.0.0.2")
    assert what.environment["ROS_DISCOVERY_SERVER"] == "127.0.0.1:11811;10.0.0.2:11811"
    assert [program.name for program in what.programs] == ["discovery_server"]
    assert "ROS_DISCOVERY_SERVER" not in made("embedded", part="drone").environment


def test_parts_talk_in_packets_that_a_radio_may_lose_one_by_one(made, profile_of):
    for part in ("drone", "ground"):
        what = made("embedded", part=part)
        profiles = {profile_of(node, what) for node in what.nodes}
        assert {path.name for path in profiles} <= {"radio.xml", "radio_pictures.xml"}
        for profile in profiles:
            properties = ElementTree.parse(profile).getroot().iter(f"{DDS}property")
            given = {one.find(f"{DDS}name").text: one.find(f"{DDS}value").text for one in properties}
            assert int(given["fastdds.max_message_size"]) <= 1400


@pytest.mark.parametrize("mode", FLYING)
def test_where_all_is_on_one_computer_nothing_is_said_beyond_it(made, mode, profile_of):
    what = made(mode)
    assert {Transports.of(profile_of(node, what)).addresses for node in what.nodes} == {frozenset({"127.0.0.1"})}


@pytest.mark.parametrize("mode", FLYING)
def test_every_parameter_is_declared_by_its_node_with_that_type(made, mode, undeclared):
    for node in made(mode).nodes:
        assert not node.is_ours or undeclared(node) == [], node.full_name


@pytest.mark.parametrize("mode", FLYING)
def test_every_node_of_ours_is_a_module_and_an_installed_executable(made, mode, source_of):
    setups = (ROOT / "setup.py").read_text() + (ROOT / "sim" / "setup.py").read_text()
    for node in made(mode).nodes:
        if node.is_ours:
            assert "\ndef main() -> None:" in source_of(node).read_text()
            assert f'"{node.executable}"' in setups or f'"{node.executable} = {node.module}:main"' in setups


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_its_overlay_and_its_clock(mode):
    overlay = yaml.safe_load((CONFIG_DIR / "params" / f"{mode}.yaml").read_text())
    on_simulated_time = mode in ("embedded", "gazebo")
    assert overlay["/**"] == {"ros__parameters": {"use_sim_time": on_simulated_time}}
    # The simulator makes the clock and must not wait for it.
    assert overlay.get("/simulator", {}) == ({"ros__parameters": {"use_sim_time": False}} if mode == "embedded" else {})


def test_an_unknown_mode_and_a_missing_fleet_are_reported(tmp_path):
    with pytest.raises(InputError, match="mode: flying is unknown; there are embedded, sitl"):
        stack("flying", MISSION, Options(run_dir=tmp_path))
    with pytest.raises(InputError, match="fleet: mode sitl needs a fleet file; name one of config/fleets"):
        stack("sitl", None, Options(run_dir=tmp_path))


def test_a_stack_of_a_mission_has_the_fleet_of_that_mission(tmp_path):
    options = Options(run_dir=tmp_path)
    one, other = (stack("embedded", path, options) for path in (MISSION, FLEET))
    assert one.fleet.names == other.fleet.names == ("drone1", "drone2")
    for what, path in ((one, MISSION), (other, FLEET)):
        assert what.fleet.path == path
        found = {str(node.parameters["fleet"]) for node in what.nodes}
        assert found == {str(path)} and not any("mission" in node.parameters for node in what.nodes)


@pytest.mark.parametrize("mode", FLYING)
def test_a_simulation_keeps_its_journal_itself_and_real_flights_share_one(made, mode, tmp_path, monkeypatch):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))
    what = made(mode)
    folder = state_folder({"BLINDSPOT_STATE": str(tmp_path / "state")}) if mode == "hardware" else tmp_path / "run"
    assert what.journal == folder / "journal.jsonl"
    users = {node.executable: node.parameters["journal"] for node in what.nodes if "journal" in node.parameters}
    assert users == dict.fromkeys(("authority", "mission_manager", "flight_control", "logbook"), str(what.journal))


class TestOneDroneOfSeveral:
    """`part:=drone drone:=NAME`, on the companion computer of each real drone."""

    def test_its_computer_runs_its_own_nodes_alone(self, fleet_of, hardware):
        what = hardware(fleet_of(), part="drone", drone="drone2")
        assert {node.namespace for node in what.nodes} == {"/drone2", "/drone2/mavros"}
        (mavros,) = (node for node in what.nodes if node.package == "mavros")
        assert (mavros.parameters["tgt_system"], mavros.after_s) == (2, 0.0)

    def test_all_computers_together_are_the_whole(self, fleet_of, hardware):
        fleet = fleet_of(drone2={"fcu_url": "serial:///dev/ttyUSB1:921600"})
        ground, *drones = (
            hardware(fleet, part="ground"), *(hardware(fleet, part="drone", drone=f"drone{n}") for n in (1, 2)),
        )  # fmt: skip
        names = sorted(node.full_name for what in (ground, *drones) for node in what.nodes)
        assert names == sorted(node.full_name for node in hardware(fleet).nodes)
        (manager,) = (node for node in ground.nodes if node.executable == "mission_manager")
        aboard = {f"/drone{n}/{name}" for n in (1, 2) for name in ON_BOARD}
        assert aboard <= set(manager.parameters["watched_nodes"])

    def test_a_fleet_of_one_needs_no_name(self, fleet_of, hardware):
        what = hardware(fleet_of(drone2=None), part="drone")
        assert {node.namespace for node in what.nodes} == {"/drone1", "/drone1/mavros"}

    @pytest.mark.parametrize(
        ("options", "problem"),
        [
            ({"part": "drone"}, "drone: is missing, and the fleet has drone1, drone2; name one drone"),
            ({"part": "drone", "drone": "drone9"}, "has no drone drone9; it has drone1, drone2"),
            ({"part": "ground", "drone": "drone1"}, "drone1 is one computer's part; set part:=drone"),
            ({"drone": "drone1"}, "drone1 is one computer's part; set part:=drone"),
        ],
    )
    def test_a_name_that_is_missing_or_out_of_place_is_reported(self, fleet_of, hardware, options, problem):
        with pytest.raises(InputError, match=problem):
            hardware(fleet_of(), **options)

    def test_one_simulator_flies_the_whole_fleet(self, tmp_path):
        with pytest.raises(InputError, match="one simulator flies the whole fleet"):
            stack("embedded", FLEET, Options(tmp_path, part="drone", drone="drone1"))

    def test_the_fleet_file_knows_the_drones_computers(self, fleet_of, hardware):
        fleet = fleet_of(drone1={"peer": "10.0.0.1"}, drone2={"peer": "10.0.0.2"})
        ground = hardware(fleet, part="ground")
        assert ground.environment["ROS_DISCOVERY_SERVER"] == "10.0.0.1:11811;10.0.0.2:11811;127.0.0.1:11811"
        drone = hardware(fleet, part="drone", drone="drone2", peer="10.0.0.9")
        assert drone.environment["ROS_DISCOVERY_SERVER"] == ";127.0.0.1:11811;10.0.0.9:11811"
        with pytest.raises(InputError, match="peer: is missing, and the fleet file gives drone2 one"):
            hardware(fleet, part="drone", drone="drone2")


@pytest.mark.parametrize("mode", FLYING)
def test_in_a_standing_stack_every_node_of_ours_starts_again_but_not_what_carries_the_clock(made, mode):
    what = made(mode, standing=True)
    again = {node.full_name for node in what.nodes if node.starts_again}
    mavros = {node.full_name for node in what.nodes if node.package == "mavros"}
    vital = tuple(node.full_name for node in what.nodes if node.ends_stack)
    assert again == {*what.watched, *mavros} - set(vital)
    assert (*vital, *(program.name for program in what.programs if program.ends_stack)) == {
        "embedded": ("/simulator",), "gazebo": ("/blindspot/parameter_bridge", "/blindspot/clock", "gazebo"),
    }.get(mode, ())  # fmt: skip


@pytest.mark.parametrize("mode", FLYING)
def test_in_one_flight_only_what_it_cannot_do_without_starts_again(made, mode):
    what = made(mode)
    again = {node.executable for node in what.nodes if node.starts_again}
    assert again == {"flight_control", "logbook", *(() if mode == "embedded" else ("mavros_node",))}


def test_the_operator_of_autostart_ends_with_its_mission(made):
    (starter,) = (node for node in made("sitl", autostart=True, standing=True).nodes if node.ends)
    assert not starter.starts_again


HEAPS = """
import ctypes, threading
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fdopen.restype = ctypes.c_void_p
gate = threading.Barrier(9)

def work():
    libc.malloc(1000)
    gate.wait()

for _ in range(8):
    threading.Thread(target=work).start()
gate.wait()
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def test_a_node_that_an_error_ends_has_printed_all_lines_before_it(made):
    code, environ = "print('before'); raise SystemExit('the error')", {**os.environ, **made("embedded").environment}
    done = subprocess.run([sys.executable, "-c", code], env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.stdout.splitlines() == [b"before", b"the error"]


def test_the_threads_of_a_node_share_two_heaps(made):
    def heaps(**environment: str) -> int:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
        done = subprocess.run([sys.executable, "-c", HEAPS], env=kept | environment, capture_output=True, check=True)
        return done.stdout.count(b"<heap nr=")

    assert heaps(**made("embedded").environment) <= 2 < heaps()
