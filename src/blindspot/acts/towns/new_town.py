"""A town to fly in simulation: its site, proposed pads, and all files of a first mission."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts.towns import town_files
from blindspot.acts.towns.commented import commented, descriptions
from blindspot.acts.towns.imported_site import import_into
from blindspot.core import InputError, PlanningError, file_name, output_folder, progress_of
from blindspot.coverage.ground import BlindSpots, streets_on
from blindspot.law.drafts import as_yaml, make_sim_only
from blindspot.mission import MissionFile, fleet_file, load_mission
from blindspot.planning.reasons import FirstPad, first_pads, first_perimeter
from blindspot.site import Site, load_site, site_file, site_files
from blindspot.site.importers import Place, Sources, check_heights, refuse_filled

PROPOSALS = 3
"""Number of pads that are proposed."""


@dataclass(frozen=True, slots=True)
class NewPad:
    """A proposed pad: name, WGS 84, street, and the air above it, m2."""

    name: str
    lat_deg: float
    lon_deg: float
    street: str
    air_m2: float


@dataclass(frozen=True, slots=True)
class NewTown:
    """The files of a new town, the name of its site and of its mission, and the proposed pads, the best one first."""

    name: str
    files: tuple[Path, ...]
    pads: tuple[NewPad, ...]


def make_town(
    source: Path, out: Path, now: datetime, *, datum_m: float | None = None, geoid_m: float | None = None,
    area: Path | None = None, name: str | None = None,
) -> NewTown:  # fmt: skip
    """Make a town in a new folder, from one file of OpenStreetMap or from the folder of a site.

    Parameters
    ----------
    now
        The start of the mission, and the first moment of its authorisation, to the minute.
    datum_m, geoid_m
        Ground above sea level, and geoid above the ellipsoid, m; for a file of OpenStreetMap alone.
    area
        GeoJSON polygon of the town; for a file of OpenStreetMap alone.
    name
        Name of the town on maps; the folder's name by default.

    Raises
    ------
    InputError
        For a filled folder, an option of the other kind of source, and an unusable source.
    PlanningError
        If no pad has air above it.
    """
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
            pads = _write_files(part, stem, name, now)
        except PlanningError as error:
            raise PlanningError(str(error).replace(str(part), str(folder))) from error
        files = tuple(out / path.relative_to(part) for path in sorted(part.rglob("*")) if path.is_file())
    return NewTown(stem, files, pads)


def _import(
    source: Path,
    into: Path,
    title: str,
    area: Path | None,
    place: Place,
    progress: Callable[[str, int, int | None], None],
) -> None:
    sources = Sources(None, None, None, None, None, source, None, None, None)
    check_heights(sources, place)
    into.mkdir()
    import_into(into, title, sources, area, place, progress)


def _copy_site(source: Path, into: Path) -> None:
    for file in site_files(source):
        to = into / file.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, to)


def _write_files(part: Path, stem: str, title: str | None, now: datetime) -> tuple[NewPad, ...]:
    """Write everything beside the site's own data; return the proposed pads."""
    site_dir, now = part / "sites" / stem, now.replace(second=0, microsecond=0)
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
    return tuple(_shown(site, spots, name, place) for name, place in proposed.items())


def _shown(site: Site, spots: BlindSpots, name: str, place: FirstPad) -> NewPad:
    grid = spots.field.grid
    streets, street_of = streets_on(site, grid)
    lon_deg, lat_deg = site.frame.to_wgs84(place.east_m, place.north_m)
    street = streets[street_of[grid.index(place.east_m, place.north_m)]]
    return NewPad(name, round(lat_deg, 7), round(lon_deg, 7), street, place.air_m2)
