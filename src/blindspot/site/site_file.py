"""The file `site.yaml`, schema `blindspot.site/1`: the files of a town, and its place on the earth."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from blindspot.core import InputError, Section, read_yaml


class Origin(Section):
    """The origin of the site's ENU frame on the earth."""

    lat_deg: float = Field(ge=-80, le=80, description="Latitude of the origin, WGS 84, deg")
    lon_deg: float = Field(ge=-180, le=180, description="Longitude of the origin, WGS 84, deg")
    datum_amsl_m: float = Field(ge=-500, le=9000, description="Altitude of the site's datum above mean sea level, m")
    geoid_m: float = Field(ge=-110, le=90, description="Height of the geoid above the WGS 84 ellipsoid, m")


class Source(Section):
    """A file of the site's folder, with format and attribution."""

    file: str = Field(description="File in this folder")
    format: str = Field(description="Its format, e.g. osm-geojson")
    attribution: str = Field(min_length=1, description="Printed under every map made from this file")
    invented: bool = Field(False, description="True for data invented for demonstration; stated wherever it is shown")


class Places(Section):
    """GeoJSON files that a person drew. Only the first two are required."""

    area_of_interest: str = Field(description="One polygon: the area that the files cover; private outside")
    launch_pads: str = Field(description="Points with a name, in the open: where drones start and land")
    emergency_areas: str | None = Field(None, description="Open ground where a drone may come down")
    no_fly_zones: str | None = Field(None, description="Polygons that drones must not enter")
    private_zones: str | None = Field(None, description="Polygons that are private whatever the roads say")
    public_squares: str | None = Field(None, description="Squares and parks that are public without a road")
    poles: str | None = Field(None, description="Points that could carry a new camera")
    obstacles: str | None = Field(None, description="Temporary structures: event tents, cranes")


class SiteFile(Section):
    schema_: Literal["blindspot.site/1"] = Field(alias="schema", description="Kind and version of the file")
    name: str = Field(min_length=1, description="Name of the town on maps and in reports")
    origin: Origin = Field(description="Origin of the metres east, north and up")
    terrain: Literal["flat"] | Source = Field(description="flat: the ground lies at the datum everywhere")
    buildings: Literal["none"] | Source = Field(description="none: nothing is built there, as on a bare field")
    roads: Literal["none"] | Source = Field(description="Their ground is public, unless they are private")
    cameras: Literal["none"] | Source = Field(description="Fixed cameras: the ground that they miss is blind")
    trees: Source | None = Field(None, description="Trees hide ground, and drones keep clear of them")
    places: Places = Field(description="GeoJSON files that a person draws or corrects")


def read_site_file(folder: Path) -> SiteFile:
    """Read the `site.yaml` of a site's folder. Raises InputError."""
    path = folder / "site.yaml"
    if path.is_file():
        return read_yaml(path, SiteFile)
    if folder.is_file():
        example = f", as {folder.parent}" if (folder.parent / "site.yaml").is_file() else ", as config/sites/nantes"
        raise InputError(folder, "", "is a file", f"give the folder of a town's site.yaml{example}")
    if not folder.is_dir():
        fix = "give a site's folder, for example config/sites/nantes, or make one: blindspot site import"
        raise InputError(folder, "", "is no folder", fix)
    raise InputError(path, "", "does not exist", "give a site's folder, or make one: blindspot site import")


def site_files(folder: Path) -> tuple[Path, ...]:
    """List the files of a site, for a hash or a copy.

    Parameters
    ----------
    folder
        The site's folder with `site.yaml`.

    Returns
    -------
    tuple of Path
        `site.yaml` and each named file.

    Raises
    ------
    InputError
        `site.yaml` is missing or wrong.

    Example
    -------
    >>> [path.name for path in site_files(Path("config/sites/crossroads"))][:2]
    ['site.yaml', 'buildings.geojson']
    """
    file = read_site_file(folder)
    sources = (file.terrain, file.buildings, file.roads, file.cameras, file.trees)
    named = [source.file for source in sources if isinstance(source, Source)]
    named += [name for _, name in file.places if name is not None]
    return (folder / "site.yaml", *(folder / name for name in dict.fromkeys(named)))
