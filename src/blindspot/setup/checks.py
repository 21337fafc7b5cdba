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


def tracked(root: Path) -> list[str]:
    """The files that belong to the repository: a user's own results beside them are not judged. Empty where there is
    no git; the tools then take the whole folder."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def run_checks(layout: Layout, pytest_arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """0 when every check passes; what a failing check says is printed, and the others run all the same.

    Style, types and spelling are looked at while the tests run.
    """
    files = tracked(layout.root)
    others = [
        (tool, subprocess.Popen([layout.venv / "bin" / tool, *options], cwd=layout.root, env=environ, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        for tool, *options in (
            ("ruff", "check", "--force-exclude", *(file for file in files if file.endswith(".py"))),
            ("mypy",),
            ("codespell", *files),
        )
    ]  # fmt: skip
    # A distribution's own pytest plugins are made for its own pytest.
    plugins = ["-p", "no:launch_testing", "-p", "no:launch_ros"] if layout.distribution else []
    asked = list(pytest_arguments) or ["-n", str(workers(os.cpu_count() or 1)), "--dist", "loadgroup"]
    tests: list[str | Path] = [layout.python, "-m", "pytest", "-q", *plugins, *asked]
    failed = subprocess.run(tests, cwd=layout.root, env=environ, check=False).returncode
    for tool, process in others:
        told, _ = process.communicate()
        if process.returncode != 0:
            failed = failed or 1
            print(f"{tool} found:\n{told}", file=sys.stderr)
    return failed
