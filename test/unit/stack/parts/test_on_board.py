"""The nodes of a drone."""

from __future__ import annotations

import pytest

from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options

FLYING = ("embedded", "sitl", "gazebo", "hardware")


@pytest.mark.parametrize("mode", FLYING)
def test_only_those_that_pass_pictures_as_messages_share_memory(made, transports, mode):
    what = made(mode)
    sharing = {node.full_name for node in what.nodes if "SHM" in transports(node, what)}
    names = ("detector", *(("camera", "parameter_bridge") if mode == "gazebo" else ()))
    assert sharing == {f"/{drone.name}/{name}" for drone in what.fleet.file.drones for name in names}
    assert all("UDPv4" in transports(node, what) for node in what.nodes)
    assert what.overlay.is_file()


@pytest.mark.parametrize("mode", FLYING)
def test_a_drone_has_a_recorder_where_the_fleet_asks_for_one(
    made, mission_of, node_of, transports, undeclared, mode, tmp_path
):
    """A process that not every run has to pay for. It passes pictures, so it shares memory with who sees."""
    usual = made(mode)
    drones = 1 if mode == "hardware" else 2
    mission = mission_of(drones)
    mission.write_text(mission.read_text() + "record: true\n")
    options = Options(run_dir=tmp_path / "run", camera=str(tmp_path / "video.avi") if mode == "hardware" else "")
    what = stack(mode, mission, options)
    recorders = {f"/drone{number}/recorder" for number in range(1, drones + 1)}
    assert {n.full_name for n in what.nodes} - {n.full_name for n in usual.nodes} == recorders
    assert len(what.nodes) == len(usual.nodes) + drones
    for name in recorders:
        node = node_of(what, name)
        assert "SHM" in transports(node, what)
        assert undeclared(node) == []
        assert (node.starts_again, node.ends) == (False, False)
        assert node.parameters["rehearse"] is False
    assert recorders <= set(node_of(what, "/blindspot/mission_manager").parameters["watched_nodes"])
    assert recorders <= set(what.watched)


def test_the_recorders_of_a_rehearsal_know_of_it(tmp_path, mission_of, undeclared):
    mission = mission_of(2)
    mission.write_text(mission.read_text() + "record: true\n")
    what = stack("embedded", mission, Options(run_dir=tmp_path / "run", rehearse=True))
    recorders = [node for node in what.nodes if node.executable == "recorder"]
    assert [node.parameters["rehearse"] for node in recorders] == [True, True]
    assert [undeclared(node) for node in recorders] == [[], []]


def test_a_drone_with_earlier_recordings_has_a_recorder_that_erases_alone(made, node_of, undeclared, tmp_path):
    """The fleet file may have asked for a recorder when they were made."""
    left = tmp_path / "earlier" / "evening" / "recording" / "drone2-1.mcap"
    left.parent.mkdir(parents=True)
    left.touch()
    what = made("embedded")
    recorders = [node for node in what.nodes if node.executable == "recorder"]
    assert [node.full_name for node in recorders] == ["/drone2/recorder"]
    assert recorders[0].parameters["erase_only"] is True and undeclared(recorders[0]) == []
    assert "/drone2/recorder" not in node_of(what, "/blindspot/mission_manager").parameters["watched_nodes"]
