"""The tutorial, from its first command to its last, as a reader runs them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("tutorial", "tutorial_stack", "tutorial_limits")
PAGE = "\n".join((ROOT / "docs" / "guide" / f"{name}.md").read_text() for name in PAGES)
COMMANDS = ("./blindspot ", "cp ", "sed ")
FEWEST_COMMANDS = 12
SAME_EVERYWHERE = ("site", "coverage")
"""Subcommands with an exact output: they print every line of the page. The others print times, too."""
UNTIL = {"up": "ready: 2 drones", "fly": "drone2: en_route"}
"""Subcommands that run in a terminal of their own, and the line at which the reader goes on to the next terminal."""
AFTER = {"down": "fly"}
"""The reader waits for the end of the second before the first."""

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


class Terminal:
    """A command that runs beside the following ones."""

    def __init__(self, command: str, clone: Path, environ: dict[str, str]) -> None:
        self.printed = ""
        self._process = subprocess.Popen(
            command, shell=True, cwd=clone, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip

    def read_until(self, line: str) -> None:
        assert self._process.stdout is not None
        for printed in self._process.stdout:
            self.printed += printed
            if line in printed:
                return
        raise AssertionError(f"ended before {line!r}:\n{self.printed}")

    def wait(self) -> int:
        self.printed += self._process.communicate()[0]
        return self._process.returncode

    def close(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()


@pytest.fixture
def terminals():
    """Running commands by their subcommand; they end with the test."""
    opened: dict[str, Terminal] = {}
    yield opened
    for terminal in opened.values():
        terminal.close()


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_command_does_what_the_page_says(clone, stack_domain, terminals):
    environ = os.environ | {"ROS_DOMAIN_ID": str(stack_domain), "BLINDSPOT_STATE": str(clone / "state")}
    commands = examples()
    assert len(commands) >= FEWEST_COMMANDS
    for command, shown in commands:
        subcommand = command.split()[1]
        if subcommand in UNTIL:
            terminals[subcommand] = Terminal(command, clone, environ)
            terminals[subcommand].read_until(UNTIL[subcommand])
            continue
        if subcommand in AFTER:
            earlier = terminals[AFTER[subcommand]]
            assert earlier.wait() == 0, earlier.printed
        done = subprocess.run(command, shell=True, cwd=clone, env=environ, capture_output=True, text=True, check=False)
        printed = words(done.stdout + done.stderr)
        refused = [line for line in shown if line.startswith("blindspot: ")]
        assert (done.returncode == 0) == (not refused), f"{command}\n{done.stdout}{done.stderr}"
        for line in refused:
            assert words(line) in printed
        if subcommand in SAME_EVERYWHERE:
            assert [line for line in shown if line.strip() != "..." and words(line) not in printed] == []
    assert terminals.keys() == UNTIL.keys()
    assert terminals["up"].wait() == 0, terminals["up"].printed


def test_a_typing_error_is_reported_as_the_page_says(clone):
    mission = clone / "config" / "missions" / "mine.yaml"
    mission.write_text((mission.with_name("crossroads.yaml")).read_text().replace("seed:", "sead:"))
    done = subprocess.run(
        ["./blindspot", "plan", "config/missions/mine.yaml"], cwd=clone, capture_output=True, text=True, check=False
    )
    (line,) = [line for block in blocks() for line in block if "sead" in line]
    assert done.returncode == 2
    assert words(line) in words(done.stderr + done.stdout)
