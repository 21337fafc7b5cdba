"""The work of the script `./blindspot`: set up what is missing, then replace this process by the command.

`./blindspot setup` only sets up. `./blindspot test` runs every check and the tests, and hands its arguments to pytest.
Any other word is a command of `blindspot.cli`.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from blindspot.core import DependencyError
from blindspot.setup.layout import Layout, find_layout

SETUP_HELP = """Usage: ./blindspot setup [GROUP...]

Makes the Python environment, builds the interface packages, fetches the detector's model and compiles the kernels.
The first start of any command does the same. A second start does nothing. Ctrl-C is safe: the next start continues.

Requirement groups: drone, ground, simulator (these three unless named), lab (for bench), developer (for test).
`./blindspot setup drone` installs a companion computer; later commands keep its groups."""

TEST_HELP = """Usage: ./blindspot test [lab] [PYTEST ARGUMENTS]

Runs style (ruff), types (mypy), spelling (codespell) and the tests. Without arguments all tests but those
of the lab run on all cores; arguments go to pytest: ./blindspot test test/unit -k plan.
`./blindspot test lab` runs the tests of the lab.
BLINDSPOT_THOROUGH=1 also runs the tests that take long."""

AT_ONCE = ("hold", "resume", "return", "abort", "jump", "inspect", "status")
"""Orders to flying drones, and the display of flying drones. The flying stack is set up already, so these commands wait
for no check of the set-up."""
COMPLETES = "_BLINDSPOT_COMPLETE"
"""Set by a shell that asks for the possible ends of a word: nothing is set up meanwhile."""

HELP = {"setup": SETUP_HELP, "test": TEST_HELP}

FRUGAL = {
    "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "2097152", "MALLOC_TRIM_THRESHOLD_": "4194304",
}  # fmt: skip
"""glibc returns the memory of a command at once: the plan of whole Nantes then takes 2.4 instead of 3.1 GB, and 116
instead of 111 s. The nodes of a stack have settings of their own."""


def main(arguments: list[str]) -> int:
    if arguments[:1] and arguments[0] in HELP and {"-h", "--help"}.intersection(arguments[1:]):
        print(HELP[arguments[0]])
        return 0
    root = Path(__file__).resolve().parents[3]
    layout = None
    try:
        layout = find_layout(root, os.environ)
        if COMPLETES in os.environ and not _can_order(layout):
            return 0
        is_at_once = COMPLETES in os.environ or (bool(arguments) and arguments[0] in AT_ONCE)
        if not (is_at_once and _can_order(layout)):
            complete(layout, arguments)
    except DependencyError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        if layout is None or arguments[:1] != ["doctor"] or not _can_print(layout):
            return 1
    except KeyboardInterrupt:
        print("blindspot: interrupted; the next start continues from here", file=sys.stderr)
        return 130
    environ = layout.environ(os.environ)
    if arguments[:1] == ["setup"]:
        return 0
    if arguments[:1] == ["test"]:
        from blindspot.setup.checks import run_checks

        return run_checks(layout, arguments[1:], environ)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until the command can handle it
    return os.execve(layout.python, [str(layout.python), "-m", "blindspot.cli", *arguments], {**FRUGAL, **environ})


def complete(layout: Layout, arguments: list[str]) -> None:
    """Do what the set-up lacks for a command. Raises DependencyError with the command that repairs the machine."""
    from blindspot.setup.groups import groups_for, installed_groups
    from blindspot.setup.steps import set_up

    set_up(layout, groups_for(arguments, installed_groups(layout.groups)))


def _can_order(layout: Layout) -> bool:
    """Whether the messages of orders are built: without these messages no command can give an order."""
    return (layout.site_packages / "blindspot_msgs").is_dir()


def _can_print(layout: Layout) -> bool:
    """Whether enough is installed to print the doctor's table, which also helps after a failed set-up."""
    return layout.python.exists() and all((layout.site_packages / name).is_dir() for name in ("typer", "rich"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
