"""The folder of a run, and its conclusion: judged, written and printed."""

from __future__ import annotations

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import typer

from blindspot.cli.parts.exit_codes import STOPPED
from blindspot.cli.parts.output import print_json
from blindspot.core import BlindspotError, InputError, escape_codes


def system_user() -> str:
    """Name of the system's user, who gives the orders of a simulation."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return f"user {os.getuid()}"


def make_run_dir(out: Path, mission: Path, fix: str = "name another folder with --out") -> Path:
    """A new folder for this run. Raises InputError, with the way out `fix`, if the folder can't be made.

    Two runs of the same second get different names: two people may order a mission at once, and clocks are set back.
    """
    name = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{mission.stem}"
    for number in count(1):
        run_dir = (out / (name if number == 1 else f"{name}-{number}")).resolve()
        try:
            run_dir.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise InputError(run_dir, "", f"can't be made ({error.strerror})", fix) from error
        break
    return run_dir


@contextmanager
def new_run_dir(out: Path, named: Path) -> Iterator[Path]:
    """A new folder, as `make_run_dir` makes it, for the work of the block. Ctrl-C ends the command, and an empty folder
    goes. After an error of ours an empty folder goes, too."""
    run_dir = make_run_dir(out, named)
    try:
        yield run_dir
    except KeyboardInterrupt:
        with suppress(OSError):  # a folder that holds a file stays
            run_dir.rmdir()
        typer.echo("stopped", err=True)
        raise typer.Exit(STOPPED) from None
    except BlindspotError:
        with suppress(OSError):
            run_dir.rmdir()
        raise


def refuse_world(command: str, mode: str, world: Path | None) -> None:
    """Raise InputError for a world without mode gazebo, and for this mode without one."""
    if (world is None) == (mode == "gazebo"):
        fix = "leave it out" if world else "name a file that blindspot sim-world made"
        problem = f"is for --mode gazebo, which {'this is not' if world else 'lacks it'}"
        raise InputError(command, "--world", problem, fix)


def print_summary(run_dir: Path, outcome: str) -> None:
    """Print the summary of a run as written, for `--json`; without a summary, the outcome alone."""
    try:
        print(escape_codes((run_dir / "summary.json").read_text(encoding="utf-8")), end="")
    except OSError:
        print_json({"outcome": outcome})


def say_end(console: Any, run_dir: Path, result: tuple[str, str] | None, total_s: float) -> str:
    """Print the outcome of a run whose record a stack wrote, in a few lines, and return it: `failed` if the run
    violated a limit or has no report.

    `result` is the mission manager's outcome and reason, None without an answer. `total_s` is the wall time of the
    whole command.
    """
    from blindspot.cli.parts.flight_display import print_outcome
    from blindspot.evidence.logbook import is_begun, why_no_report
    from blindspot.evidence.observed import Summary

    outcome, reason = result or ("failed", "the mission manager is lost")
    if not is_begun(run_dir):  # the mission manager refused it at once: no run began
        console.print(f"{outcome} {reason}", soft_wrap=True)
        return outcome
    if problem := why_no_report(run_dir):
        console.print(f"{outcome} {reason}", soft_wrap=True)
        console.print(f"no report, or no summary: {problem}", style="red", soft_wrap=True)
        return "failed"
    summary = Summary.of(json.loads((run_dir / "summary.json").read_text(encoding="utf-8")))
    print_outcome(console, summary, run_dir, total_s)
    return summary.outcome if not summary.violations else "failed"


def finish(
    console: Any, mission: Any, plan: Any, facts: dict[str, Any], run_dir: Path, total_s: float, *,
    simulated: bool = True, plan_file: Path | None = None,
) -> str:  # fmt: skip
    """Judge a finished run, write `summary.json`, `report.html` and the list of all runs above the run, print the
    outcome in a few lines and return the outcome: `failed` if the run violated a limit or the run's files can't be
    written.

    `plan` is the flown plan, of several sorties the first. `facts` are the facts that the summary takes. `total_s` is
    the wall time of the whole command. `simulated` is true if the aircraft and the contents of their pictures were
    simulated. `plan_file` is the flown plan file, whose map and briefing are kept with the run.
    """
    from blindspot.acts import folder_of_all, write_index
    from blindspot.core import writable_or_error
    from blindspot.evidence import conclude, keep_papers

    try:
        with writable_or_error(run_dir):
            if plan_file is not None:
                keep_papers(plan_file, plan.sha256, run_dir, simulated=simulated)
            summary = conclude(mission, plan, facts, run_dir, simulated=simulated)
    except BlindspotError as error:
        outcome, reason = facts.get("outcome", "failed"), facts.get("reason", "")
        console.print(f"{outcome} {reason}", soft_wrap=True)
        console.print(f"no report, or no summary: {error}", style="red", soft_wrap=True)
        return "failed"
    finally:
        if problem := write_index(folder_of_all(run_dir)):
            console.print(problem, style="yellow", soft_wrap=True)
    from blindspot.cli.parts.flight_display import print_outcome

    print_outcome(console, summary, run_dir, total_s)
    return summary.outcome if not summary.violations else "failed"
