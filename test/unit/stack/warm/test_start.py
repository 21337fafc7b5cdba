"""Nodes that are forked from a process with their modules: they behave as processes that started by themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from blindspot.stack.warm.start import PYTHON, Forked, WarmStart

WAITS = "import time; print('awake', flush=True); time.sleep(600)"


def until(fact: Callable[[], object]) -> None:
    """Wait for what must happen; the limit only guards against a hang."""
    deadline_s = time.monotonic() + 20.0
    while not fact():
        assert time.monotonic() < deadline_s
        time.sleep(0.005)


class Room:
    """A warm process, and the output of its forks."""

    def __init__(self, folder: Path, *modules: str) -> None:
        self.log = folder / "node.log"
        with (folder / "warm.log").open("ab") as log:
            self.warm = WarmStart(modules, {**os.environ, "OF_THE_STACK": "yes"}, log)
        self.started: list[Forked] = []

    def start(self, text: str, *arguments: str, **environment: str) -> Forked | None:
        with self.log.open("ab") as log:
            forked = self.warm.start("drone1/camera", (*PYTHON, text, *arguments), environment, log)
        self.started += [forked] if forked else []
        return forked

    def run(self, text: str, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code and output."""
        forked = self.start(text, *arguments, **environment)
        assert forked is not None
        until(lambda: forked.poll() is not None)
        return forked.returncode, self.log.read_text()

    def close(self) -> None:
        self.warm.close()
        for forked in self.started:
            if forked.poll() is None:
                os.kill(forked.pid, signal.SIGKILL)
                until(lambda forked=forked: forked.poll() is not None)


@pytest.fixture
def room(tmp_path) -> Iterator[Callable[..., Room]]:
    with ExitStack() as rooms:

        def make(*modules: str) -> Room:
            made = Room(tmp_path, *modules)
            rooms.callback(made.close)
            return made

        yield make


def test_a_fork_finds_the_modules_imported_and_has_its_arguments_and_environment(room):
    prints = "import os, sys; print('colorsys' in sys.modules, sys.argv, os.environ['OF_THE_STACK'], os.environ['OWN'])"
    assert room("colorsys").run(prints, "--ros-args", "a b", OWN="mine") == (
        0, "True ['-c', '--ros-args', 'a b'] yes mine\n"
    )  # fmt: skip


def test_its_exit_code_and_its_errors_are_those_of_a_process_of_its_own(room):
    warm = room()
    assert warm.run("raise SystemExit(3)")[0] == 3
    code, output = warm.run("raise ValueError('no lens')")
    assert code == 1 and output.splitlines()[-1] == "ValueError: no lens"
    assert warm.run("import os; os.kill(os.getpid(), 9)")[0] == -signal.SIGKILL
    assert warm.run("import atexit; atexit.register(print, 'at the end')") == (0, warm.log.read_text())
    assert warm.log.read_text().endswith("at the end\n")


def test_it_shows_its_own_name_and_leads_a_group_of_its_own(room):
    forked = room().start(WAITS)
    assert Path(f"/proc/{forked.pid}/comm").read_text() == "drone1/camera\n"
    assert os.getpgid(forked.pid) == forked.pid and Path(f"/proc/{forked.pid}/fd/0").readlink() == Path(os.devnull)


def test_a_fork_outlives_the_warm_process_and_later_ones_start_by_themselves(room):
    warm = room()
    forked = warm.start(WAITS)
    os.kill(warm.warm.pid, signal.SIGKILL)
    assert warm.start(WAITS) is None and warm.start(WAITS) is None
    assert forked.poll() is None


def test_a_module_that_starts_a_thread_ends_the_warm_process(room, tmp_path, monkeypatch):
    (tmp_path / "threads.py").write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[9]).start()"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), *filter(None, sys.path)]))
    assert room("threads").start(WAITS) is None
    assert "has started a thread" in (tmp_path / "warm.log").read_text()


def test_a_module_that_can_not_be_imported_is_left_to_its_node(room):
    warm = room("no_such_module")
    code, output = warm.run("from no_such_module import main; main()")
    assert code == 1 and output.splitlines()[-1].startswith("ModuleNotFoundError")


def test_another_program_is_not_forked(room, tmp_path):
    with (tmp_path / "other.log").open("ab") as log:
        assert room().warm.start("other", ("/bin/sh", "-c", "true"), {}, log) is None


def test_forks_die_with_a_supervisor_that_is_killed(tmp_path):
    starts_one = (
        "import os, sys, time; from blindspot.stack.warm.start import PYTHON, WarmStart;"
        f"log = open(sys.argv[1], 'ab'); warm = WarmStart((), os.environ, log);"
        f"print(warm.start('one', (*PYTHON, {WAITS!r}), {{}}, log).pid, flush=True); time.sleep(600)"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-c", starts_one, str(tmp_path / "log")]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        pid = int(supervisor.stdout.readline())
        until(lambda: "awake" in (tmp_path / "log").read_text())
        supervisor.kill()
    until(lambda: not Path(f"/proc/{pid}").exists() or "Z" in Path(f"/proc/{pid}/stat").read_text())
