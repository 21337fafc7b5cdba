"""The disk of a run fills up with drones in the air: the flight ends as planned, and its outcome is reported."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A separate disk for the first run of the test, with the room that pre-flight requires."""
    folder = tmp_path / "runs0"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3g", "tmpfs", str(folder)], capture_output=True)
    if mounted.returncode:
        pytest.skip("NOT TESTED: nobody but root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, folder: Path) -> None:
    """Fill the disk to the last byte: shrink it to its contents, and use up the rest."""
    used = os.statvfs(disk)
    size = (used.f_blocks - used.f_bfree) * used.f_bsize + 65536
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)
    with (folder / "filler").open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * 4096)


@pytest.mark.thorough
def test_a_full_disk_ends_no_flight(
    small_disk: Path, patrol: Path, planned: tuple[str, str], sim: Callable[..., Any]
) -> None:
    """A flight_control that dies then is still restarted."""
    run = sim(patrol, "--speed", "6", *planned)
    assert run.out == small_disk
    run.wait_for("drone1: en_route")
    fill(small_disk, run.run_dir)
    os.kill(run.pids["/drone1/flight_control"], signal.SIGKILL)
    run.end()
    printed = run.printed.read_text()
    assert "Traceback" not in printed
    assert "drone1: landed" in printed
    assert "can't be written" in printed or "No space left" in printed
    assert any(line.startswith(("completed", "returned")) for line in printed.splitlines()), printed
    for file in run.run_dir.glob("*.json"):
        json.loads(file.read_text())  # either complete or absent
    assert run.left_behind() == []
