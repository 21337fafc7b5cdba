"""Arguments of the launch files, and the checks of a machine."""

from __future__ import annotations

from blindspot.doctor.checks import CHECKS, MODES
from blindspot.stack.programs.launch_table import ARGUMENTS
from blindspot_lab.reference.markdown import code, page, table


def launch_page() -> str:
    """The page of the launch arguments."""
    about = (
        "`ros2 launch blindspot MODE.launch.py --show-args` prints the same texts. All are checked before "
        "any process starts."
    )
    rows = ((code(name), code(x.default), ", ".join(x.modes), x.text) for name, x in ARGUMENTS.items())
    return page("Launch arguments", about, table(("Argument", "Default", "Modes", "Meaning"), rows))


def doctor_page() -> str:
    """The page of the checks of `doctor`."""
    rows = ((x.name, _needed_by(x.needed_by), x.condition) for x in CHECKS)
    about = "`./blindspot doctor` prints one line for each check, and the command that fixes each problem."
    return page("Checks of a machine", about, table(("Check", "Needed by", "Condition"), rows))


def _needed_by(modes: tuple[str, ...]) -> str:
    return "every mode" if modes == MODES else ", ".join(modes) or "good to have"
