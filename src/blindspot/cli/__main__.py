"""The command line: `blindspot COMMAND ...`. Each command has one file. A user's mistake prints one line and exits with
code 2.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from blindspot.cli.parts.first_word import speak_within
from blindspot.cli.parts.interrupt import take_interrupts
from blindspot.core import BlindspotError, InputError, RefusedError, from_here, plain, private

if TYPE_CHECKING:
    import typer

MISTAKE, REFUSED, INTERRUPTED, READER_GONE = 2, 3, 130, 141
COMMANDS = {
    "up": "operate.up", "down": "operate.down", "status": "operate.status", "fly": "operate.fly",
    "console": "operate.console", "follow": "operate.follow", "hold": "operate.orders", "resume": "operate.orders",
    "return": "operate.orders:return_home", "abort": "operate.orders", "jump": "operate.orders",
    "inspect": "operate.inspect", "dispatch": "operate.dispatch", "swapped": "operate.swapped",
    "sim": "sim", "sim-world": "sim_world", "plan": "plans.plan",
    "check": "plans.check_plan", "replan": "plans.replan", "preflight": "preflight",
    "check-inspection": "plans.check_plan", "coverage": "plans.coverage", "bench": "bench", "doctor": "doctor",
    "install-service": "install_service", "verify": "records.verify", "publish": "records.publish",
    "dossier": "records.dossier", "replay": "records.replay",
}  # fmt: skip
"""The module of each command, in the order of `--help`, and its function where the function has another name."""
HIDDEN = "check-inspection"
"""For the gate alone: neither listed nor suggested."""
GROUPS = {
    "operation": ("operations.operation", "", "One mission over weeks: calendar, crew, passes."),
    "runs": ("records.runs", "", "The runs on this computer: list, show, export and purge."),
    "site": ("sites.site", "The model of a town: check, import, or make one of your own field.", ""),
    "town": ("sites.town", "A town to fly at once in simulation, from one map file.", ""),
    "authority": ("law.authority", "Authorisations: keys, signatures, hashes and verdicts.", ""),
    "commission": ("commission", "Signed stages before a drone's first flight over a town.", ""),
}
"""The module of each group of commands, the group's help, and a short help for the list where the group's own help is
longer."""

PANELS = {
    "Fly": (
        "up", "down", "status", "console", "fly", "follow", "hold", "resume", "return", "abort", "jump", "inspect",
        "dispatch", "swapped", "operation",
    ),
    "Plan": ("plan", "check", "replan", "sim", "sim-world", "bench"),
    "Town": ("town", "site", "coverage"),
    "Records": ("runs", "replay", "verify", "dossier", "publish"),
    "Real drones": ("authority", "commission", "preflight", "doctor", "install-service"),
}  # fmt: skip
"""The headings of `--help`, in their order, and the commands below each."""
COMPLETES = "_BLINDSPOT_COMPLETE"
"""Set by the shell that asks for the possible ends of a word."""

KEPT_PRIVATE = frozenset({"up", "down", "fly", "dispatch", "follow", "sim", "operation", "runs", "replay"})
"""Commands that write into the state folder and into runs: such files belong to their user alone. Files that other
commands write by `--out` follow the user's own umask."""


class _InterruptedError(BlindspotError):
    """Ctrl-C, renamed so that typer passes it on. typer itself would end silently on KeyboardInterrupt."""


class _ReaderGoneError(BlindspotError):
    """The reader of a pipe has ended. typer itself would end with code 1, which has a meaning of its own."""


def app(word: str = "") -> typer.Typer:
    """All commands; only the named one if the first word names one: the others' modules take a third of the time of a
    short command, and drones fly meanwhile. A command imports its heavy libraries when the command runs."""
    import typer

    from blindspot import __version__

    class Commands(typer.core.TyperGroup):
        def make_context(self, *words: Any, **extra: Any) -> Any:
            with _usage_in_a_line():
                return super().make_context(*words, **extra)

        def invoke(self, ctx: Any) -> Any:
            with _usage_in_a_line():
                try:
                    return super().invoke(ctx)
                except KeyboardInterrupt:
                    raise _InterruptedError from None
                except BrokenPipeError:
                    raise _ReaderGoneError from None

    app = typer.Typer(
        name="blindspot",
        cls=Commands,
        help="Lawful drone flights over the ground that a town's fixed cameras leave blind. "
        "`./blindspot setup` only sets up, `./blindspot test` runs the checks and tests.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )

    def print_version(is_asked: bool) -> None:
        if is_asked:
            print(f"blindspot {__version__}")
            raise typer.Exit

    version = typer.Option(False, "--version", help="Print the version.", callback=print_version, is_eager=True)

    @app.callback()
    def options(_: bool = version) -> None:
        """Options of the program itself, before any command."""

    is_known = word in COMMANDS or word in GROUPS
    panels = {name: panel for panel, names in PANELS.items() for name in names}
    for name in sorted({**COMMANDS, **GROUPS}, key=lambda name: list(panels).index(name) if name in panels else -1):
        if name == word or not (is_known or name == HIDDEN):
            _add(app, name, panels.get(name))
    return app


def _add(app: typer.Typer, name: str, panel: str | None) -> None:
    """Add a command or a group of commands to the program, under a heading of its help."""
    if name in COMMANDS:
        module, _, function = COMMANDS[name].partition(":")
        app.command(name, rich_help_panel=panel)(getattr(_module(module), function or name.replace("-", "_")))
        return
    place, text, short = GROUPS[name]
    if short:
        app.add_typer(_module(place).app, name=name, rich_help_panel=panel, short_help=short)
    else:
        app.add_typer(_module(place).app, name=name, rich_help_panel=panel, help=text)


def _module(name: str) -> Any:
    return import_module(f"blindspot.cli.{name}")


def main() -> None:
    """Entry point of the script and of `python -m blindspot.cli`."""
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal may lack the letters of a town's names
        sys.stdout.reconfigure(errors="backslashreplace")
    if set(sys.argv[1:2]) & KEPT_PRIVATE:
        private.keep_files_private()
    try:
        take_interrupts()
        refuse_empty(sys.argv[1:])
        speak_within(sys.argv[1] if sys.argv[1:] else "blindspot")
        try:
            app(*(_completed() if COMPLETES in os.environ else sys.argv[1:2]))(prog_name="blindspot")
        finally:
            if isinstance(sys.stdout, TextIOWrapper):  # None if it was closed
                sys.stdout.flush()  # Python itself would do so after the exit code is known
    except (KeyboardInterrupt, _InterruptedError):
        _end("interrupted", INTERRUPTED)
    except (_ReaderGoneError, BrokenPipeError):
        _discard_output()
        sys.exit(READER_GONE)
    except RefusedError as error:
        _end(error, REFUSED)
    except BlindspotError as error:
        _end(error, MISTAKE)
    except OSError as error:  # a disk or a file that fails at a moment that no command expects
        if error.filename and error.strerror:
            _end(f"{error.filename}: {error.strerror}; see the file and its disk", MISTAKE)
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO):
            raise
        _discard_output()
        _end(f"the output can't be written ({error.strerror}); see its disk", MISTAKE)
    except RuntimeError as error:  # pathlib's, before Python 3.13
        if not str(error).startswith("Symlink loop from"):
            raise
        _end(f"{str(error).removeprefix('Symlink loop from ')}: is a link to itself; name a file", MISTAKE)
    except ModuleNotFoundError as error:
        module = (error.name or "").partition(".")[0]
        if not module or module.startswith("blindspot"):
            raise
        fix = "./blindspot setup ground simulator adds the libraries of a ground station to those of a drone"
        _end(f"the library {module} is not installed: {fix}", MISTAKE)


def _completed() -> list[str]:
    """The command whose word a shell completes, once the word is typed; the shell passes the whole line."""
    words = (os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS") or "").split()
    return words[1:2]


@contextmanager
def _usage_in_a_line() -> Iterator[None]:
    """Raise InputError for a wrong command line. typer itself would print a box, wrapped at 80 columns in a pipe."""
    from typer import BadParameter

    usage: Any = BadParameter.__base__  # the error of which unknown options and commands are kinds, too
    try:
        yield
    except usage as error:
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        command = error.ctx.command_path if error.ctx else "blindspot"
        lists = "values" if isinstance(error, BadParameter) else "commands" if "command" in str(error) else "options"
        raise InputError(command, "", _sentence(error), f"{command} --help lists the {lists}") from None


def _sentence(error: Any) -> str:
    """The option and the fault: "--datum-m: should be less than or equal to 9000"."""
    said = " ".join(error.format_message().split())  # a list of choices has a line for each
    words: str = said.removeprefix("Invalid value for ").replace(": Input should", ": should")
    return words.replace("'", "").replace("Value error, ", "").partition(", unable to parse")[0].rstrip(".")


def refuse_empty(words: Sequence[str]) -> None:
    """Raise InputError for an empty argument. An unset shell variable gives one, and an empty path means the current
    folder. Bytes that are no UTF-8 are refused, too: no message and no file could hold such bytes.
    """
    for before, word in pairwise(["", *words]):
        if any("\ud800" <= letter <= "\udfff" for letter in word):
            raise InputError("an argument", plain(word), "is no text in UTF-8", "rename the file, or type it again")
        if word == "" or (word.startswith("--") and word.endswith("=")):
            option = word.rstrip("=") or (before if before.startswith("--") else "an argument")
            raise InputError(option, "", "is empty", "give a value or leave it out")


def _discard_output() -> None:
    """Drop the rest of the output, which would fail once more at the end of the process."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _end(message: object, code: int) -> None:
    print(f"blindspot: {plain(from_here(message)).replace(os.linesep, ' ')}", file=sys.stderr)
    sys.exit(code)


if __name__ == "__main__":
    main()
