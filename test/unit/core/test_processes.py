"""Child processes that end with their parent, and the number of tasks that a process computes at a time."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blindspot.core import die_with_parent
from blindspot.core.processes import Child, workers

SLEEPER = "import time; time.sleep(600)"


def test_a_child_lives_while_its_parent_does():
    done = subprocess.run([sys.executable, "-c", ""], preexec_fn=die_with_parent(), check=False)
    assert done.returncode == 0


def test_a_child_whose_parent_is_killed_ends():
    code = (
        "import os, subprocess, sys\n"
        "from blindspot.core import die_with_parent\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEPER!r}], preexec_fn=die_with_parent())\n"
        "os.kill(os.getpid(), 9)"
    )
    # The child holds the pipe: `run` ends only when the child has ended, too.
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == -9


def test_a_child_whose_parent_died_before_the_request_ends():
    """The kernel signals only deaths after the request: such a child would live on for ever."""
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        bind, me = die_with_parent(), os.getpid()
        if os.fork() == 0:
            while os.getppid() == me:
                pass
            bind()
            os.write(write, b"alive")
        os._exit(0)
    os.close(write)
    os.waitpid(parent, 0)
    with os.fdopen(read, "rb") as survived:
        assert survived.read() == b""


def ended(child: Child) -> Child:
    while not child.has_ended():
        time.sleep(0.01)
    return child


def test_a_program_may_write_more_than_a_pipe_holds():
    child = ended(Child([sys.executable, "-c", "import sys; print('x' * 10**6); sys.exit('y' * 10**6)"]))
    output, errors = child.close()
    assert (child.process.returncode, child.is_late) == (1, False)
    assert output == "x" * 10**6 + "\n" and errors == "y" * 10**6 + "\n"


def test_a_program_that_is_late_is_killed_and_what_it_wrote_is_kept(tmp_path):
    child = Child(["/bin/sh", "-c", f"echo begun; : > {tmp_path}/begun; exec sleep 600"], 0.0)
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    assert child.has_ended()
    assert child.is_late and child.process.returncode == -9
    assert child.close() == ("begun\n", "")


def test_a_program_is_ended_early():
    child = Child(["sleep", "600"])
    assert not child.has_ended()
    assert child.close() == ("", "") and child.process.returncode == -9 and not child.is_late


def test_a_program_that_is_missing_leaves_no_open_file():
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="nowhere"):
        Child(["/nowhere"])
    assert len(list(Path("/proc/self/fd").iterdir())) == before


GIB = 2**30


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A computer with eight free cores, as files of its kernel below a folder; the process is in /town/planner."""

    def make(available=16 * GIB, cores=8, **groups):
        """`groups`: the files of the groups `top`, `town` and `planner`."""
        monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(cores)))
        (tmp_path / "proc/self").mkdir(parents=True, exist_ok=True)
        (tmp_path / "proc/self/cgroup").write_text("1:name=systemd:/\n0::/town/planner\n")
        (tmp_path / "proc/meminfo").write_text(f"MemTotal: 1 kB\nMemAvailable: {available // 1024} kB\n")
        for group, folder in (("top", ""), ("town", "town"), ("planner", "town/planner")):
            place = tmp_path / "sys/fs/cgroup" / folder
            place.mkdir(parents=True, exist_ok=True)
            for name, text in groups.get(group, {}).items():
                (place / name).write_text(text)
        return tmp_path

    return make


def test_each_core_that_the_process_may_use_computes_a_task(machine):
    assert workers(machine(cores=3)) == 3


def test_a_service_computes_on_the_cores_of_the_narrowest_of_its_groups(machine):
    wide, narrow = {"cpu.max": "400000 100000"}, {"cpu.max": "250000 100000"}
    assert workers(machine(top={"cpu.max": "max 100000"}, town=narrow, planner=wide)) == 2


def test_half_a_core_still_computes_a_task(machine):
    assert workers(machine(planner={"cpu.max": "50000 100000"})) == 1


def test_each_task_at_a_time_finds_free_memory(machine):
    assert workers(machine(available=5 * GIB)) == 5
    assert workers(machine(available=GIB // 2)) == 1


def test_the_memory_of_a_container_counts_without_the_files_that_it_has_read(machine):
    used = {"memory.max": str(4 * GIB), "memory.current": str(3 * GIB), "memory.stat": f"anon 5\ninactive_file {GIB}\n"}
    assert workers(machine(town=used, planner={"memory.max": "max"})) == 2


def test_without_the_kernels_files_one_task_is_computed_at_a_time(tmp_path):
    assert workers(tmp_path) == 1
