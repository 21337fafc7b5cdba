"""The compiled kernels: made once in one process. Otherwise the first start and the tests compile them in several."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from blindspot.setup.layout import Layout
from blindspot.setup.shown_commands import CommandError, Progress, run

MISSION = Path("config/missions/crossroads.yaml")


def compile_kernels(layout: Layout, progress: Progress) -> None:
    """Plan and fly the smallest mission, so that numba caches the compiled kernels beside the sources.

    A failure here does not fail the set-up: a missing kernel is compiled when it is first needed.
    """
    command: list[str | Path] = [layout.python, "-m", "blindspot.cli", "sim", layout.root / MISSION, "--in-process"]
    with tempfile.TemporaryDirectory() as scratch:
        try:
            run([*command, "--out", scratch], log=layout.log, environ=layout.environ(os.environ))
        except CommandError:
            progress.detail("left for the first start")
