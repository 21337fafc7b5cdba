"""`./blindspot test`: style, types, spelling and tests. It prints little when all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from blindspot.setup.layout import Layout

LAB = tuple(f"test/unit/lab/{name}" for name in ("bench", "gazebo", "training"))
"""Tests of the lab: their own run, once a day, since they say nothing of the product. The lab's other folders stay in
every run: recordings of PX4 judge the simulator, the observer judges the fault campaign, exact
solvers judge the covers of a plan, and pages come from code."""


def workers(cores: int) -> int:
    """Number of pytest processes for a whole run: two more than cores, since the three that run nodes and stacks mostly
    wait."""
    return min(max(2, cores) + 2, 5)


def tracked(root: Path) -> list[str]:
    """The files that git tracks. A user's own results beside them stay unchecked. The list is empty outside a git
    repository: the tools then check the whole folder."""
    try:
        listed = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return []
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]


def run_checks(layout: Layout, pytest_arguments: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run every check. The output of a failing check is printed, and the others still run. Returns 0 if all pass, 130
    after Ctrl-C.

    Style, types and spelling are checked while the tests run. Without arguments all tests except the lab's tests run.
    The word `lab` runs the lab's tests; the words after `lab` go to pytest.
    """
    files = tracked(layout.root)
    python = [file for file in files if file.endswith(".py")]
    others = [
        (tool, subprocess.Popen([layout.venv / "bin" / tool, *options], cwd=layout.root, env=environ, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT))
        for tool, *options in (
            ("ruff", "check", "--force-exclude", *python),
            ("ruff", "format", "--check", "--force-exclude", *python),
            ("mypy",),
            ("codespell", *files),
        )
    ]  # fmt: skip
    # The pytest plugins of a ROS 2 distribution fit only the distribution's own pytest.
    plugins = ["-p", "no:launch_testing", "-p", "no:launch_ros"] if layout.distribution else []
    # test/conftest.py has put the groups in order: the longest begin first.
    parallel = ["-n", str(workers(os.cpu_count() or 1)), "--dist", "loadgroup", "--no-loadscope-reorder"]
    match list(pytest_arguments):
        case []:
            asked = [*(f"--ignore={folder}" for folder in LAB), *parallel]
        case ["lab", *words]:
            asked = [*LAB, *(words or parallel)]
        case asked:
            pass
    tests: list[str | Path] = [layout.python, "-m", "pytest", "-q", *plugins, *asked]
    # Bytecode is kept, as for a user: else each of some hundred processes compiles all modules.
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    running = subprocess.Popen(tests, cwd=layout.root, env=kept)
    try:
        failed = running.wait()
    except KeyboardInterrupt:  # pytest receives the signal, too, and prints the progress
        for _, process in others:
            process.terminate()
        running.wait()
        return 130
    for tool, process in others:
        output, _ = process.communicate()
        if process.returncode != 0:
            failed = failed or 1
            print(f"{tool} found:\n{output}", file=sys.stderr)
    return failed
