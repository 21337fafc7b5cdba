"""HiGHS, as we use it."""

import os
import subprocess
import sys

import pytest
from highspy import HighsStatus

from blindspot.core import SilentHighs


def test_the_solver_prints_nothing():
    """Its greeting included, once a process, which would stand before a JSON document."""
    program = "from blindspot.core.highs import SilentHighs; SilentHighs().run()"
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=os.environ | paths, capture_output=True)
    assert (done.returncode, done.stdout) == (0, b"")


def test_every_solver_of_a_process_runs():
    """A process has one pool of HiGHS threads: two solvers with different numbers of threads exclude each other."""
    for _ in range(2):
        solver = SilentHighs()
        column = solver.addBinary(obj=1.0)
        solver.addConstr(column >= 1)
        assert (solver.run(), solver.getOptionValue("threads")[1]) == (HighsStatus.kOk, 1)


def test_a_solver_that_did_not_run_is_an_error():
    solver = SilentHighs()
    solver.addBinary(obj=1.0)
    SilentHighs().run()
    solver.setOptionValue("threads", 2)
    with pytest.raises(RuntimeError, match="HiGHS could not solve"):
        solver.run()
