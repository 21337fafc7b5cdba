"""`blindspot site check SITE`: whether a town can be used, and everything that was assumed to make it usable."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.figures import square_metres
from blindspot.cli.site_field import make_field
from blindspot.cli.site_import import import_site

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from blindspot.site.model import Finding, Site
    from blindspot.vision.town.map_check import Disagreement
    from blindspot.vision.town.map_findings import MapFindings

app = typer.Typer(no_args_is_help=True)
app.command("import")(import_site)
app.command("field")(make_field)


@app.callback()
def site() -> None:
    """The town: what its model assumes and whether it can be used."""


@app.command("check")
def check(
    folder: Annotated[Path, typer.Argument(metavar="SITE", help="Folder with site.yaml.")],
    every: Annotated[bool, typer.Option("--all", help="List every finding by name, not one of a kind.")] = False,
    run: Annotated[Path | None, typer.Option(help="Folder of a run: list what its pictures show otherwise.")] = None,
) -> None:
    """List what is in a town and what had to be assumed; exit code 0 if it can be used, 2 if it is refused."""
    from rich.text import Text

    from blindspot.cli.screen import Screen
    from blindspot.site.load import load_site
    from blindspot.vision.town.map_findings import load_map_findings

    seen = load_map_findings(run) if run else ()
    town = load_site(folder)
    console = Screen()
    console.print(title_line(town))
    _ask_first(town, console)
    console.print(contents_table(town))
    console.print(findings_table(town.findings, every=every))
    counts = {action: sum(f.action == action for f in town.findings) for action in ("assumed", "repaired", "left out")}
    told = ", ".join(f"{count} {action}" for action, count in counts.items())
    for drone in seen:
        _print_seen(drone, town, console)
    console.print(Text.assemble(("usable", "green"), f": {told}", "" if every else "   (--all lists each by name)"))


def _print_seen(found: MapFindings, town: Site, console: Console) -> None:
    """What the pictures of one drone show otherwise than the town: which building, where, how high, how surely."""
    from rich.table import Table
    from rich.text import Text

    console.print(
        Text.assemble(
            (f"the pictures of {found.drone}", "bold"),
            f": {found.judged} buildings in {found.views} views, ",
            f"{len(found.disagreements)} otherwise than here",
        )
    )
    table = Table("building", "where", "here", "seen", "on edges", "views", box=None, padding=(0, 2, 0, 0))
    for one in found.disagreements:
        lon_deg, lat_deg = town.frame.to_wgs84(one.east_m, one.north_m)
        seen = f"{one.seen_m:.1f} m high" if one.seen_m else "not in sight"
        shares = f"{one.share_seen:.0%}, {one.share_told:.0%} as here" if one.seen_m else f"{one.share_told:.0%}"
        where = f"{lat_deg:.6f} {lon_deg:.6f}"
        table.add_row(_building_at(town, one), where, f"{one.told_m:.1f} m high", seen, shares, str(one.views))
    if found.disagreements:
        console.print(table)


def _building_at(town: Site, one: Disagreement) -> str:
    from shapely import Point

    at = Point(one.east_m, one.north_m)
    return min(town.buildings, key=lambda building: building.footprint.distance(at)).id


def _ask_first(town: Site, console: Console, number: int = 8) -> None:
    """The unknowns of the cameras on which most public ground hangs."""
    from rich.text import Text

    from blindspot.cli.coverage import progress_bar
    from blindspot.coverage.ground.levels import DETECT
    from blindspot.coverage.ground.site_survey import ask_first
    from blindspot.coverage.ground.uncertainty import UNKNOWNS

    with progress_bar(len(town.cameras)) as progress:
        stakes = ask_first(town, town.area_of_interest, DETECT.min_px_per_m, progress)
    if stakes:
        why = f": public ground hangs on it, at {DETECT.min_px_per_m:g} px/m"
        console.print(Text.assemble(("ask for these first", "bold"), why))
    for stake in stakes[:number]:
        area = square_metres(stake.area_m2)
        console.print(f"  camera {stake.camera}, {UNKNOWNS[stake.unknown]}: {area}", highlight=False)


def title_line(town: Site) -> Text:
    from rich.text import Text

    return Text.assemble((town.name, "bold"), f"  ({town.attribution})")


def contents_table(town: Site) -> Table:
    from rich.table import Table

    east_min, north_min, east_max, north_max = town.area_of_interest.bounds
    seeing = sum(camera.always_sees for camera in town.cameras)
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row(
        "area of interest",
        f"{town.area_of_interest.area / 1e6:.3f} km2, {east_max - east_min:.0f} x {north_max - north_min:.0f} m",
    )
    table.add_row("terrain", _relief(town))
    tallest_m = max((building.highest_m - building.ground_m for building in town.buildings), default=0.0)
    table.add_row("buildings", f"{len(town.buildings)}, up to {tallest_m:.0f} m high" if town.buildings else "none")
    table.add_row("roads", f"{len(town.roads)}, {sum(road.is_public for road in town.roads)} of them public")
    table.add_row("trees", str(len(town.trees)) if town.trees else "none")
    watching = f"{len(town.cameras)}, {seeing} of them count as seeing" if town.cameras else "none: everything is blind"
    table.add_row("fixed cameras", watching)
    table.add_row("launch pads", ", ".join(pad.name for pad in town.pads) or "none")
    table.add_row("emergency areas", ", ".join(area.name for area in town.emergency_areas) or "none")
    for kind, label in (("no_fly", "no-fly zones"), ("private", "private zones"), ("public", "public squares")):
        table.add_row(label, ", ".join(zone.name for zone in town.zones if zone.kind == kind) or "none")
    return table


def _relief(town: Site) -> str:
    posts, posts_m = town.terrain.posts, town.terrain.posts_m
    if posts is None or posts_m is None:
        return "flat"
    lowest_m, highest_m = (town.frame.to_amsl(float(height_m)) for height_m in (posts_m.min(), posts_m.max()))
    return f"{lowest_m:.0f} to {highest_m:.0f} m above sea level, a height every {posts.cell_m:.3g} m"


def findings_table(findings: tuple[Finding, ...], *, every: bool) -> Table:
    """A block of rows a file: one row a kind of finding with its count and the first three, or one a finding."""
    from rich.table import Table
    from rich.text import Text

    table = Table("count", "what", "done", "which", box=None, padding=(0, 2, 0, 0), header_style="dim")
    told_file = ""
    for (file, action, problem), members in groupby(sorted(findings, key=_kind), key=_kind):
        group = list(members)
        if file != told_file:
            table.add_row("", Text(file, style="bold"))
            told_file = file
        if every:
            for finding in group:
                table.add_row("1", problem, action, _which(finding))
        else:
            table.add_row(str(len(group)), problem, action, _some_of(group))
    return table


def _some_of(group: Sequence[Finding], number: int = 3) -> str:
    """The first of a kind, one of them with its detail."""
    others = ", ".join(finding.feature for finding in group[1:number])
    more = ", ..." if len(group) > number else ""
    return _which(group[0]) + (f"; {others}{more}" if others else "")


def _which(finding: Finding) -> str:
    return f"{finding.feature}: {finding.detail}" if finding.detail else finding.feature


def _kind(finding: Finding) -> tuple[str, str, str]:
    return (finding.file, finding.action, finding.problem)
