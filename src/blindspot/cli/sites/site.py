"""`blindspot site check SITE`: whether a town's model is usable, and every assumption that it rests on."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.parts.site_tables import contents_table, findings_table, title_line
from blindspot.cli.sites.site_field import make_field
from blindspot.cli.sites.site_import import import_site
from blindspot.core import plain_text

if TYPE_CHECKING:
    from rich.console import Console

    from blindspot.site import Site

app = typer.Typer(no_args_is_help=True)
app.command("import")(import_site)
app.command("field")(make_field)


@app.callback()
def site() -> None:
    """Check, import or make the model of a town."""


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.")],
    every: Annotated[bool, typer.Option("--all", help="List every finding, not one of each kind.")] = False,
    as_json: AsJson = False,
) -> None:
    """List the contents of a town and the assumptions about it. Exit code 0 if it is usable, 2 if it is refused."""
    from rich.text import Text

    from blindspot.cli.parts.screen import Screen
    from blindspot.site import load_site

    town = load_site(folder)
    console = Screen(stderr=as_json)
    console.print(title_line(town))
    _ask_first(town, console)
    console.print(contents_table(town))
    console.print(findings_table(town.findings, every=every))
    counts = {action: sum(f.action == action for f in town.findings) for action in ("assumed", "repaired", "left out")}
    summary = ", ".join(f"{count} {action}" for action, count in counts.items())
    console.print(Text.assemble(("usable", "green"), f": {summary}", "" if every else "   (--all lists each by name)"))
    if as_json:
        print_json(
            {
                "site": town.name,
                "usable": True,
                "counts": {action.replace(" ", "_"): count for action, count in counts.items()},
                "findings": [asdict(finding) for finding in town.findings],
            }
        )


def _ask_first(town: Site, console: Console, number: int = 8) -> None:
    """Print the unknown camera values that decide about most public ground."""
    from rich.text import Text

    from blindspot.cli.parts.progress_bar import progress_bar
    from blindspot.coverage.ground import DETECT, UNKNOWNS, ask_first
    from blindspot.coverage.tiles import is_large

    if is_large(town, town.area_of_interest):
        console.print("the town is large: its most important unknowns are not computed")
        return
    with progress_bar(len(town.cameras)) as progress:
        stakes = ask_first(town, town.area_of_interest, DETECT.min_px_per_m, progress)
    if stakes:
        why = f": the public ground that depends on each, at {DETECT.min_px_per_m:g} px/m"
        console.print(Text.assemble(("ask for these first", "bold"), why))
    for stake in stakes[:number]:
        area = plain_text.square_metres(stake.area_m2)
        console.print(f"  camera {stake.camera}, {UNKNOWNS[stake.unknown]}: {area}", highlight=False)
