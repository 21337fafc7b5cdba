"""`blindspot site import OUT ...`: a site folder made from published map files of a town."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.parts.place_options import place_of

if TYPE_CHECKING:
    from blindspot.site import Finding, Site
    from blindspot.site.importers import Place, Sources

Input = Path | None


def import_site(
    out: Annotated[Path, typer.Argument(help="Folder of the new site, e.g. config/sites/my_town.")],
    origin: Annotated[str, typer.Option(help="LAT,LON in degrees, or auto: the middle of the area.")] = "auto",
    area: Annotated[str, typer.Option(help="GeoJSON polygon, or auto: around buildings and roads.")] = "auto",
    buildings: Annotated[Input, typer.Option(help="BD TOPO, CityJSON or OpenStreetMap.")] = None,
    roads: Annotated[Input, typer.Option(help="BD TOPO or OpenStreetMap.")] = None,
    cameras: Annotated[Input, typer.Option(help="OpenStreetMap, or with --mapping CSV or GeoJSON.")] = None,
    mapping: Annotated[Input, typer.Option(help="YAML file that maps the columns of the camera list.")] = None,
    trees: Annotated[Input, typer.Option(help="OpenStreetMap.")] = None,
    osm: Annotated[Input, typer.Option(help="OpenStreetMap for all that the other options leave out.")] = None,
    terrain: Annotated[Input, typer.Option(help="Ground heights (DEM), GeoTIFF.")] = None,
    surface: Annotated[Input, typer.Option(help="Surface heights (DSM) instead of buildings, GeoTIFF.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system of files that state none.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the town on maps; the folder's name by default.")] = None,
    datum_m: Annotated[
        float | None,
        typer.Option(min=-500, max=9000, help="Ground above sea level, m; the median of the area by default."),
    ] = None,
    geoid_m: Annotated[
        float | None,
        typer.Option(min=-110, max=90, help="EGM96 geoid above the ellipsoid, m; this machine's grid by default."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Write into a filled folder; drawn files are kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Build a site folder from map files, and write a report of every assumption."""
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.parts.site_tables import contents_table, findings_table, title_line
    from blindspot.core import output_folder, progress_of
    from blindspot.site.importers import (
        Sources,
        check_heights,
        check_kept_heights,
        keep_drawn,
        refuse_filled,
    )

    place = _place(origin, datum_m, geoid_m)
    refuse_filled(out, force)
    sources = Sources(buildings, roads, cameras, mapping, trees, osm, terrain, surface, crs)
    check_heights(sources, place)
    title = name or out.resolve().name
    console = Screen(stderr=as_json)
    with output_folder(out, "OUT") as part, progress_of("import") as progress:
        keep_drawn(out, part)
        site, findings, report = import_into(
            part, title, sources, None if area == "auto" else Path(area), place, progress
        )
        check_kept_heights(out, part)
    console.print(title_line(site))
    console.print(contents_table(site))
    console.print(findings_table(findings, every=False))
    console.print(f"wrote {out}; every finding by name is in {out / report.name}", soft_wrap=True)
    if as_json:
        print_json(json.loads((out / report.name).read_text(encoding="utf-8")))


def import_into(
    folder: Path,
    title: str,
    sources: Sources,
    area: Path | None,
    place: Place,
    progress: Callable[[str, int, int | None], None],
) -> tuple[Site, tuple[Finding, ...], Path]:
    """Write a site and its report into a folder; return the town, every finding and the report. Raises InputError."""
    from blindspot.core import writable_or_error
    from blindspot.site import load_site
    from blindspot.site.importers import gather, named_by_source, write_report, write_site

    town = gather(sources, area, progress)
    progress("writing", 0, None)
    with writable_or_error(folder, "OUT"):
        noted = write_site(folder, title, town, sources, place)
    progress("checking", 0, None)
    with named_by_source(sources):
        site = load_site(folder)
    findings = (*noted, *site.findings)
    counts = {
        "buildings": len(site.buildings),
        "roads": len(site.roads),
        "cameras": len(site.cameras),
        "public_squares": len(site.zones_of("public")),
    }
    return site, findings, write_report(folder, title, sources, counts, findings)


def _place(origin: str, datum_m: float | None, geoid_m: float | None) -> Place:
    from blindspot.site.importers import Place

    if origin == "auto":
        return Place(None, None, datum_m, geoid_m)
    return Place(*place_of("--origin", origin), datum_m, geoid_m)
