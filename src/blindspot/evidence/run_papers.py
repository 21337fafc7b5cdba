"""The map and the briefing of a plan file in the folder of the run that flew it, marked if the flight was simulated."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from blindspot.core import read_file, write_whole
from blindspot.coverage.maps import templates
from blindspot.evidence import about_run, briefing

PAPERS = ("map.html", briefing.FILE_NAME)
LARGEST = 200_000_000


def keep_papers(plan_file: Path, sha256: str, run_dir: Path, *, simulated: bool) -> None:
    """Copy the papers beside a plan file into the folder of its run. A page that does not name the flown plan's hash
    is about another plan and stays out, and so does a page that can't be read.

    Parameters
    ----------
    plan_file
        The plan file that was flown.
    sha256
        The hash of the flown plan.
    run_dir
        Folder of the run.
    simulated
        Whether the flight was simulated. The pages then begin with the sentence about a simulated flight.

    Examples
    --------
    A plan without papers leaves the run as it is:

    >>> keep_papers(Path("no/plan.json"), "ab" * 32, Path("runs/one"), simulated=True)
    """
    for name in PAPERS:
        with suppress(OSError, UnicodeError):
            page = read_file(plan_file.parent / name, LARGEST).decode("utf-8")
            if sha256 in page:
                write_whole(run_dir / name, marked(page) if simulated else page)


def marked(page: str) -> str:
    """The page with the sentence about a simulated flight at its top. A page of an authorisation for simulations alone
    has such a sentence already."""
    if '<p class="simulated"' in page:
        return page
    banner = templates(Path(__file__).parent).get_template("simulated.html.j2").render(simulated=about_run.SIMULATED)
    return page.replace("<title>", "<title>SIMULATED: ", 1).replace("<header>\n", f"<header>\n{banner}", 1)
