"""`./blindspot test`: style, types, spelling and tests; quiet when all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.setup.layout import Layout


def workers(cores: int) -> int:
    """Processes of a whole run: one is alone with the tests that need ROS, and waits much of its time."""
    return min(max(2, cores), 4)


def run_checks(layout: Layout, pytest_arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """0 when every check passes; what a failing check says is printed, and the others run all the same."""
    tools = layout.venv / "bin"
    failed = False
    for tool, *options in (("ruff", "check"), ("mypy",), ("codespell",)):
        done = subprocess.run(
            [tools / tool, *options], cwd=layout.root, env=environ, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            failed = True
            print(f"{tool} found:\n{done.stdout}{done.stderr}", file=sys.stderr)
    # A distribution's own pytest plugins are made for its own pytest.
    plugins = ["-p", "no:launch_testing", "-p", "no:launch_ros"] if layout.distribution else []
    asked = list(pytest_arguments) or ["-n", str(workers(os.cpu_count() or 1)), "--dist", "loadgroup"]
    tests: list[str | Path] = [layout.python, "-m", "pytest", "-q", *plugins, *asked]
    return subprocess.run(tests, cwd=layout.root, env=environ, check=False).returncode or int(failed)
