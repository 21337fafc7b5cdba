"""The script's work: after a set-up that failed only the doctor is started, and only where it can print."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from blindspot.core.errors import DependencyError
from blindspot.setup import __main__ as script
from blindspot.setup.layout import Layout


@pytest.fixture
def started(tmp_path, monkeypatch) -> list[list[str]]:
    """The commands that would be become, on a machine whose set-up fails."""

    def fails(layout: Layout, arguments: Sequence[str]) -> None:
        raise DependencyError("a C++ compiler missing: sudo apt-get install g++")

    commands: list[list[str]] = []
    monkeypatch.setattr(script, "find_layout", lambda *_: Layout(tmp_path))
    monkeypatch.setattr(script, "complete", fails)
    monkeypatch.setattr(script.signal, "pthread_sigmask", lambda *_: None)
    monkeypatch.setattr(script.os, "execve", lambda python, command, environ: commands.append(command) or 0)
    return commands


def environment(root: Path, *packages: str) -> None:
    layout = Layout(root)
    layout.python.parent.mkdir(parents=True)
    layout.python.touch()
    for name in packages:
        (layout.site_packages / name).mkdir(parents=True)


def test_the_doctor_looks_at_a_machine_whose_set_up_fails(started, tmp_path, capsys):
    environment(tmp_path, "typer", "rich")
    assert script.main(["doctor", "--mode", "sitl"]) == 0
    assert started[0][1:] == ["-m", "blindspot.cli", "doctor", "--mode", "sitl"]
    assert "a C++ compiler missing" in capsys.readouterr().err


@pytest.mark.parametrize(("packages", "command"), [((), "doctor"), (("typer",), "doctor"), (("typer", "rich"), "sim")])
def test_without_a_table_to_print_with_and_for_other_commands_it_ends(started, tmp_path, packages, command):
    if packages:
        environment(tmp_path, *packages)
    assert script.main([command]) == 1
    assert started == []


@pytest.mark.parametrize("command", ["setup", "test"])
def test_help_is_printed_without_a_set_up_or_a_test(started, command, capsys):
    assert script.main([command, "--help"]) == 0
    assert f"Usage: ./blindspot {command}" in capsys.readouterr().out
    assert started == []


@pytest.mark.parametrize("order", ["hold", "return", "abort", "resume"])
def test_an_order_to_drones_that_fly_waits_for_no_set_up(started, tmp_path, order):
    environment(tmp_path, "typer")
    assert script.main([order, "drone1"]) == 1, "a set-up that was interrupted is completed first"
    (Layout(tmp_path).site_packages / "blindspot_msgs").mkdir()
    assert script.main([order, "drone1"]) == 0
    assert [command[1:] for command in started] == [["-m", "blindspot.cli", order, "drone1"]]


HELD_MB = """
first = b"w" * 3_000_000
del first
many = [b"x" * 3_000_000 for _ in range(40)]
last = b"y" * 3_000_000
del many
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmRSS")))
"""
"""A program that frees 120 MB below a buffer that it keeps, and prints the memory that it then holds. After it has
freed a large buffer, glibc by itself would keep such memory."""


def test_a_command_returns_the_memory_that_it_frees_unless_the_shell_says_otherwise(started, tmp_path, monkeypatch):
    environment(tmp_path, "typer", "blindspot_msgs")
    held_mb: list[int] = []

    def become(python: Path, command: list[str], environ: dict[str, str]) -> int:
        held_mb.append(int(subprocess.check_output([sys.executable, "-S", "-c", HELD_MB], env=environ)))
        return 0

    monkeypatch.setattr(script.os, "execve", become)
    for name in script.FRUGAL:
        monkeypatch.delenv(name, raising=False)
    assert script.main(["hold", "drone1"]) == 0
    monkeypatch.setenv("MALLOC_MMAP_THRESHOLD_", "30000000")
    assert script.main(["hold", "drone1"]) == 0
    assert held_mb[0] < 60 < held_mb[1]
