"""HiGHS, as we use it."""

import os
import subprocess
import sys


def test_the_solver_prints_nothing():
    """Its greeting included, once a process, which would stand before a JSON document."""
    program = "from blindspot.core.highs import SilentHighs; SilentHighs().run()"
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | paths, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")
