"""The command lines of nodes that run without a launch system."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest
import yaml
from hypothesis import given, strategies as st

from blindspot.core.errors import DependencyError
from blindspot.stack.parts.autopilots import MAVROS
from blindspot.stack.programs.node_command import as_yaml, node_command
from blindspot.stack.programs.processes import Parameter


def test_a_command_line_keeps_the_working_folder_off_the_path(made, node_of):
    what = made("embedded")
    command = node_command(node_of(what, "/drone1/camera"), what.overlay)
    assert command[:4] == (sys.executable, "-P", "-c", "from blindspot_sim.nodes.camera import main; main()")
    assert command[5:7] == ("-r", "__ns:=/drone1")
    assert "source:='renderer'" in command


def test_anothers_node_is_found_as_ros2_run_finds_it(made, node_of, monkeypatch, tmp_path):
    what = made("sitl")
    node = node_of(what, "/drone1/mavros/mavros_node")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path / 'nothing'}:{tmp_path}")
    with pytest.raises(DependencyError, match="package mavros: install ros-jazzy-mavros, source the distribution"):
        node_command(node, what.overlay)
    program = tmp_path / "lib" / "mavros" / "mavros_node"
    program.parent.mkdir(parents=True)
    program.touch()
    command = node_command(node, what.overlay)
    assert command[0] == str(program)
    assert "fcu_url:='udp://127.0.0.1:14540@127.0.0.1:14580'" in command


def test_parameter_files_and_log_level_on_a_command_line(made, node_of, tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("/drone1/camera: {ros__parameters: {binning: 4}}\n")
    what = made("embedded", params_file=own, log_level="warn")
    command = node_command(node_of(what, "/drone1/camera"), *what.parameter_files, log_level=what.log_level)
    files = [after for before, after in pairwise(command) if before == "--params-file"]
    assert files == [str(what.overlay), str(own)]
    assert command[command.index("--log-level") + 1] == "warn"
    assert command.index("--log-level") < command.index("-p")


def test_a_users_file_overrides_a_nodes_own_file(made, node_of, tmp_path, monkeypatch):
    own = tmp_path / "own.yaml"
    own.write_text("/drone1/mavros/mavros: {ros__parameters: {plugin_allowlist: ['*']}}\n")
    program = tmp_path / "lib" / "mavros" / "mavros_node"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    what = made("sitl", params_file=own)
    command = node_command(node_of(what, "/drone1/mavros/mavros_node"), *what.parameter_files)
    files = [after for before, after in pairwise(command) if before == "--params-file"]
    assert files == [str(MAVROS), str(what.overlay), str(own)]


@given(
    st.booleans() | st.integers(-(2**31), 2**31) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.lists(st.text("az'1 ", min_size=1), min_size=1)
)  # fmt: skip
def test_a_parameter_on_the_command_line_is_read_as_it_was_meant(value: Parameter):
    read = yaml.safe_load(as_yaml(value))
    assert read == value
    assert type(read) is type(value)
