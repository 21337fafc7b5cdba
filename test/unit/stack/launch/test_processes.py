"""The processes that a launch file starts, and the end of one of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from test.unit.stack.launch.conftest import (
    FLEET,
    MISSION,
    ROOT,
    TOWN,
    Made,
    node,
    parameter,
    started,
)

from blindspot.cli.law.enclaves import Secured, enclaves
from blindspot.nodes.logbook import ENDS_WITHIN_S
from blindspot.stack.bringup import stack
from blindspot.stack.programs.launch_table import MODES
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervised import HUNG_S
from blindspot.stack.supervisor import RESTARTS


def after(made: Made, code: int, *, is_shutdown: bool = False) -> list[Made]:
    """The actions that follow the end of a node's process."""
    return made.named["on_exit"](SimpleNamespace(returncode=code), SimpleNamespace(is_shutdown=is_shutdown))


def test_there_is_a_launch_file_for_every_mode_and_no_other():
    assert {path.name for path in (ROOT / "launch").iterdir() if path.is_file()} == {
        f"{mode}.launch.py" for mode in MODES
    }


@pytest.mark.parametrize("mode", ["embedded", "sitl", "gazebo"])
def test_it_starts_the_processes_of_bringup(launch, tmp_path, mode):
    actions = launch(mode, mission=str(MISSION), run_dir=str(tmp_path / "run"))
    what = stack(mode, MISSION, Options(run_dir=tmp_path / "run"))
    commands = [made.named["cmd"] for made in started(actions, "ExecuteProcess")]
    assert commands == [list(program.command) for program in what.programs]
    assert {made.args for made in started(actions, "SetEnvironmentVariable")} == set(what.environment.items())
    at_once_first = sorted(what.nodes, key=lambda one: one.after_s)
    for made, expected in zip(started(actions, "Node"), at_once_first, strict=True):
        for name in ("package", "executable", "namespace"):
            assert made.named[name] == getattr(expected, name)
        *files, parameters = made.named["parameters"]
        assert files == [str(file) for file in (expected.parameter_file, what.overlay) if file is not None]
        assert parameters.keys() == expected.parameters.keys()
        assert made.named["arguments"] == list(expected.arguments)
        assert made.named["remappings"] == list(expected.remappings)
        assert made.named["additional_env"] == expected.environment


def test_the_logbook_of_a_launch_has_the_time_for_its_last_reports(launch, tmp_path):
    made = node(launch("embedded", mission=str(MISSION), run_dir=str(tmp_path / "run")), "logbook", "/blindspot")
    assert float(made.named["sigterm_timeout"]) > ENDS_WITHIN_S


def test_the_environment_is_set_before_anything_starts(launch):
    kinds = [type(made).__name__ for made in launch("gazebo", mission=str(MISSION))]
    assert kinds.index("Node") > max(i for i, kind in enumerate(kinds) if kind == "SetEnvironmentVariable")


def test_texts_and_lists_of_names_keep_their_type(launch):
    actions = launch("embedded", mission=str(MISSION))
    source = node(actions, "camera", "/drone1").named["parameters"][1]["source"]
    labels = node(actions, "detector", "/drone1").named["parameters"][1]["labels"]
    assert (source.args[0], source.named["value_type"]) == ("renderer", str)
    assert (labels.args[0][0], labels.named["value_type"]) == ("person", list[str])
    assert parameter(node(actions, "authority", "/blindspot"), "simulated") is True


def test_with_a_keystore_each_node_starts_in_its_own_enclave(launch, tmp_path, monkeypatch):
    (tmp_path / "libfastrtps.so").write_bytes(b"DDS:Auth:PKI-DH")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.delenv("RMW_IMPLEMENTATION", raising=False)
    enclaves(FLEET, tmp_path / "keystore", Secured.embedded)
    monkeypatch.setenv("ROS_SECURITY_KEYSTORE", str(tmp_path / "keystore"))
    made = launch("embedded", fleet=FLEET)
    for one in started(made, "Node"):
        name = f"{one.named['namespace'].rstrip('/')}/{one.named['executable']}"
        assert one.named["ros_arguments"] == ["--enclave", name]
    assert ("ROS_SECURITY_STRATEGY", "Enforce") in [one.args for one in started(made, "SetEnvironmentVariable")]


@pytest.mark.parametrize("name", ["flight_control", "detector", "mavros_node", "authority"])
def test_a_node_that_dies_starts_again_as_often_as_under_the_supervisor(launch, name):
    made = next(made for made in started(launch("sitl", fleet=str(FLEET)), "Node") if made.named["executable"] == name)
    for _ in range(RESTARTS):
        (again,) = after(made, -9)
        assert {**again.named, "on_exit": 0} == {**made.named, "on_exit": 0}
        made = again
    assert after(made, -9) == []


def test_a_discovery_server_that_dies_starts_again(launch, one_drone):
    """Without it a flight_control that is started again in the air finds no MAVROS."""
    (made,) = started(launch("hardware", mission=one_drone, part="ground", peer="192.168.10.1"), "ExecuteProcess")
    for _ in range(RESTARTS):
        (again,) = after(made, -9)
        assert {**again.named, "on_exit": 0} == {**made.named, "on_exit": 0}
        made = again
    assert after(made, -9) == []


@pytest.mark.parametrize("code", [0, 2])
def test_a_node_that_ends_by_itself_or_by_a_mistake_stays_down(launch, code):
    """Launch's own respawn would repeat a start with wrong parameters without an end."""
    assert after(node(launch("sitl", fleet=str(FLEET)), "authority", TOWN), code) == []


def test_the_end_of_the_simulator_ends_the_launch_and_the_end_of_the_launch_restarts_nothing(launch):
    actions = launch("embedded", fleet=str(FLEET))
    simulator = node(actions, "simulator", "/")
    (end,) = after(simulator, -9)
    assert type(end).__name__ == "Shutdown" and "/simulator has ended" in end.named["reason"]
    for made in started(actions, "Node"):
        assert after(made, -2, is_shutdown=True) == []
    gazebo, px4, *_ = started(launch("gazebo", fleet=str(FLEET)), "ExecuteProcess")
    (end,) = after(gazebo, -9)
    assert "gazebo has ended" in end.named["reason"] and after(px4, -9) == []


def test_each_mavros_starts_after_the_one_before(launch):
    later, _ = started(launch("sitl", fleet=str(FLEET)), "TimerAction")
    assert later.named["period"] == 8.0
    assert [made.named["namespace"] for made in later.named["actions"]] == ["/drone2/mavros"]


@pytest.fixture
def frozen(tmp_path):
    """Starts a child of this process under the name of a node, and stops it by a signal."""
    with ExitStack() as ends:

        def start(name: str) -> subprocess.Popen[bytes]:
            script = tmp_path / name
            script.write_text("import time; time.sleep(600)")
            process = subprocess.Popen([sys.executable, str(script)])
            ends.enter_context(process)
            ends.callback(process.kill)
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            return process

        yield start


def test_a_node_that_a_signal_has_stopped_for_long_is_killed_so_that_it_starts_again(
    launch, frozen, monkeypatch, capsys
):
    """`up` hears that it is silent; a launch hears nothing, and the node's own watchdog stands still with it."""
    now_s = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    watch = started(launch("embedded", fleet=str(FLEET)), "TimerAction")[-1]
    running, going_on = SimpleNamespace(is_shutdown=False), SimpleNamespace(is_shutdown=True)
    node_process, simulator, other = frozen("authority"), frozen("simulator"), frozen("editor")
    for passed_s in (0.0, HUNG_S - 1.0, HUNG_S):
        assert node_process.poll() is None
        now_s[0] = 1000.0 + passed_s
        (watch,) = watch.named["actions"][0].named["function"](running)
    assert node_process.wait(10.0) == -signal.SIGKILL and "authority (process" in capsys.readouterr().err
    assert simulator.poll() is other.poll() is None, "the end of the simulator would end the stack"
    assert watch.named["actions"][0].named["function"](going_on) == []
