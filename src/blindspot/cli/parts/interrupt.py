"""Ctrl-C and SIGTERM, however early: not in the middle of an import, which numpy and others would tell as a broken
installation, nor in one of numba's compiler's calls back, which would swallow it.
"""

from __future__ import annotations

import signal
from types import FrameType

_AGAIN_S = 0.05
_NOT_IN = ("<frozen importlib", "/llvmlite/")


def take_interrupts() -> None:
    """From here on Ctrl-C and SIGTERM raise KeyboardInterrupt, put off while that can't be; a Ctrl-C that came before,
    while the signal was blocked, counts."""
    for number in (signal.SIGALRM, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _interrupt(_: int, frame: FrameType | None) -> None:
    while frame is not None:
        if any(place in frame.f_code.co_filename for place in _NOT_IN):
            signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)
            return
        frame = frame.f_back
    raise KeyboardInterrupt
