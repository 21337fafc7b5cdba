"""`./blindspot test`: style, types, spelling and tests; quiet when all is well."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.setup.layout import Layout


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
    tests: list[str | Path] = [layout.python, "-m", "pytest", "-q", *plugins, *pytest_arguments]
    return subprocess.run(tests, cwd=layout.root, env=environ, check=False).returncode or int(failed)
