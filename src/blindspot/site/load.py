"""Loads a site's folder as a `Site`. Unsafe data raises an error; all other repairs and assumptions are findings."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeVar

import shapely
from shapely.geometry import Point
from shapely.ops import nearest_points

from blindspot.core import InputError
from blindspot.site import obstacles, own_formats, places
from blindspot.site.features import bdtopo, osm_cameras
from blindspot.site.ground.terrain import FLAT, Terrain
from blindspot.site.relief import elevation, grounding
from blindspot.site.site_file import SiteFile, Source, read_site_file
from blindspot.site.street_names import named
from blindspot.site.town import assumptions
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import load_area
from blindspot.site.town.model import Building, Finding, FixedCamera, Pad, Road, Site, Tree, Zone, ZoneKind
from blindspot.site.trees import clear_of, read_trees

Thing = TypeVar("Thing")
Reader = Callable[[Path, LocalFrame], tuple[tuple[Thing, ...], tuple[Finding, ...]]]

FEET, DEM = "building-feet", "dem-geotiff"
BUILDING_READERS: Mapping[str, Reader[Building]] = {
    "bdtopo-geojson": bdtopo.read_buildings,
    "blindspot-geojson": own_formats.read_buildings,
}
ROAD_READERS: Mapping[str, Reader[Road]] = {
    "bdtopo-geojson": bdtopo.read_roads,
    "blindspot-geojson": own_formats.read_roads,
}
CAMERA_READERS: Mapping[str, Reader[FixedCamera]] = {"osm-geojson": osm_cameras.read_cameras}
AROUND_M = 250.0
"""Margin around the area of interest in which an elevation model is read. Pictures and lines of sight end inside it."""
_known_ground: tuple[bytes, Terrain] | None = None
"""The last loaded ground, by the content of the files: a command asks for the ground several times."""


def load_site(
    folder: Path, at: datetime | None = None, *, until: datetime | None = None, cameras: Path | None = None
) -> Site:
    """Load a town.

    Parameters
    ----------
    folder
        The site's folder with its `site.yaml`.
    at
        The moment (with time zone) for which dated obstacles are selected. None: every obstacle stands.
    until
        Obstacles that stand at any time from `at` until this moment are selected. Default: `at`.
    cameras
        A file that replaces the site's own cameras, in the same format.

    Returns
    -------
    site
        The town in metres ENU. `site.findings` lists every repair and every assumption.

    Raises
    ------
    InputError
        If a file is missing, invalid or unsafe.

    Example
    -------
    >>> load_site(Path("config/sites/crossroads")).name
    'Crossroads'
    """
    yaml_path, file = folder / "site.yaml", read_site_file(folder)
    if cameras is not None:
        if file.cameras == "none":
            raise InputError(yaml_path, "cameras", "is none", f"name a source in the format of {cameras.name}")
        other = {"file": str(cameras.resolve()), "attribution": f"cameras: {cameras.name}", "invented": False}
        file = file.model_copy(update={"cameras": file.cameras.model_copy(update=other)})
    frame = _frame(file)
    content = _content_of_ground(folder, file)
    buildings, building_findings = _read(yaml_path, "buildings", file.buildings, BUILDING_READERS, frame)
    terrain, terrain_findings = _terrain(yaml_path, file, frame, buildings)
    _note_ground(content, terrain)
    if not terrain.is_flat:
        buildings, stood = grounding.stand(buildings, terrain, folder / _name(file.buildings, "buildings"))
        building_findings = (*building_findings, *stood)
    else:
        buildings = grounding.on_level_ground(buildings)
    roads, road_findings = _read(yaml_path, "roads", file.roads, ROAD_READERS, frame)
    network, camera_findings = _read(yaml_path, "cameras", file.cameras, CAMERA_READERS, frame)
    network, moved = _out_of_walls(_name(file.cameras, "cameras"), network, buildings, terrain)
    drawn = {key: folder / name for key, name in file.places if name is not None}
    pads = places.read_pads(drawn["launch_pads"], frame, terrain)
    emergency = places.read_emergency_areas(drawn["emergency_areas"], frame) if "emergency_areas" in drawn else ()
    area, zones = load_area(drawn["area_of_interest"], frame), _zones(drawn, frame, terrain)
    poles = places.read_poles(drawn["poles"], frame) if "poles" in drawn else ()
    places.check_on_open_ground(drawn, area, buildings, emergency, poles)
    bad_pads = places.badly_placed(drawn["launch_pads"], area, buildings, pads)
    trees, tree_findings = _trees(yaml_path, file, frame, terrain)
    trees, pruned = clear_of(network, trees, terrain, _name(file.cameras, "cameras"))
    if "obstacles" in drawn:  # after moving cameras out of walls: an obstacle around a mast hides its view
        passing, passing_findings = obstacles.standing(drawn["obstacles"], frame, terrain, at, until)
        buildings, building_findings = (*buildings, *passing), (*building_findings, *passing_findings)
        if emergency:
            emergency, blocked = places.without_blocked(drawn["emergency_areas"], emergency, passing)
            building_findings = (*building_findings, *blocked)
    findings = (*building_findings, *terrain_findings, *tree_findings, *road_findings, *camera_findings, *moved)
    return Site(
        name=file.name,
        folder=folder,
        frame=frame,
        area_of_interest=area,
        buildings=buildings,
        roads=named(roads, [zone for zone in zones if zone.kind == "public"], frame),
        cameras=network,
        pads=pads,
        emergency_areas=emergency,
        zones=zones,
        findings=(*_invented(file), *findings, *pruned, *_no_pads(file, pads), *bad_pads),
        attribution="; ".join(dict.fromkeys(source.attribution for _, source in _sources(file))) or "drawn by hand",
        terrain=terrain,
        trees=trees,
        poles=poles,
        moment=at,
    )


def load_terrain(folder: Path) -> Terrain:
    """Load only the ground of a town.

    Parameters
    ----------
    folder
        The site's folder with `site.yaml`.

    Returns
    -------
    Terrain
        The height of the ground above the datum at any place, m.

    Raises
    ------
    InputError
        A file is missing or wrong.

    Example
    -------
    >>> load_terrain(Path("config/sites/crossroads")).is_flat
    True
    """
    yaml_path, file = folder / "site.yaml", read_site_file(folder)
    content, known = _content_of_ground(folder, file), _known_ground
    if content is not None and known is not None and known[0] == content:
        return known[1]
    frame = _frame(file)
    buildings: tuple[Building, ...] = ()
    if file.terrain != "flat" and file.terrain.format == FEET:
        buildings, _ = _read(yaml_path, "buildings", file.buildings, BUILDING_READERS, frame)
    terrain = _terrain(yaml_path, file, frame, buildings)[0]
    _note_ground(content, terrain)
    return terrain


def _content_of_ground(folder: Path, file: SiteFile) -> bytes | None:
    """A digest of everything that the ground is made of; None for flat ground and for files that can't be read."""
    if file.terrain == "flat":
        return None
    digest = hashlib.sha256(repr((file.origin, file.terrain, file.buildings, file.places.area_of_interest)).encode())
    try:
        for name in (file.terrain.file, file.places.area_of_interest):
            digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    except OSError:
        return None  # the reader reports it
    return digest.digest()


def _note_ground(content: bytes | None, terrain: Terrain) -> None:
    global _known_ground
    if content is not None:
        _known_ground = content, terrain


def load_frame(folder: Path) -> LocalFrame:
    """Load only the frame of a town.

    Parameters
    ----------
    folder
        The site's folder with `site.yaml`.

    Returns
    -------
    LocalFrame
        The conversion between degrees and metres ENU about the site's origin.

    Raises
    ------
    InputError
        `site.yaml` is missing or wrong.

    Example
    -------
    >>> load_frame(Path("config/sites/crossroads")).datum_amsl_m
    150.0
    """
    return _frame(read_site_file(folder))


def _frame(file: SiteFile) -> LocalFrame:
    origin = file.origin
    return LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)


def _terrain(
    yaml_path: Path, file: SiteFile, frame: LocalFrame, buildings: tuple[Building, ...]
) -> tuple[Terrain, tuple[Finding, ...]]:
    folder, source = yaml_path.parent, file.terrain
    if source == "flat":
        return FLAT, _flat(_name(file.buildings, "buildings"), frame, buildings)
    if source.format == FEET:
        if source.file != (feet_file := _name(file.buildings, "none")):
            raise InputError(yaml_path, "terrain.file", f"is {source.file}", f"name that of buildings: {feet_file}")
        return elevation.from_feet(buildings, folder / source.file)
    if source.format == DEM:
        area = load_area(folder / file.places.area_of_interest, frame)
        return elevation.read_dem(folder / source.file, frame, area.buffer(AROUND_M).bounds)
    raise InputError(yaml_path, "terrain.format", f"{source.format!r} is not known", f"known are {FEET}, {DEM}")


def _flat(file: str, frame: LocalFrame, buildings: tuple[Building, ...]) -> tuple[Finding, ...]:
    feet_m = [building.foot_m for building in buildings if building.foot_m is not None]
    if not feet_m:
        return ()
    lowest_m, highest_m = frame.to_amsl(min(feet_m)), frame.to_amsl(max(feet_m))
    problem = f"the ground lies between {lowest_m:g} and {highest_m:g} m above sea level"
    return (Finding(file, "terrain", problem, "assumed", f"flat at the datum, {frame.datum_amsl_m:g} m"),)


def _trees(
    yaml_path: Path, file: SiteFile, frame: LocalFrame, terrain: Terrain
) -> tuple[tuple[Tree, ...], tuple[Finding, ...]]:
    if file.trees is None:
        return (), ()
    if file.trees.format != "osm-geojson":
        raise InputError(yaml_path, "trees.format", f"{file.trees.format!r} is not known", "known is osm-geojson")
    return read_trees(yaml_path.parent / file.trees.file, frame, terrain)


def _sources(file: SiteFile) -> tuple[tuple[str, Source], ...]:
    """The kind of data and the source, for each source of the town."""
    named = (("terrain", file.terrain), ("buildings", file.buildings), ("roads", file.roads), ("cameras", file.cameras),
             ("trees", file.trees))  # fmt: skip
    return tuple((what, source) for what, source in named if isinstance(source, Source))


def _name(source: str | Source, none: str) -> str:
    """The source's file name, or the text `none` if the source is missing."""
    return source.file if isinstance(source, Source) else none


def _read(
    yaml_path: Path, field: str, source: Literal["none"] | Source, readers: Mapping[str, Reader[Thing]],
    frame: LocalFrame,
) -> tuple[tuple[Thing, ...], tuple[Finding, ...]]:  # fmt: skip
    if source == "none":
        return (), (Finding(yaml_path.name, field, "are none", "assumed", "as site.yaml says"),)
    reader = readers.get(source.format)
    if reader is None:
        known = ", ".join(sorted(readers))
        raise InputError(yaml_path, f"{field}.format", f"{source.format!r} is not known", f"known are {known}")
    return reader(yaml_path.parent / source.file, frame)


def _zones(drawn: Mapping[str, Path], frame: LocalFrame, terrain: Terrain) -> tuple[Zone, ...]:
    kinds: dict[str, ZoneKind] = {"no_fly_zones": "no_fly", "private_zones": "private", "public_squares": "public"}
    return tuple(
        zone
        for key, kind in kinds.items()
        if key in drawn
        for zone in places.read_zones(drawn[key], frame, kind, terrain)
    )


def _invented(file: SiteFile) -> tuple[Finding, ...]:
    return tuple(
        Finding(source.file, what, "are invented", "assumed", "made for demonstration, as site.yaml says")
        for what, source in _sources(file)
        if source.invented
    )


def _no_pads(file: SiteFile, pads: tuple[Pad, ...]) -> tuple[Finding, ...]:
    if pads:
        return ()
    detail = "coverage only: no mission can start here"
    return (Finding(file.places.launch_pads, "launch_pads", "holds no launch pad", "assumed", detail),)


def _out_of_walls(
    file: str, cameras: tuple[FixedCamera, ...], buildings: tuple[Building, ...], terrain: Terrain
) -> tuple[tuple[FixedCamera, ...], tuple[Finding, ...]]:
    """Move cameras into the open from inside a footprint, or from a place so near a facade that the raster encloses the
    camera.

    A camera above a roof stays there: at the facade it would see the ground that the roof's edge hides. A camera from
    deep inside a building gets an unknown direction, so that its view never counts as coverage.
    """
    gap_m = assumptions.WALL_CLEARANCE_M
    footprints = [building.footprint for building in buildings]
    tree = shapely.STRtree(footprints)
    placed, findings = list(cameras), []
    for k, camera in enumerate(cameras):
        at = Point(camera.east_m, camera.north_m)
        up_m = terrain.at(camera.east_m, camera.north_m) + camera.height_m
        near = tree.query(at, predicate="dwithin", distance=gap_m).tolist()
        touched = [k for k in near if buildings[k].top_m >= up_m]
        if not touched:
            continue
        block = _grown_block(tree, footprints, at, gap_m)
        out = nearest_points(block.boundary, at)[0]
        moved_m = at.distance(out)
        placed[k] = replace(camera, east_m=float(out.x), north_m=float(out.y))
        where = "stands in a building" if footprints[touched[0]].covers(at) else "touches a facade"
        detail = f"{buildings[touched[0]].id}: moved {moved_m:.2f} m, to {gap_m:g} m off the nearest facade"
        findings.append(Finding(file, camera.id, where, "repaired", detail))
        if moved_m > assumptions.DEEPEST_IN_WALL_M:
            placed[k] = replace(placed[k], kind="fixed" if camera.kind == "dome" else camera.kind, heading_deg=None)
            problem = f"stands over {assumptions.DEEPEST_IN_WALL_M:g} m inside a building and may watch indoors"
            findings.append(Finding(file, camera.id, problem, "assumed", "excluded from the coverage"))
    return tuple(placed), tuple(findings)


def _grown_block(tree: shapely.STRtree, footprints: list[shapely.Polygon], at: Point, gap_m: float) -> shapely.Geometry:
    """The block around a point, grown by `gap_m`. The area is so large that the boundary nearest to the point is
    real."""
    radius_m = 50.0
    while True:
        near = [footprints[k] for k in tree.query(at, predicate="dwithin", distance=radius_m)]
        block = shapely.union_all(shapely.buffer(near, gap_m))
        if block.boundary.distance(at) < radius_m - gap_m:
            return block
        radius_m *= 2
