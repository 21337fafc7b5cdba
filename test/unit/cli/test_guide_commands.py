"""Every `blindspot` command that the guide shows is one that the command line takes, with those options."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
import typer

from blindspot.cli.__main__ import _app

ROOT = Path(__file__).resolve().parents[3]
PAGES = sorted([*(ROOT / "docs" / "guide").glob("*.md"), ROOT / "README.md"])
SCRIPTS_OWN = ("setup", "test")
"""Words of the script `./blindspot` itself."""
SHOWN = re.compile(r"^ {4,}(?:\$ )?\.?/?blindspot ((?:.*\\\n)*.*)$", re.MULTILINE)
"""A line of an indented block; one that ends in a backslash goes on."""


def commands(page: Path) -> list[str]:
    """Without comments and what stands in a column beside, and with every optional part in square brackets."""
    shown = (line.replace("\\\n", " ") for line in SHOWN.findall(page.read_text()))
    return [re.sub(r"[\[\]]", " ", re.sub(r"(?:\s#|&&|;|\||\s{3}).*", "", line)) for line in shown]


SHOWN_COMMANDS = [(page.name, command) for page in PAGES for command in commands(page)]


def test_there_is_something_to_look_at():
    assert len(SHOWN_COMMANDS) >= 50


@pytest.mark.parametrize(("page", "command"), SHOWN_COMMANDS)
def test_a_command_of_the_guide_is_taken(page, command):
    words = shlex.split(command)
    if words[:1] and words[0] in SCRIPTS_OWN:
        return
    try:
        taken(typer.main.get_command(_app()), words)
    except (click.UsageError, click.exceptions.NoArgsIsHelpError) as error:
        pytest.fail(f"{page}: blindspot {command}: {error.format_message()}")
    except click.exceptions.Exit:
        pass


def taken(command: click.Command, words: list[str]) -> None:
    """Parses the words as a run would and runs nothing."""
    context = command.make_context("blindspot", list(words))
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, [*context.protected_args, *context.args])
        assert found is not None and name is not None
        command, context = found, found.make_context(name, rest, parent=context)
