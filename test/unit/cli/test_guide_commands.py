"""Every `blindspot` command that the guide shows is one that the command line takes, with those options."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from blindspot.cli.__main__ import app

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*(ROOT / "docs").glob("[gc]*/*.md"), ROOT / "README.md"])
SCRIPTS_OWN = ("setup", "test")
"""Words of the script `./blindspot` itself."""
SHOWN = re.compile(r"^ {4,}(?:\$ )?\.?/?blindspot ((?:.*\\\n)*.*)$", re.MULTILINE)
"""A line of an indented block; one that ends in a backslash goes on."""


def commands(page: Path) -> list[str]:
    """Without comments and what stands in a column beside, and with every optional part in square brackets."""
    shown = (re.sub(r"\\\n *", "", line) for line in SHOWN.findall(page.read_text()))
    return [re.sub(r"[\[\]]", " ", re.sub(r"(?:\s#|&&|;|\||\s{3}).*", "", line)) for line in shown]


SHOWN_COMMANDS = [(page.name, command) for page in PAGES for command in commands(page)]


def test_there_is_something_to_look_at():
    assert len(SHOWN_COMMANDS) >= 50


@pytest.mark.parametrize(("page", "command"), SHOWN_COMMANDS)
def test_a_command_of_the_guide_is_taken(page, command):
    words = shlex.split(command)
    if words[:1] and words[0] in SCRIPTS_OWN:
        return
    with suppress(typer.Exit):  # --help
        assert isinstance(taken(words), TyperCommand)


@pytest.mark.parametrize("command", ["plna", "plan --otu x", "site checks", "authority new --dy 3"])
def test_an_invalid_command_line_is_found(command):
    """Typer brings a click of its own: a look for the other one's classes parsed nothing and found all well."""
    with pytest.raises(typer.BadParameter.__base__):
        taken(command.split())


@cache
def command_line(word: str = "") -> TyperCommand | TyperGroup:
    """With all listed commands, or as for this first word, which may be a command that no list shows."""
    return typer.main.get_command(app(word))


def taken(words: list[str]) -> TyperCommand | TyperGroup:
    """Parses the words as a run would and runs nothing; returns the command that they end at."""
    command = command_line(next(iter(words), ""))
    context = command.make_context("blindspot", list(words))
    while isinstance(command, TyperGroup):
        name, found, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert found is not None and name is not None
        command, context = found, found.make_context(name, rest, parent=context)
    return command
