"""Real processes, started, watched and stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.law.leases.lease_key import load_lease_key
from blindspot.stack.bringup import IN_ORDER
from blindspot.stack.programs.processes import NodeProcess, ProgramProcess, Stack
from blindspot.stack.supervised import Supervised
from blindspot.stack.supervisor import (
    HUNG_S,
    MISTAKE,
    RESTARTED_WITHIN_S,
    RESTARTS,
    RESTARTS_WITHIN_S,
    Exit,
    RestartLimit,
    Supervisor,
)

SLEEPS = "import time; print('awake', flush=True); time.sleep(600)"
PRINTS = """
import os, time
for number in range(1, 4):
    while not os.path.exists(f"{folder}/{{number}}"):
        time.sleep(0.01)
    print("this is line", number, flush=True)
time.sleep(600)
"""
STUBBORN = f"import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); {SLEEPS}"
WITH_CHILD = (
    "import subprocess, sys, time; c = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(c.pid, flush=True); time.sleep(600)"
)


def stack_of(tmp_path: Path, **programs: str) -> Stack:
    """A stack of Python programs, given as source text."""
    processes = tuple(
        ProgramProcess(name, (sys.executable, "-c", text), {"ITS_NAME": name}) for name, text in programs.items()
    )
    return Stack("embedded", None, (), processes, tmp_path / "overlay.yaml", {"OF_THE_STACK": "yes", **IN_ORDER})


def until(fact: Callable[[], object]) -> None:
    """Wait for what must happen; the limit only guards against a hang."""
    deadline_s = time.monotonic() + 20.0
    while not fact():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that ended but was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def log(tmp_path: Path, name: str) -> str:
    return (tmp_path / "log" / f"{name}.log").read_text()


def rotated(tmp_path: Path, name: str) -> str:
    """The youngest old log."""
    path = tmp_path / "log" / f"{name}.log.1"
    return path.read_text() if path.is_file() else ""


def test_a_process_that_ends_is_reported_once_with_its_code_and_last_words(tmp_path):
    with Supervisor(stack_of(tmp_path, brief="print('before'); raise SystemExit('no such town')"), tmp_path) as running:
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert exits == [Exit("brief", 1, "no such town")]
        assert str(exits[0]) == "brief ended with code 1 (no such town)"
        assert running.ended() == []


def test_a_program_that_is_to_run_again_is_started_again(tmp_path):
    quiet = ProgramProcess("server", (sys.executable, "-c", "import time; time.sleep(600)"), starts_again=True)
    stack = Stack("hardware", None, (), (quiet,), tmp_path / "overlay.yaml", {})
    with Supervisor(stack, tmp_path) as running:
        first = running.pids["server"]
        os.kill(first, signal.SIGKILL)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert exits[0].started_again and is_alive(running.pids["server"]) and running.pids["server"] != first


def test_a_process_that_hangs_is_killed_and_started_again(tmp_path):
    """It lives, and says nothing. One that was never heard since its start may still be starting."""
    quiet = ProgramProcess("server", (sys.executable, "-c", STUBBORN), starts_again=True)
    stack = Stack("hardware", None, (), (quiet,), tmp_path / "overlay.yaml", {})
    with Supervisor(stack, tmp_path) as running:
        first = running.pids["server"]
        assert running.kill_hung(["server"], 0.0) == running.kill_hung(["server"], HUNG_S) == ()
        assert running.kill_hung([], 100.0) == running.kill_hung(["server"], 110.0) == ()
        assert running.kill_hung(["server"], 110.0 + HUNG_S - 0.1) == () and is_alive(first)
        assert running.kill_hung(["server"], 110.0 + HUNG_S) == ("server",)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert exits[0].started_again and running.pids["server"] != first
        assert running.kill_hung(["server"], 1000.0) == ()


def test_a_silence_that_ends_in_time_is_no_hang(tmp_path):
    quiet = ProgramProcess("server", (sys.executable, "-c", SLEEPS), starts_again=True)
    with Supervisor(Stack("hardware", None, (), (quiet,), tmp_path / "overlay.yaml", {}), tmp_path) as running:
        for now_s in range(0, 600, 50):
            assert running.kill_hung([], now_s) == running.kill_hung(["server", "other"], now_s + 1.0) == ()
        assert is_alive(running.pids["server"])


def test_a_killed_process_is_reported_by_the_name_of_the_signal(tmp_path):
    with Supervisor(stack_of(tmp_path, quiet="import time; time.sleep(600)"), tmp_path) as running:
        os.kill(running.pids["quiet"], signal.SIGKILL)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert str(exits[0]) == "quiet was killed by SIGKILL"


@pytest.mark.parametrize(
    ("line", "age_s", "is_quoted"),
    [
        ("[INFO] [1.0] [drone1.camera]: capturing", 0.0, True),
        ("[INFO] [1.0] [drone1.camera]: capturing", 60.0, False),
        ("[ERROR] [1.0] [drone1.camera]: no lens", 60.0, True),
        ("[FATAL] [1.0] [drone1.camera]: no lens", 60.0, True),
        ("ValueError: no lens", 60.0, False),
    ],
)
def test_the_last_line_of_a_log_is_quoted_if_it_is_an_error_or_fresh(tmp_path, line, age_s, is_quoted):
    says = f"import time; print({line!r}, flush=True); time.sleep(600)"
    with Supervisor(stack_of(tmp_path, camera=says), tmp_path) as running:
        until(lambda: line in log(tmp_path, "camera"))
        written_s = time.time() - age_s
        os.utime(tmp_path / "log" / "camera.log", (written_s, written_s))
        os.kill(running.pids["camera"], signal.SIGKILL)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
    assert str(exits[0]) == "camera was killed by SIGKILL" + (f" ({line})" if is_quoted else "")


def test_processes_get_the_stacks_environment_and_their_own(tmp_path):
    prints = "import os; print(os.environ['OF_THE_STACK'], os.environ['ITS_NAME'])"
    with Supervisor(stack_of(tmp_path, one=prints), tmp_path) as running:
        until(running.ended)
    assert log(tmp_path, "one") == "yes one\n"


def test_a_log_that_has_grown_large_is_rotated_while_its_process_writes_on(tmp_path, monkeypatch):
    monkeypatch.setattr("blindspot.stack.supervisor.LOGS_LOOK_S", 0.0)
    monkeypatch.setattr("blindspot.stack.programs.log_files.LARGEST_BYTES", 10)
    with Supervisor(stack_of(tmp_path, one=PRINTS.format(folder=tmp_path)), tmp_path) as running:
        for number in ("1", "2", "3"):  # each time it prints one line, which is rotated, and waits for the next file
            (tmp_path / number).touch()
            until(lambda number=number: running.ended() or f"line {number}" in rotated(tmp_path, "one"))
            assert log(tmp_path, "one") == ""
    for number, youngest_first in enumerate(("3", "2", "1"), 1):
        assert (tmp_path / "log" / f"one.log.{number}").read_text() == f"this is line {youngest_first}\n"


def test_the_process_ids_are_written_down(tmp_path):
    with Supervisor(stack_of(tmp_path, one=SLEEPS, two=SLEEPS), tmp_path) as running:
        written = json.loads((tmp_path / "processes.json").read_text())
        assert written == running.pids and set(written) == {"one", "two"}


def test_leaving_stops_every_process(tmp_path):
    with Supervisor(stack_of(tmp_path, one=SLEEPS, two=SLEEPS), tmp_path) as running:
        pids = list(running.pids.values())
        assert all(map(is_alive, pids))
    assert not any(map(is_alive, pids))


def test_an_error_inside_stops_every_process_too(tmp_path):
    supervisor = Supervisor(stack_of(tmp_path, one=SLEEPS), tmp_path)

    def work() -> None:
        with supervisor:
            raise RuntimeError("outside")

    with pytest.raises(RuntimeError, match="outside"):
        work()
    assert len(supervisor.pids) == 1 and not any(map(is_alive, supervisor.pids.values()))


def test_one_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("blindspot.stack.supervisor.STOP_GRACE_S", 0.2)
    with Supervisor(stack_of(tmp_path, deaf=STUBBORN), tmp_path) as running:
        until(lambda: "awake" in log(tmp_path, "deaf"))
        pid = running.pids["deaf"]
    assert not is_alive(pid)


def test_the_children_of_a_killed_process_are_stopped(tmp_path):
    with Supervisor(stack_of(tmp_path, parent=WITH_CHILD), tmp_path) as running:
        until(lambda: log(tmp_path, "parent").endswith("\n"))
        child = int(log(tmp_path, "parent"))
        os.kill(running.pids["parent"], signal.SIGKILL)
        until(running.ended)
    until(lambda: not is_alive(child))


def test_a_program_that_is_not_installed_is_reported_and_the_others_are_stopped(tmp_path):
    stack = stack_of(tmp_path, one=SLEEPS)
    missing = ProgramProcess("autopilot", ("no-such-program-anywhere",))
    broken = Stack(stack.mode, None, (), (*stack.programs, missing), stack.overlay, {})
    supervisor = Supervisor(broken, tmp_path)
    with pytest.raises(DependencyError, match="autopilot needs the program no-such-program-anywhere"), supervisor:
        pass
    assert not any(map(is_alive, supervisor.pids.values()))


def test_processes_die_with_a_supervisor_that_is_killed(tmp_path):
    runs_one = (
        "import sys, time; from pathlib import Path; from blindspot.stack.programs.processes import ProgramProcess;"
        "from blindspot.stack.programs.processes import Stack;"
        "from blindspot.stack.supervisor import Supervisor; folder = Path(sys.argv[1]);"
        "program = ProgramProcess('one', (sys.executable, '-c', 'import time; time.sleep(600)'));"
        "Supervisor(Stack('embedded', None, (), (program,), folder, {}), folder).__enter__(); time.sleep(600)"
    )
    path = os.pathsep.join(entry for entry in sys.path if entry)
    command = [sys.executable, "-c", runs_one, str(tmp_path)]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}) as supervisor:
        until((tmp_path / "processes.json").is_file)
        until(lambda: (tmp_path / "processes.json").read_text().endswith("\n"))
        pid = json.loads((tmp_path / "processes.json").read_text())["one"]
        supervisor.kill()
    until(lambda: not is_alive(pid))


def node_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, *, starts_again: bool = True) -> Stack:
    """A stack of one node, which runs a Python program in its place."""
    monkeypatch.setattr("blindspot.stack.supervisor.node_command", lambda *_, **__: (sys.executable, "-c", text))
    node = NodeProcess("blindspot", "one", "/drone1", starts_again=starts_again)
    return Stack("embedded", None, (node,), (), tmp_path / "overlay.yaml", {})


def test_a_killed_process_that_is_to_run_again_does_and_not_for_ever(tmp_path, monkeypatch):
    with Supervisor(node_stack(tmp_path, monkeypatch, SLEEPS), tmp_path) as running:
        pids = set()
        for attempt in range(RESTARTS + 1):
            pids.add(running.pids["/drone1/one"])
            os.kill(running.pids["/drone1/one"], signal.SIGKILL)
            exits: list[Exit] = []
            until(lambda exits=exits: exits.extend(running.ended()) or exits)
            assert exits[0].started_again == (attempt < RESTARTS)
            assert exits[0].away_s is None or 0.0 < exits[0].away_s <= RESTARTED_WITHIN_S
            assert json.loads((tmp_path / "processes.json").read_text()) == running.pids
        assert len(pids) == RESTARTS + 1 and running.ended() == []
        assert str(exits[0]).startswith("/drone1/one was killed by SIGKILL")
    assert not any(map(is_alive, pids))


def test_a_process_that_can_not_be_started_again_does_not_end_the_others(tmp_path, monkeypatch):
    """For example without memory or processes left, while drones fly."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    stack = replace(node_stack(tmp_path, monkeypatch, SLEEPS), programs=stack_of(tmp_path, two=SLEEPS).programs)
    with Supervisor(stack, tmp_path) as running:
        monkeypatch.setattr("blindspot.stack.supervisor.subprocess.Popen", refuse)
        os.kill(running.pids["/drone1/one"], signal.SIGKILL)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert not exits[0].started_again and "can't be started again" in str(exits[0])
        assert running.ended() == [] and is_alive(running.pids["two"])


def test_old_restarts_do_not_count_in_a_stack_that_runs_for_days():
    limit = RestartLimit()
    for day in range(5):
        for number in range(RESTARTS):
            assert limit.allows("one", -9, day * 86_400.0 + number)
        assert not limit.allows("one", -9, day * 86_400.0 + RESTARTS_WITHIN_S - 1.0)
        assert limit.allows("other", 1, day * 86_400.0)
    assert not limit.allows("fresh", 0, 0.0) and not limit.allows("fresh", MISTAKE, 0.0)


def test_a_node_that_starts_later_is_one_process_from_the_start_and_stops_at_once(tmp_path, monkeypatch):
    stack = node_stack(tmp_path, monkeypatch, SLEEPS)
    later = replace(
        stack, nodes=(replace(stack.nodes[0], after_s=0.01), replace(stack.nodes[0], namespace="/b", after_s=600.0))
    )
    with Supervisor(later, tmp_path) as running:
        first, second = running.pids["/drone1/one"], running.pids["/b/one"]
        until(lambda: "awake" in log(tmp_path, "drone1.one"))
        assert running.pids["/drone1/one"] == first and Supervised(tmp_path).lives("/b/one")
        os.kill(second, signal.SIGKILL)
        until(lambda: any(end.started_again for end in running.ended()))
        until(lambda: "awake" in log(tmp_path, "b.one"))  # a restart does not wait
    assert not is_alive(first)


@pytest.mark.parametrize("end", ["0", "2"])
def test_a_process_that_ends_by_itself_or_by_a_mistake_is_not_started_again(tmp_path, monkeypatch, end):
    with Supervisor(node_stack(tmp_path, monkeypatch, f"raise SystemExit({end})"), tmp_path) as running:
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert not exits[0].started_again


def test_a_process_that_is_not_to_run_again_does_not(tmp_path, monkeypatch):
    with Supervisor(node_stack(tmp_path, monkeypatch, SLEEPS, starts_again=False), tmp_path) as running:
        os.kill(running.pids["/drone1/one"], signal.SIGKILL)
        exits: list[Exit] = []
        until(lambda: exits.extend(running.ended()) or exits)
        assert not exits[0].started_again


def test_supervised_processes_are_noted_for_the_nodes_until_the_end(tmp_path, monkeypatch):
    with Supervisor(node_stack(tmp_path, monkeypatch, SLEEPS, starts_again=False), tmp_path) as running:
        assert Supervised(tmp_path).lives("/drone1/one") is True
        running.shut_down()
        assert Supervised(tmp_path).shuts_down and Supervised(tmp_path).lives("/drone1/one") is True
        os.kill(running.pids["/drone1/one"], signal.SIGKILL)
        until(lambda: Supervised(tmp_path).lives("/drone1/one") is False)
    assert Supervised(tmp_path).lives("/drone1/one") is None


def test_the_key_of_a_runs_leases_is_made_at_its_start(tmp_path, monkeypatch):
    key = tmp_path / "lease" / "lease.key"
    stack = replace(node_stack(tmp_path, monkeypatch, SLEEPS), lease_key=key)
    found = []
    for _ in range(2):
        with Supervisor(stack, tmp_path):
            found.append(load_lease_key(key).private_bytes_raw())
    assert found[0] != found[1]
