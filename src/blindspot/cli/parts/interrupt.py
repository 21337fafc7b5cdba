"""Ctrl-C and SIGTERM from the first moment on.

Four places delay the interrupt. Inside an import, numpy and other libraries would report it as a broken installation.
Inside a callback of numba's compiler it would be lost. As compiled code makes the object that it returns, the
interrupt would be a SystemError. Inside a callback of the graph rclpy would print its traceback.
"""

from __future__ import annotations

import atexit
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_AGAIN_S = 0.05
_NOT_IN = ("<frozen importlib", "/llvmlite/", "/numba/core/serialize.py", "/blindspot/nodes/graph/guarded.py")


def take_interrupts() -> None:
    """Let Ctrl-C and SIGTERM raise KeyboardInterrupt from here on, delayed while one of these places runs. An
    earlier Ctrl-C, which came while the signal was blocked, is delivered now."""
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    atexit.register(signal.setitimer, signal.ITIMER_REAL, 0.0)  # a delayed one would kill a command that is done


@contextmanager
def handled_by(handler: Callable[[int, FrameType | None], None], *numbers: signal.Signals) -> Iterator[None]:
    """Pass these signals to a handler that only counts: an exception would interrupt a callback of the graph."""
    previous = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def _interrupt(_: int, frame: FrameType | None) -> None:
    while frame is not None:
        if any(place in frame.f_code.co_filename for place in _NOT_IN):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            return
        frame = frame.f_back
    raise KeyboardInterrupt
