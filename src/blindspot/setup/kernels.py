"""The compiled kernels: made once, in one process, before the first start and the tests wait for them in several."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from blindspot.setup.console import CommandError, Progress, run
from blindspot.setup.layout import Layout

MISSION = Path("config/missions/crossroads.yaml")


def compile_kernels(layout: Layout, progress: Progress) -> None:
    """Plan and fly the smallest mission, for what numba keeps of it beside the sources.

    No set-up fails by it: what could not be compiled now is compiled when it is first needed.
    """
    command: list[str | Path] = [layout.python, "-m", "blindspot.cli", "sim", layout.root / MISSION, "--in-process"]
    with tempfile.TemporaryDirectory() as scratch:
        try:
            run([*command, "--out", scratch], log=layout.log, environ=layout.environ(os.environ))
        except CommandError:
            progress.detail("left for the first start")
