"""The strongest attacks, a short case of each, in one flight: garbage, a stranger who looks for clear pictures, and a
full disk. The other tests of this folder try each of them alone and for longer.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rclpy")

from test.attacks.test_clear_pictures import doors, hears_no_clear_picture
from test.attacks.test_full_disk import fill, small_disk
from test.attacks.test_garbage import garbage

THROWS, MOST = 40, 2000
REACHED = {"/drone1/drone_status", "/drone1/camera/pose", "/blindspot/heartbeat", "/drone1/fly_rest"}
"""The garbage goes on until it has reached these: a busy machine finds the subscribers late."""
RUN_DISK = small_disk


@pytest.mark.slow
def test_a_flight_under_garbage_a_stranger_and_a_full_disk_ends_well_and_shows_nothing(
    small_disk: Path, patrol: Path, planned: tuple[str, str], sim: Callable[..., Any]
) -> None:
    known = set(doors())
    run = sim(patrol, "--speed", "4", *planned)
    run.wait_for("drone1: en_route")
    pids = run.pids
    hears_no_clear_picture(run, pids, known)

    with garbage(run.domain, 1) as node:
        for number in range(MOST):
            if number >= THROWS and node.sent >= REACHED:
                break
            if number % 20 == 0:
                node.look(everything=False)
            node.throw()
    assert node.sent >= REACHED
    assert run.process.poll() is None and run.pids == pids, "no node ends"

    fill(small_disk, run.run_dir)
    os.kill(pids["/drone1/flight_control"], signal.SIGKILL)
    run.end()
    printed = run.printed.read_text()
    assert "Traceback" not in printed and "drone1: landed" in printed
    assert "can't be written" in printed or "No space left" in printed
    ends = ("completed", "returned", "degraded")  # the killed node may still be in use, or not
    assert any(line.startswith(ends) for line in printed.splitlines()), printed
    assert run.left_behind() == [] and set(doors()) <= known
