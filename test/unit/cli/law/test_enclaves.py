"""`authority enclaves`, and the bring-up with its keystore: each process gets its own enclave, or nothing starts."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blindspot.cli.law.enclaves import Secured, enclaves
from blindspot.core import InputError
from blindspot.stack.bringup import stack
from blindspot.stack.programs.node_command import node_command
from blindspot.stack.programs.processes import Options

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
TOWN = {
    "authority",
    "console",
    "coverage_monitor",
    "coverage_planner",
    "logbook",
    "mission_manager",
    "operator",
    "preflight",
    "scheduler",
}
ON_BOARD = {"camera", "detector", "flight_control"}


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Make the keystore of a mode and use it, with a Fast DDS that has security."""
    (tmp_path / "libfastrtps.so").write_bytes(b"DDS:Auth:PKI-DH")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    monkeypatch.delenv("RMW_IMPLEMENTATION", raising=False)

    def secured(mode: Secured) -> Path:
        out = tmp_path / "keystore"
        enclaves(FLEET, out, mode)
        monkeypatch.setenv("ROS_SECURITY_KEYSTORE", str(out))
        return out

    return secured


def names(folder: Path) -> set[str]:
    return {path.parent.relative_to(folder / "enclaves").as_posix() for path in folder.rglob("enclaves/**/key.pem")
            if path.is_relative_to(folder / "enclaves")}  # fmt: skip


def test_a_real_fleet_gets_a_keystore_for_the_ground_and_one_for_each_drone(secured):
    out = secured(Secured.hardware)
    for drone in ("drone1", "drone2"):
        own = {f"{drone}/{node}" for node in (*ON_BOARD, "mavros/mavros_node")}
        assert own <= names(out / "drones" / drone) <= own | {f"{drone}/recorder"}
    town = {name for name in names(out) if not name.startswith("drone")}
    assert town == {f"blindspot/{name}" for name in TOWN}


@pytest.mark.parametrize("mode", [Secured.embedded, Secured.sitl])
def test_each_process_of_a_stack_starts_with_its_own_enclave(secured, mode, tmp_path):
    secured(mode)
    what = stack(mode.value, FLEET, Options(tmp_path / "run"))
    assert what.environment["ROS_SECURITY_ENABLE"] == "true"
    for node in what.nodes:
        if node.is_ours:
            command = node_command(node, what.overlay, enclave=what.enclave_of(node))
            assert command[command.index("--enclave") + 1] == node.full_name


def test_a_stack_without_a_keystore_has_no_enclaves(tmp_path, monkeypatch):
    monkeypatch.delenv("ROS_SECURITY_KEYSTORE", raising=False)
    what = stack("embedded", FLEET, Options(tmp_path))
    assert not [name for name in what.environment if name.startswith("ROS_SECURITY")]
    assert {what.enclave_of(node) for node in what.nodes} == {""}


def test_a_missing_enclave_ends_in_one_sentence(secured, tmp_path):
    shutil.rmtree(secured(Secured.embedded) / "enclaves" / "drone2" / "camera")
    with pytest.raises(InputError, match=r"so /drone2/camera can't join the graph; make one: blindspot authority"):
        stack("embedded", FLEET, Options(tmp_path / "run"))


def test_a_discovery_server_and_a_camera_by_topic_have_no_enclave(secured, tmp_path):
    secured(Secured.hardware)
    run = tmp_path / "run"
    with pytest.raises(InputError, match="needs a discovery server, which has no enclave"):
        stack("hardware", FLEET, Options(run, part="drone", drone="drone1", peer="10.0.0.2", camera="/dev/video0",
                                         calibration=run))  # fmt: skip
    with pytest.raises(InputError, match="takes pictures from a driver without an enclave"):
        stack("hardware", FLEET, Options(run, part="drone", drone="drone1", camera="topic:image"))


def test_a_keystore_in_use_does_not_hinder_another(secured, tmp_path):
    secured(Secured.embedded)
    enclaves(FLEET, tmp_path / "another", Secured.sitl)
    assert "drone1/mavros/mavros_node" in names(tmp_path / "another")
