"""A town as tables: the contents, and the findings of the town's files."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from blindspot.site import Finding, Site


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
    tallest_m = max((max(building.height_m, building.ridge_m) for building in town.buildings), default=0.0)
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
    return f"{round(lowest_m)} to {round(highest_m)} m above sea level, a height every {posts.cell_m:.3g} m"


def findings_table(findings: tuple[Finding, ...], *, every: bool) -> Table:
    """A block of rows a file: one row a kind of finding with its count and the first three, or one a finding."""
    from rich.table import Table
    from rich.text import Text

    table = Table("count", "what", "done", "which", box=None, padding=(0, 2, 0, 0), header_style="dim")
    shown_file = ""
    for (file, action, problem), members in groupby(sorted(findings, key=_kind), key=_kind):
        group = list(members)
        if file != shown_file:
            table.add_row("", Text(file, style="bold"))
            shown_file = file
        if every:
            for finding in group:
                table.add_row("1", problem, action, _which(finding))
        else:
            table.add_row(str(len(group)), problem, action, _some_of(group))
    return table


def _some_of(group: Sequence[Finding], number: int = 3) -> str:
    """The first finding of a kind with its detail, and the names of some others."""
    others = ", ".join(finding.feature for finding in group[1:number])
    more = ", ..." if len(group) > number else ""
    return _which(group[0]) + (f"; {others}{more}" if others else "")


def _which(finding: Finding) -> str:
    return f"{finding.feature}: {finding.detail}" if finding.detail else finding.feature


def _kind(finding: Finding) -> tuple[str, str, str]:
    return (finding.file, finding.action, finding.problem)
