"""Gathers a town from its source files. A file for one kind of object takes precedence over a file for all kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError, read_yaml
from blindspot.site.importers.bdtopo_files import read_bdtopo_buildings, read_bdtopo_roads
from blindspot.site.importers.camera_list import CameraList, read_camera_list
from blindspot.site.importers.cityjson import read_cityjson
from blindspot.site.importers.detect import kind_of
from blindspot.site.importers.elevation import check_covers, footprint
from blindspot.site.importers.imported import Imported, Record
from blindspot.site.importers.osm.osm import read_osm
from blindspot.site.importers.surface import read_surface
from blindspot.site.importers.vector import Degrees, crs_of, read_layer
from blindspot.site.public_areas import BESIDE_ROAD_M
from blindspot.site.town.geojson import FARTHEST_M, why_broken
from blindspot.site.town.model import Finding

MARGIN_M = 300.0
"""Margin around the area that is read, too, because objects there still hide ground and cameras still see it."""
DEGREE_M = 111_000.0
WIDEST_DEG = 5.0
"""Maximum width of a town, degrees of longitude, at any latitude with towns."""
OSM_TAGS = {"road": "highway", "building": "building", "tree": "natural=tree", "camera": "man_made=surveillance"}
LISTS = (".csv", ".tsv", ".txt")

Progress = Callable[[str, int, int | None], None]
"""Called with a step's name, the amount done, and the total (None if unknown)."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of an import. `crs` is used for a file that names no coordinate system."""

    buildings: Path | None = None
    roads: Path | None = None
    cameras: Path | None = None
    mapping: Path | None = None
    trees: Path | None = None
    osm: Path | None = None
    terrain: Path | None = None
    surface: Path | None = None
    crs: str | None = None

    def files(self) -> Iterator[tuple[str, Path]]:
        """(option, file) of each given file."""
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, Path):
                yield f"--{name}", value


@dataclass(frozen=True, slots=True)
class Town:
    """The imported data for each kind of object. `area` is in WGS 84 degrees."""

    area: Polygon
    buildings: Imported
    roads: Imported
    squares: Imported
    cameras: Imported
    trees: Imported
    findings: tuple[Finding, ...]


def gather(sources: Sources, area_file: Path | None, progress: Progress) -> Town:
    """Read every file; with `area_file` only around that area. Raises InputError for an unusable file."""
    _check(sources)
    if area_file and not area_file.is_file():
        raise InputError(area_file, "--area", "is no file", "name one with one polygon, or say auto")
    drawn = read_area(area_file, sources.crs) if area_file else None
    bounds = grown(drawn.bounds) if drawn is not None else None
    osm = _from_osm(sources.osm, bounds, progress) if sources.osm else Imported()
    buildings = _from(sources.buildings, "buildings", bounds, sources.crs, progress) or osm
    roads = _from(sources.roads, "roads", bounds, sources.crs, progress) or osm
    _check_any("road", roads.roads, roads, sources.roads or sources.osm)
    findings: list[Finding] = []
    outlines = [footprint(file, sources.crs) for file in (sources.terrain, sources.surface) if file]
    area = drawn
    if area is None:
        area = _common_area(Imported() if sources.surface else buildings, roads, outlines)
        detail = f"{area_m2(area) / 1e6:.3f} km2, the area with known buildings and roads"
        findings.append(Finding("area_of_interest.geojson", "area", "is not given", "assumed", detail))
    for file in (sources.terrain, sources.surface):
        if file:
            check_covers(file, area, sources.crs)
    around = grown(area.bounds)
    trees = _from_osm(sources.trees, around, progress) if sources.trees else osm
    cameras = _cameras(sources, around, progress) or osm
    if sources.surface:
        buildings = _from_surface(sources, area, progress)
    _check_any("building", buildings.buildings, buildings, sources.buildings or sources.surface or sources.osm)
    if sources.trees:
        _check_any("tree", trees.trees, trees, sources.trees)
    if sources.cameras:
        _check_any("camera", cameras.cameras, cameras, sources.cameras)
    imported = {id(part): part for part in (osm, buildings, roads, trees, cameras)}.values()
    findings += [finding for part in imported for finding in part.findings]
    return Town(area, buildings, roads, osm, cameras, trees, tuple(findings))


def _check(sources: Sources) -> None:
    if sources.buildings and sources.surface:
        raise InputError("--surface", "", "gives buildings as --buildings does", "give one of the two")
    if not (sources.osm or ((sources.buildings or sources.surface) and sources.roads)):
        raise InputError("site import", "", "needs buildings and roads", "give --osm, or --buildings and --roads")
    if sources.mapping and not sources.cameras:
        raise InputError("--mapping", "", "is given without --cameras", "name the described list")
    if sources.crs:
        try:
            crs_of(Path("--crs"), sources.crs)
        except InputError as error:
            raise InputError("--crs", "", error.problem, "name one as EPSG:2154") from error
    if sources.cameras and not sources.mapping and sources.cameras.suffix.lower() in LISTS:
        fix = "describe them with --mapping FILE.yaml, see docs/guide/add_cameras.md"
        raise InputError(sources.cameras, "--cameras", "needs a description of its columns", fix)
    for option, file in sources.files():
        if not file.exists():
            raise InputError(file, option, "does not exist", "name an existing file")
        if file.is_dir():
            raise InputError(file, option, "is a folder", "name a file in it")
        if option in ("--terrain", "--surface") and kind_of(file) != "geotiff":
            raise InputError(file, option, "is no GeoTIFF", "give heights as GeoTIFF")


def _check_any(what: str, records: tuple[Record, ...], imported: Imported, file: Path | None) -> None:
    """Raise InputError if a file gave no object of a kind, with the first object that was left out."""
    if records:
        return
    fix = "check the area and the coordinate system of the file"
    if file is not None and kind_of(file) == "osm":
        tag = OSM_TAGS[what]
        fix = f"check the area; positions are degrees in an OpenStreetMap file, and a {what} has the tag {tag}"
    lost = next((f" ({found.feature}: {found.problem})" for found in imported.findings if found.feature), "")
    raise InputError(file, "", f"gives no {what} in the area{lost}", fix)


def _from_osm(path: Path, bounds: Degrees | None, progress: Progress) -> Imported:
    step = f"reading {path.name}"
    progress(step, 0, None)
    return read_osm(path, bounds, lambda count: progress(step, count, None))


def _from(path: Path | None, what: str, bounds: Degrees | None, crs: str | None, progress: Progress) -> Imported | None:
    """Read buildings or roads from a file of any kind."""
    if path is None:
        return None
    progress(f"reading {path.name}", 0, None)
    match kind_of(path), what:
        case "osm", _:
            return _from_osm(path, bounds, progress)
        case "table", "buildings":
            return read_bdtopo_buildings(path, bounds, crs)
        case "table", "roads":
            return read_bdtopo_roads(path, bounds, crs)
        case "cityjson", "buildings":
            return read_cityjson(path, bounds, crs)
    fix = "give BD TOPO or OpenStreetMap, or draw them: docs/guide/add_cameras.md"
    raise InputError(path, f"--{what}", "is of another kind", fix)


def _cameras(sources: Sources, bounds: Degrees | None, progress: Progress) -> Imported | None:
    if sources.cameras is None:
        return None
    if sources.mapping is None:
        return _from_osm(sources.cameras, bounds, progress)
    progress(f"reading {sources.cameras.name}", 0, None)
    return read_camera_list(sources.cameras, read_yaml(sources.mapping, CameraList), bounds)


def _from_surface(sources: Sources, area: Polygon, progress: Progress) -> Imported:
    path = sources.surface
    assert path is not None
    outline = footprint(path, sources.crs, area.centroid.x)
    around = shapely.box(*grown(area.bounds)).intersection(outline.envelope)
    step = f"blocks out of {path.name}"
    return read_surface(
        path, around.bounds, sources.terrain, sources.crs, lambda done, total: progress(step, done, total)
    )


def read_area(path: Path, crs: str | None) -> Polygon:
    """Read a file with one polygon in any coordinate system; return it in WGS 84 degrees. Raises InputError."""
    records, _ = read_layer(path, "area", ("name",), None, crs)
    shapes = [part for geometry, _ in records for part in shapely.get_parts(geometry)]
    if len(shapes) != 1 or not isinstance(shapes[0], Polygon):
        names = ", ".join(str(own["name"]) for _, own in records if "name" in own)
        problem = f"holds {len(shapes)} shapes" + (f" ({names})" if names else "")
        if len(shapes) == 1:
            problem = f"holds a {shapes[0].geom_type}, which has no area"
        raise InputError(path, "features", problem, "give exactly one polygon")
    area = shapes[0]
    if not area.is_valid:
        fix = "draw the outline without crossings, with three corners or more"
        raise InputError(path, "features", why_broken(area), fix)
    if area.bounds[2] - area.bounds[0] > WIDEST_DEG:
        problem = f"is {area.bounds[2] - area.bounds[0]:.0f} degrees of longitude wide"
        raise InputError(path, "features", problem, "draw one town, on one side of the meridian of 180 degrees")
    return area


def _common_area(buildings: Imported, roads: Imported, outlines: list[Polygon]) -> Polygon:
    """The area for which all data is known: inside the rasters, among the buildings, and beside the roads.

    A file that gave both buildings and roads counts as complete over its whole content.
    """
    known = [*outlines, _hull(roads.roads).buffer(BESIDE_ROAD_M / DEGREE_M)]
    if buildings is roads:
        known = [*outlines, _hull((*roads.roads, *roads.buildings))]
    elif buildings.buildings:
        known.append(_hull(buildings.buildings))
    area = shapely.intersection_all(known)
    if not isinstance(area, Polygon) or area.is_empty:
        fix = "check their coordinate systems, or give the area as a file"
        raise InputError("--area", "", "can't be derived: the files have no common ground", fix)
    west, south, east, north = area.bounds
    across_m = DEGREE_M * float(np.hypot((east - west) * np.cos(np.radians((south + north) / 2)), north - south))
    if across_m >= 2.0 * FARTHEST_M:
        problem = f"can't be derived: the files reach over {across_m / 1000:.0f} km, and a site is a town"
        raise InputError("--area", "", problem, "draw the town as a GeoJSON polygon, and name that file")
    return area


def _hull(records: tuple[Record, ...]) -> BaseGeometry:
    return shapely.convex_hull(shapely.geometrycollections([geometry for geometry, _ in records]))


def grown(bounds: Degrees) -> Degrees:
    """Bounds enlarged by the margin."""
    west, south, east, north = bounds
    high = MARGIN_M / DEGREE_M
    wide = high / max(float(np.cos(np.radians((south + north) / 2))), 0.1)
    return west - wide, south - high, east + wide, north + high


def area_m2(area: Polygon) -> float:
    """Approximate area for messages, m2."""
    wide = float(np.cos(np.radians(area.centroid.y)))
    return float(area.area * wide * DEGREE_M * DEGREE_M)
