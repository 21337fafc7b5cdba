import subprocess
import sys

DONE = """
import signal
from blindspot.cli.parts.interrupt import take_interrupts

class Slow:
    def __del__(self):
        sum(range(10_000_000))

take_interrupts()
slow = Slow()
signal.setitimer(signal.ITIMER_REAL, 0.05)
"""
"""An interrupt came during an import, so it was delayed. Then the work ended, and the process takes a while to end."""


def test_a_delayed_interrupt_does_not_kill_a_command_that_is_done():
    assert subprocess.run([sys.executable, "-c", DONE], check=False).returncode == 0


IN_A_KERNEL = """
import signal, time
from typing import NamedTuple
import numba
from blindspot.cli.parts.interrupt import take_interrupts

class Sum(NamedTuple):
    of: int
    total: int

@numba.njit
def added(most):
    total = 0
    for k in range(most):
        total ^= k * total + k
    return Sum(most, total)

added(1)
take_interrupts()
start_s = time.monotonic()
added(100_000_000)
signal.setitimer(signal.ITIMER_REAL, (time.monotonic() - start_s) / 4)
try:
    added(100_000_000)
    signal.pause()
except KeyboardInterrupt:
    print("interrupted")
"""
"""The interrupt comes while compiled code runs, which then makes the object that it returns."""


def test_an_interrupt_of_compiled_code_is_still_one():
    end = subprocess.run([sys.executable, "-c", IN_A_KERNEL], check=False, capture_output=True, text=True)
    assert end.stdout == "interrupted\n", end.stderr
