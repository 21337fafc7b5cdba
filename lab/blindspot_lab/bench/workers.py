"""Processes that a benchmark gives its work to."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from blindspot.core.child_process import die_with_parent


def fresh_processes(count: int) -> ProcessPoolExecutor:
    """New interpreters, which end with the benchmark however it ends: left alone they would work on, and then wait."""
    return ProcessPoolExecutor(count, mp_context=get_context("spawn"), initializer=die_with_parent)
