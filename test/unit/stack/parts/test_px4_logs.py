"""A simulated PX4's logs are kept with the run, for every way of installing PX4."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from blindspot.stack.parts.px4_logs import Px4Logs


class Fleet:
    """A PX4 for each drone, which works in a folder of its own, where it has flown before."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder, self._running = folder, running
        self.run_dir = folder / "run"
        (self.run_dir / "log").mkdir(parents=True)
        self.pids: dict[str, int] = {}

    def rootfs(self, drone: str) -> Path:
        return self._folder / "rootfs" / drone

    def start(self, drone: str, *logs: str) -> None:
        """It writes these files, says so as PX4 does, and works on."""
        before = self.rootfs(drone) / "log" / "2025-03-01" / "08_00_00.ulg"
        before.parent.mkdir(parents=True)
        before.write_text("another run")
        lines = ["INFO  [px4] instance: 0", "INFO  [logger] logger started (mode=all)"]
        for name in logs:
            (self.rootfs(drone) / name).parent.mkdir(parents=True, exist_ok=True)
            (self.rootfs(drone) / name).write_text(f"{drone} {name}")
            lines += ["INFO  [logger] Start file log (type: full)", f"INFO  [logger] Opened full log file: ./{name}"]
        (self.run_dir / "log" / f"px4_{drone}.log").write_text("\n".join(lines))
        self.pids[f"px4_{drone}"] = self._start_in(self.rootfs(drone))

    def _start_in(self, folder: Path) -> int:
        wanders = f"import os, time; os.chdir({str(folder)!r}); print(flush=True); time.sleep(600)"
        process = self._running.enter_context(subprocess.Popen([sys.executable, "-c", wanders], stdout=subprocess.PIPE))
        self._running.callback(process.kill)
        assert process.stdout is not None
        process.stdout.readline()
        return process.pid

    def land(self) -> list[str]:
        """End the run; returns the reported sentences."""
        reported: list[str] = []
        with Px4Logs(self.run_dir, reported.append) as logs:
            logs.find(self.pids)
            self._running.close()
        return reported

    def kept(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in sorted(self.run_dir.glob("*.ulg"))}


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    with ExitStack() as running:
        yield Fleet(tmp_path, running)


def test_only_the_log_of_this_run_is_moved_and_named_by_the_drone(fleet):
    fleet.start("drone1", "log/2025-03-02/09_00_00.ulg")
    assert fleet.land() == []
    assert fleet.kept() == {"drone1.ulg": "drone1 log/2025-03-02/09_00_00.ulg"}
    assert [path.name for path in fleet.rootfs("drone1").glob("log/*/*")] == ["08_00_00.ulg"]


def test_each_arming_is_a_log_of_its_own(fleet):
    fleet.start("drone1", "log/a/1.ulg", "log/a/2.ulg")
    fleet.land()
    assert fleet.kept() == {"drone1.ulg": "drone1 log/a/1.ulg", "drone1-2.ulg": "drone1 log/a/2.ulg"}


def test_drones_keep_their_own_logs_of_one_name(fleet):
    fleet.start("drone1", "log/a/1.ulg")
    fleet.start("drone2", "log/a/1.ulg")
    fleet.land()
    assert fleet.kept() == {"drone1.ulg": "drone1 log/a/1.ulg", "drone2.ulg": "drone2 log/a/1.ulg"}


def test_a_log_that_is_not_there_is_reported_and_the_next_one_is_kept(fleet):
    fleet.start("drone1", "log/a/1.ulg", "log/a/2.ulg")
    gone = fleet.rootfs("drone1") / "log/a/1.ulg"
    gone.unlink()
    assert fleet.land() == [f"drone1's log {gone} can't be kept: No such file or directory"]
    assert set(fleet.kept()) == {"drone1-2.ulg"}


def test_a_drone_that_never_armed_has_no_log(fleet):
    fleet.start("drone1")
    assert fleet.land() == [] and fleet.kept() == {}


def test_no_other_process_is_asked_nor_one_that_has_died(fleet):
    fleet.pids = {"/drone1/camera": 1, "px4_drone1": 2**22}
    assert fleet.land() == [] and fleet.kept() == {}


def test_the_log_of_a_flight_that_was_broken_off_is_kept(fleet):
    fleet.start("drone1", "log/a/1.ulg")

    def fly() -> None:
        with Px4Logs(fleet.run_dir, print) as logs:
            logs.find(fleet.pids)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fly()
    assert set(fleet.kept()) == {"drone1.ulg"}


def test_the_logs_of_each_run_lie_in_its_folder_and_the_rest_in_the_stacks(fleet):
    fleet.start("drone1", "log/a/1.ulg", "log/a/2.ulg")
    fleet.start("drone2", "log/b/1.ulg")
    runs = [fleet.run_dir / name for name in ("evening-1", "evening-2")]
    for run in runs:
        run.mkdir()
    with Px4Logs(fleet.run_dir, print) as logs:
        logs.find(fleet.pids)
        logs.keep(runs[0], ["drone1"])
        output = fleet.run_dir / "log" / "px4_drone1.log"
        (fleet.rootfs("drone1") / "log/a/3.ulg").write_text("drone1 log/a/3.ulg")
        output.write_text(output.read_text() + "\nINFO  [logger] Opened full log file: ./log/a/3.ulg\n")
        logs.keep(runs[1], ["drone1", "drone9"])
    assert [path.name for path in sorted(runs[0].iterdir())] == ["drone1-2.ulg", "drone1.ulg"]
    assert [path.read_text() for path in runs[1].iterdir()] == ["drone1 log/a/3.ulg"]
    assert set(fleet.kept()) == {"drone2.ulg"}
