"""Worker processes of the benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from blindspot.core import BlindspotError
from blindspot.core.processes import die_with_parent


@contextmanager
def fresh_processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """New interpreters that end with the benchmark, even after a crash. Otherwise they would work on and then wait.

    Raises BlindspotError if one of them is killed: its work is lost, so the benchmark has no figure.
    """
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=die_with_parent()) as pool:
        try:
            yield pool
        except BrokenProcessPool as error:
            raise BlindspotError(
                "a process of the benchmark was killed, perhaps because memory ran out: end other programs, and run the"
                " benchmark again"
            ) from error
