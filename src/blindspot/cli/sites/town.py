"""`blindspot town new SOURCE OUT`: a town to fly, from one OpenStreetMap file or from the folder of a site."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, print_result
from blindspot.core import InputError, PlanningError

if TYPE_CHECKING:
    from blindspot.coverage.ground import BlindSpots
    from blindspot.planning.reasons import FirstPad
    from blindspot.site import Site
    from blindspot.site.importers import Place

PROPOSALS = 3
"""Number of pads that are proposed."""
app = typer.Typer(no_args_is_help=True)


@app.callback()
def town() -> None:
    """Make a town that can be flown at once in simulation."""


@app.command("new")
def new_town(
    source: Annotated[Path, typer.Argument(help="OpenStreetMap file, or the folder of a site.")],
    out: Annotated[Path, typer.Argument(help="New folder for site, mission, fleet and authorisation.")],
    datum_m: Annotated[
        float | None, typer.Option(min=-500, max=9000, help="OpenStreetMap: ground above sea level, m.")
    ] = None,
    geoid_m: Annotated[
        float | None,
        typer.Option(min=-110, max=90, help="OpenStreetMap: geoid above the ellipsoid, m; this machine's by default."),
    ] = None,
    area: Annotated[Path | None, typer.Option(help="OpenStreetMap: GeoJSON polygon of the town in the file.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the town on maps; the folder's name by default.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a town to fly in simulation: its site, three proposed pads, and all files of a first mission.

    Each file has a comment for each key. Look at the proposed pads before you fly.
    """
    from blindspot.core import file_name, output_folder, progress_of
    from blindspot.site.importers import Place, refuse_filled

    refuse_filled(out, force=False)
    for option, value in (("--datum-m", datum_m), ("--geoid-m", geoid_m), ("--area", area)):
        if source.is_dir() and value is not None:
            raise InputError("town new", option, "belongs to a file of OpenStreetMap", "leave it out for a site")
    folder, stem = out.resolve(), file_name(out.resolve().name)
    with output_folder(folder, "OUT") as part, progress_of("town") as progress:
        for made in ("sites", "missions", "fleets", "authorisations", "drones"):
            (part / made).mkdir()
        if source.is_dir():
            _copy_site(source, part / "sites" / stem)
        else:
            place = Place(None, None, datum_m, geoid_m)
            _import(source, part / "sites" / stem, name or stem, area, place, progress)
        progress("pads and mission", 0, None)
        try:
            pads = _write_files(part, stem, name)
        except PlanningError as error:
            raise PlanningError(str(error).replace(str(part), str(folder))) from error
        files = [out / path.relative_to(part) for path in sorted(part.rglob("*")) if path.is_file()]
    _print(out, stem, files, pads, as_json=as_json)


def _print(out: Path, stem: str, files: list[Path], pads: list[dict[str, object]], *, as_json: bool) -> None:
    from blindspot.core import from_here

    here = shlex.quote(from_here(out))
    mission = f"{here}/missions/{stem}.yaml"
    print_result(
        {"folder": str(out), "files": list(map(str, files)), "pads": pads},
        *(f"wrote {from_here(file)}" for file in files),
        *(
            f"{pad['name']} is proposed at {pad['lat_deg']:.7f}, {pad['lon_deg']:.7f}, {pad['street']}"
            for pad in pads
        ),
        "next: look at the town and its pads, plan, fly",
        *(f"  ./blindspot {words}" for words in (
            f"site check {here}/sites/{stem}", f"plan {mission}", f"sim {mission} --in-process",
        )),
        as_json=as_json,
    )  # fmt: skip


def _import(
    source: Path,
    into: Path,
    title: str,
    area: Path | None,
    place: Place,
    progress: Callable[[str, int, int | None], None],
) -> None:
    from blindspot.cli.sites.site_import import import_into
    from blindspot.site.importers import Sources, check_heights

    sources = Sources(None, None, None, None, None, source, None, None, None)
    check_heights(sources, place)
    into.mkdir()
    import_into(into, title, sources, area, place, progress)


def _copy_site(source: Path, into: Path) -> None:
    from blindspot.site import site_files

    for file in site_files(source):
        to = into / file.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)


def _write_files(part: Path, stem: str, title: str | None) -> list[dict[str, object]]:
    """Write everything beside the site's own data; return the proposed pads."""
    from blindspot.cli.sites import town_files
    from blindspot.cli.sites.commented import commented, descriptions
    from blindspot.law.drafts import as_yaml, make_sim_only
    from blindspot.mission import MissionFile, fleet_file, load_mission
    from blindspot.planning.reasons import first_pads, first_perimeter
    from blindspot.site import load_site, site_file

    site_dir, now = part / "sites" / stem, datetime.now(UTC).replace(second=0, microsecond=0)
    site = load_site(site_dir)
    name = title or site.name
    mission, fleet = part / "missions" / f"{stem}.yaml", part / "fleets" / f"{stem}.yaml"
    perimeter = part / "missions" / f"{stem}_perimeter.geojson"
    town_files.write_perimeter(perimeter, name, first_perimeter(site), site.frame)
    fence = part / "authorisations" / perimeter.name
    fence.write_bytes(perimeter.read_bytes())
    authorisation = as_yaml(make_sim_only(fence, now, "UTC"), None)
    (fence.parent / "authorisation.yaml").write_text(
        commented(authorisation, town_files.OF_AUTHORISATION), encoding="utf-8"
    )
    (part / "drones" / f"{town_files.MODEL}.yaml").write_text(town_files.drone_text(), encoding="utf-8")

    names = town_files.new_names([pad.name for pad in site.pads], PROPOSALS)
    document = town_files.mission_of(name, stem, names[0], now)
    head = "A first mission over your own town. Every key: docs/reference/files/mission.md"
    mission.write_text(town_files.of_model(document, MissionFile, head), encoding="utf-8")
    places, spots = first_pads(load_mission(mission), site, PROPOSALS)
    proposed = dict(zip(names, places, strict=False))
    town_files.add_pads(site_dir / site_file.read_site_file(site_dir).places.launch_pads, proposed, site.frame)
    head = "One drone on the best pad; another drone takes another pad, here and in the mission."
    document = town_files.fleet_of(name, stem, names[0])
    fleet.write_text(town_files.of_model(document, fleet_file.FleetFile, head), encoding="utf-8")

    yaml_path = site_dir / "site.yaml"
    text = yaml_path.read_text(encoding="utf-8")
    yaml_path.write_text(commented(text, descriptions(site_file.SiteFile)), encoding="utf-8")
    load_site(site_dir)
    return [_shown(site, spots, name, place) for name, place in proposed.items()]


def _shown(site: Site, spots: BlindSpots, name: str, place: FirstPad) -> dict[str, object]:
    from blindspot.coverage.ground import streets_on

    grid = spots.field.grid
    streets, street_of = streets_on(site, grid)
    lon_deg, lat_deg = site.frame.to_wgs84(place.east_m, place.north_m)
    street = streets[street_of[grid.index(place.east_m, place.north_m)]]
    where = {"lat_deg": round(lat_deg, 7), "lon_deg": round(lon_deg, 7)}
    return {"name": name, **where, "street": street, "air_m2": place.air_m2}
