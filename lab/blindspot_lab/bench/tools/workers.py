"""Worker processes of the benchmarks."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from blindspot.core.processes import die_with_parent


def fresh_processes(count: int) -> ProcessPoolExecutor:
    """New interpreters that end with the benchmark, even after a crash. Otherwise they would work on and then wait."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=die_with_parent())
