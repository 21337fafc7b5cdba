"""The tutorial, from its first command to its last, as a reader runs them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "guide" / "tutorial.md").read_text()
COMMANDS = ("./blindspot ", "cp ", "sed ")
FEWEST_COMMANDS = 12
SAME_EVERYWHERE = ("site", "coverage")
"""Subcommands with an exact output: they print every line of the page. The others print times, too."""

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


def blocks() -> list[list[str]]:
    """The page's indented blocks, line by line."""
    return [
        re.findall(r"^ {4}(.*)$", block, re.MULTILINE) for block in re.findall(r"(?:^ {4}.*\n)+", PAGE, re.MULTILINE)
    ]


def examples() -> list[tuple[str, list[str]]]:
    """Each command, with the page's output lines after it, in its block or the next one."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks():
        if not block[0].startswith(COMMANDS):
            if not found[-1][1]:
                found[-1][1].extend(block)
            continue
        found += [(line, []) for line in block if line.startswith(COMMANDS)]
        found[-1][1].extend(line for line in block if not line.startswith(COMMANDS))
    return found


@pytest.fixture
def clone(tmp_path):
    """The parts of the repository that the page uses, and the script."""
    shutil.copytree(ROOT / "config", tmp_path / "config", ignore=shutil.ignore_patterns("nantes*"))
    script = tmp_path / "blindspot"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m blindspot.cli "$@"\n')
    script.chmod(0o755)
    return tmp_path


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_command_does_what_the_page_says(clone, stack_domain):
    environ = os.environ | {"ROS_DOMAIN_ID": str(stack_domain)}
    commands = examples()
    assert len(commands) >= FEWEST_COMMANDS
    for command, shown in commands:
        done = subprocess.run(command, shell=True, cwd=clone, env=environ, capture_output=True, text=True, check=False)
        printed = words(done.stdout + done.stderr)
        refused = [line for line in shown if line.startswith("blindspot: ")]
        assert (done.returncode == 0) == (not refused), f"{command}\n{done.stdout}{done.stderr}"
        for line in refused:
            assert words(line) in printed
        if command.split()[1] in SAME_EVERYWHERE:
            assert [line for line in shown if line.strip() != "..." and words(line) not in printed] == []


def test_a_typing_error_is_reported_as_the_page_says(clone):
    mission = clone / "config" / "missions" / "mine.yaml"
    mission.write_text((mission.with_name("crossroads.yaml")).read_text().replace("seed:", "sead:"))
    done = subprocess.run(
        ["./blindspot", "plan", "config/missions/mine.yaml"], cwd=clone, capture_output=True, text=True, check=False
    )
    (line,) = [line for block in blocks() for line in block if "sead" in line]
    assert done.returncode == 2
    assert words(line) in words(done.stderr + done.stdout)
