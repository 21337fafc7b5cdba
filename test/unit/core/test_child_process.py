"""Child processes that end with their parent."""

import os
import subprocess
import sys

from blindspot.core import die_with_parent

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
