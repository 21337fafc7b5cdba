"""Child processes that end with their parent."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from blindspot.core import die_with_parent
from blindspot.core.child_process import Child

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
