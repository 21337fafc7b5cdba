"""`blindspot site import OUT ...`: a site folder made from published map files of a town."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.parts.place_options import place_of

if TYPE_CHECKING:
    from blindspot.site.importers import Place

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
    from blindspot.acts.towns import import_town
    from blindspot.cli.parts.screen import Screen
    from blindspot.cli.parts.site_tables import contents_table, findings_table, title_line
    from blindspot.site.importers import Sources

    sources = Sources(buildings, roads, cameras, mapping, trees, osm, terrain, surface, crs)
    made = import_town(
        out, sources, _place(origin, datum_m, geoid_m), name=name, area=None if area == "auto" else Path(area),
        force=force,
    )  # fmt: skip
    console = Screen(stderr=as_json)
    console.print(title_line(made.site))
    console.print(contents_table(made.site))
    console.print(findings_table(made.findings, every=False))
    console.print(f"wrote {out}; every finding by name is in {made.report}", soft_wrap=True)
    if as_json:
        print_json(json.loads(made.report.read_text(encoding="utf-8")))


def _place(origin: str, datum_m: float | None, geoid_m: float | None) -> Place:
    from blindspot.site.importers import Place

    if origin == "auto":
        return Place(None, None, datum_m, geoid_m)
    return Place(*place_of("--origin", origin), datum_m, geoid_m)
