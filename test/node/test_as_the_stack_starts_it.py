"""Nodes in their own processes, started as a stack starts them: the sockets and memory that each opens."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import Opened
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor

MB8 = 8 * 1024**2


@pytest.fixture
def started(ros_domain, mission_path, tmp_path, monkeypatch, leasing):
    """Starts some nodes of drone1; the process of each, once it has received or published a message."""
    monkeypatch.setenv("ROS_DOMAIN_ID", str(ros_domain))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(entry for entry in sys.path if entry))
    with ExitStack() as running:

        def start(*names: str, **options: str) -> dict[str, Path]:
            key = Path(leasing.key) if "part" in options else None
            what = stack("embedded", mission_path, Options(run_dir=tmp_path, lease_key=key, **options))
            nodes = tuple(node for node in what.nodes if node.full_name in {f"/drone1/{name}" for name in names})
            supervisor = running.enter_context(Supervisor(replace(what, nodes=nodes, programs=()), tmp_path))
            processes = {name: Path(f"/proc/{supervisor.pids[f'/drone1/{name}']}") for name in names}
            deadline_s = time.monotonic() + 60.0
            while not all(Opened.by(ros_domain, process).addresses for process in processes.values()):
                assert time.monotonic() < deadline_s and not supervisor.ended()
            return processes

        yield start


def segments(process: Path) -> list[Path]:
    """Files of DDS in the memory of a process."""
    lines = (process / "maps").read_text().splitlines()
    return [Path(line.split(maxsplit=5)[5]) for line in lines if "/dev/shm/" in line and "/dev/shm/lttng" not in line]


def modes(files: list[Path]) -> set[int]:
    """Rights of the files that are still there; a port of DDS may vanish between two looks."""
    found = set()
    for file in files:
        with suppress(FileNotFoundError):
            found.add(stat.S_IMODE(file.stat().st_mode))
    return found


def test_on_one_computer_flight_nodes_share_no_memory_and_no_socket_leaves_it(started, ros_domain):
    processes = started("flight_control", "camera", "detector")
    opened = {name: Opened.by(ros_domain, process) for name, process in processes.items()}
    assert {name: max(one.segments, default=0) >= MB8 for name, one in opened.items()} == {
        "flight_control": False, "camera": False, "detector": True,
    }  # fmt: skip
    assert segments(processes["flight_control"]) == segments(processes["camera"]) == []
    for one in opened.values():
        assert one.addresses <= {"127.0.0.1", "239.255.0.1"}
    files = segments(processes["detector"])
    assert files
    deadline_s = time.monotonic() + 60.0  # it is closed once the node is made
    while modes(files) != {0o600}:
        assert time.monotonic() < deadline_s


def test_over_a_radio_flight_nodes_share_no_memory(started, ros_domain):
    processes = started("flight_control", "detector", part="drone")
    assert Opened.by(ros_domain, processes["flight_control"]).segments == ()
    assert max(Opened.by(ros_domain, processes["detector"]).segments) >= MB8


@pytest.fixture
def cores():
    """As many core dumps as this user may have, as for who debugs."""
    usual = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (usual[1], usual[1]))
    yield
    resource.setrlimit(resource.RLIMIT_CORE, usual)


def test_a_crash_of_the_detector_leaves_no_core(cores, started, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    core = subprocess.run(["bash", "-c", "kill -ABRT $$"], cwd=tmp_path, check=False)
    assert core.returncode == -signal.SIGABRT
    left = {path.name for path in tmp_path.iterdir() if "core" in path.name}
    if not left:
        pytest.skip("NOT TESTED: no process leaves a core file here")
    (tmp_path / left.pop()).unlink()
    detector = started("detector")["detector"]
    os.kill(int(detector.name), signal.SIGABRT)
    while detector.exists() and "Z" not in (detector / "stat").read_text().rpartition(")")[2].split()[0]:
        time.sleep(0.05)
    assert [path.name for path in tmp_path.iterdir() if "core" in path.name] == []
