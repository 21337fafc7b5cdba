"""`index.html` in the folder of all runs: when each was flown, its mission and outcome, and links to its pages."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from blindspot.acts.run_folders import Run, facts_of, is_named, runs_in
from blindspot.core import outputs, plain_text, read_file, write_whole
from blindspot.coverage.maps import templates

FILE_NAME = "index.html"
MARK = '<meta name="generator" content="blindspot runs">'
"""Names the page as ours: another file of this name stays as it is."""
MOST = 500
PAGES = {"report.html": "report", "map.html": "map", "briefing.html": "briefing", "plan.png": "picture of the plan"}
LIMIT_S = 5.0
LARGEST = 10_000_000


def folder_of_all(run_dir: Path) -> Path:
    """The folder that holds all runs: above the run, and above its stack's folder, whose names begin with a time."""
    above = run_dir.absolute().parent
    return above.parent if is_named(above) else above


def write_index(out: Path) -> str:
    """Write the list of the runs below `out` as a whole, and return the reason if it could not be written.

    Of two commands that write it at once, the later one lists the runs of both.
    """
    path = out / FILE_NAME
    try:
        if os.path.lexists(path) and (path.is_symlink() or MARK.encode() not in read_file(path, LARGEST)[:2000]):
            return f"{path} is another page and stays unchanged: move it away, and the next run lists all runs there"
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
        try:
            with suppress(BlockingIOError):  # the list of one run may then be late by a run
                outputs.lock_until(folder, time.monotonic() + LIMIT_S, LIMIT_S)
            write_whole(path, page(out))
        finally:
            os.close(folder)
    except OSError as error:
        return f"{path} can't be written ({error.strerror or error}): the run's own folder has its files"
    return ""


def list_anew(out: Path) -> str:
    """As `write_index`, where there is a list already."""
    return write_index(out) if (out / FILE_NAME).exists() else ""


def page(out: Path) -> str:
    """The list as HTML, the newest run first. Links are relative, so the folder may move."""
    runs = runs_in(out)
    rows = [_row(out, run) for run in runs[:MOST]]
    template = templates(Path(__file__).parent).get_template("run_index.html.j2")
    return template.render(rows=rows, mark=MARK, more=max(0, len(runs) - MOST), simulated="")


def _row(out: Path, run: Run) -> dict[str, object]:
    facts = facts_of(run)
    pages = [(file, text) for file, text in PAGES.items() if (run.folder / file).is_file()]
    return {
        "start": f"{facts.start:%Y-%m-%d %H:%M}",
        "mission": facts.mission or "unknown",
        "outcome": facts.outcome or "unknown",
        "kind": "SIMULATED" if facts.simulated else "real" if facts.simulated is False else "unknown",
        "seen": plain_text.percent(facts.seen),
        "links": [(quote(f"{run.folder.relative_to(out).as_posix()}/{file}"), text) for file, text in pages],
    }
