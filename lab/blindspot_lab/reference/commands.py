"""Every command with its arguments and options, from the command line itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

from blindspot.cli.__main__ import PANELS, app
from blindspot.cli.exit_codes import MEANINGS
from blindspot_lab.reference.markdown import code, page, sentence, table


def command_page() -> str:
    """The page of all commands, in the order of `--help`."""
    listed = typer.main.get_command(app(""))
    about = (
        "`./blindspot COMMAND --help` prints the same texts. With `--json` a command prints its result as one JSON "
        "document on standard output. [Exit codes](exit_codes.md) have their own page."
    )
    parts = []
    for panel, names in PANELS.items():
        parts.append(f"## {panel}")
        parts += [part for name in names for part in _command(listed.commands[name], name)]  # type: ignore[attr-defined]
    return page("Commands", about, *parts)


def _command(command: Any, name: str) -> Iterator[str]:
    if hasattr(command, "commands"):
        yield f"### `{name}`\n\n{_text(command.help)}"
        for word, each in command.commands.items():
            yield from _command(each, f"{name} {word}")
        return
    places = " ".join(_place(each) for each in command.params if not each.opts[0].startswith("-"))
    rows = [_row(each) for each in command.params if each.name != "help" and not getattr(each, "hidden", False)]
    yield f"### `{name}`\n\n{_text(command.help)}\n\n    ./blindspot {f'{name} {places}'.strip()}"
    if rows:
        yield table(("Argument or option", "Default", "Meaning"), rows)


def _text(text: str | None) -> str:
    """The help of a command, without the marks that hide the rest of a docstring."""
    plain = re.sub(r"\[/?\w+\]", "", (text or "").partition("\f")[0])
    return "\n\n".join(sentence(paragraph) for paragraph in plain.split("\n\n") if paragraph.strip())


def _place(argument: Any) -> str:
    word = (argument.metavar or argument.name).upper()
    return word if argument.required else f"[{word}]"


def _row(each: Any) -> tuple[str, str, str]:
    if not each.opts[0].startswith("-"):
        return _place(each), "", each.help or ""
    value = "" if each.is_flag else f" {(each.metavar or each.name).upper()}"
    names = ", ".join(code(f"{name}{value}") for name in [*each.opts, *each.secondary_opts])
    variable = f" Environment: `{each.envvar}`." if each.envvar else ""
    return names, _default(each), f"{each.help or ''}{variable}"


def _default(option: Any) -> str:
    default = option.default
    if default is None or default == "" or default is False or callable(default) or default == []:
        return ""
    if isinstance(option.show_default, str):
        return option.show_default
    return code(str(default).lower() if isinstance(default, bool) else getattr(default, "value", default))


def exit_page() -> str:
    """The page of the exit codes."""
    lines = ((str(code_), meaning.flight, meaning.other) for code_, meaning in MEANINGS.items())
    about = "Every command ends with one of these codes. A mistake prints one line on standard error."
    return page("Exit codes", about, table(("Code", "`sim`, `fly`, `follow`", "Other commands"), lines))
