"""Processes of a benchmark or a search: one that dies ends it with a sentence, and never with a figure."""

import signal

import pytest

from blindspot.core import BlindspotError
from blindspot_lab.bench.tools.workers import fresh_processes


def test_a_killed_process_ends_the_benchmark_with_one_sentence():
    with pytest.raises(BlindspotError, match="was killed"), fresh_processes(2) as pool:
        list(pool.map(signal.raise_signal, [signal.SIGKILL]))


def test_another_error_passes_through():
    with pytest.raises(ValueError, match="invalid literal"), fresh_processes(1) as pool:
        list(pool.map(int, ["two"]))
