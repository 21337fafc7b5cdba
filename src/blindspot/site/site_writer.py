"""Writes a site's folder from imported data: every file that `load_site` reads, and a report of all assumptions."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import rasterio
import shapely
import yaml
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.features import geometry_mask
from rasterio.warp import transform_geom
from shapely.geometry import Polygon, mapping

from blindspot.core import InputError
from blindspot.site.ground import geoid
from blindspot.site.importers.detect import kind_of
from blindspot.site.importers.elevation import write_terrain
from blindspot.site.importers.imported import Record
from blindspot.site.site_file import read_site_file
from blindspot.site.sources import Sources, Town, area_m2, grown
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import FARTHEST_M, number, polygons_of, read_features
from blindspot.site.town.model import Action, Finding

SCHEMA = "blindspot.import/1"
REPORT = "import_report.json"
DRAWN = (
    "launch_pads", "emergency_areas", "no_fly_zones", "private_zones", "public_squares", "obstacles", "poles"
)  # fmt: skip
"""Files that a person draws or corrects. They are never overwritten."""
WITH_HEIGHTS = ("no_fly_zones", "private_zones", "public_squares")
SAME_DATUM_M = 0.05
SMALLEST_SQUARE_M2 = 2.0
MOST_UNKNOWN = 0.5
"""Most of the area, 0..1, whose ground may be taken from the nearest known height, as a river's."""
FARTHEST_LAT_DEG = 80.0
"""A town lies nearer to the equator, see `origin.lat_deg` of site.yaml."""
GEOID_GRIDS = "@us_nga_egm96_15.tif,@egm96_15.gtx"
SOMEWHERE = (48.0, 2.0)
"""A place that shows whether this machine has a grid of the geoid, which covers the earth."""


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a site on the earth: WGS 84 degrees, metres. None: taken from the files or computed."""

    lat_deg: float | None = None
    lon_deg: float | None = None
    datum_amsl_m: float | None = None
    geoid_m: float | None = None


def refuse_filled(folder: Path, force: bool) -> None:
    """Raise InputError for a folder with content, unless `force` is true."""
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise InputError(folder, "", "is not empty", "name a new folder, or add --force (files that you drew are kept)")


def check_heights(sources: Sources, place: Place) -> None:
    """Raise InputError, before the files are read, for each height that neither they nor this machine know: the ground
    of OpenStreetMap, and the geoid."""
    buildings, heights = sources.buildings or sources.osm, sources.terrain or sources.surface
    is_known = place.datum_amsl_m is not None or heights or not buildings or kind_of(buildings) != "osm"
    at = None if place.lat_deg is None or place.lon_deg is None else (place.lat_deg, place.lon_deg)
    if needed := [*([] if is_known else ["--datum-m"]), *_no_geoid(place, *(at or SOMEWHERE))]:
        raise _needed(needed, "LAT LON" if at is None else f"{at[0]} {at[1]}")


def _no_geoid(place: Place, lat_deg: float, lon_deg: float) -> list[str]:
    """The option that is needed for the geoid at a place; none if the height is known."""
    try:
        if place.geoid_m is None:
            geoid_m(lat_deg, lon_deg)
    except InputError:
        return ["--geoid-m"]
    return []


def keep_drawn(folder: Path, into: Path) -> None:
    """Copy the files that a person drew to the new folder."""
    for path in (folder / f"{key}.geojson" for key in DRAWN):
        if path.exists():
            shutil.copy2(path, into)


def check_kept_heights(before: Path, after: Path) -> None:
    """Raise InputError if a zone with heights was kept, and the datum that they count from has changed."""
    try:
        old_m = read_site_file(before).origin.datum_amsl_m
    except InputError:
        return  # a folder of drawings, or a broken site: nothing was flown in it
    origin = read_site_file(after).origin
    if abs(origin.datum_amsl_m - old_m) <= SAME_DATUM_M:
        return
    frame = LocalFrame(**origin.model_dump())
    for path in (after / f"{key}.geojson" for key in WITH_HEIGHTS):
        for zone in read_features(path, frame, "name") if path.exists() else ():
            if any(zone.properties.get(key) is not None for key in ("floor_m", "ceiling_m")):
                problem = f"is {origin.datum_amsl_m:g} m and was {old_m:g} m: the heights of {zone.name} count from it"
                fix = f"give --datum-m {old_m:g}, or correct {path.name} and delete site.yaml"
                raise InputError("--datum-m", "", problem, fix)


@contextmanager
def named_by_source(sources: Sources) -> Iterator[None]:
    """Make an InputError about a written file name the user's source file instead."""
    came_from = {
        "buildings.geojson.gz": sources.buildings or sources.surface or sources.osm,
        "roads.geojson.gz": sources.roads or sources.osm,
        "cameras.geojson.gz": sources.cameras or sources.osm,
        "trees.geojson.gz": sources.trees or sources.osm,
        "terrain.tif": sources.terrain,
    }
    try:
        yield
    except InputError as error:
        source = came_from.get(Path(error.file).name)
        if source is None:
            raise
        raise InputError(source, error.field, error.problem, error.fix) from error


def write_site(folder: Path, name: str, town: Town, sources: Sources, place: Place) -> tuple[Finding, ...]:
    """Write `site.yaml` and its files; return all assumptions. Raises InputError if the site's place is unknown."""
    findings = list(town.findings)
    if sources.terrain:
        findings += write_terrain(sources.terrain, folder / "terrain.tif", grown(town.area.bounds), sources.crs)
        _check_known(sources.terrain, folder / "terrain.tif", town.area)
    west_deg, _, east_deg, _ = town.area.bounds
    if east_deg - west_deg > 180.0:
        problem = "gives an area on both sides of the 180th meridian"
        fix = "import the side that you fly over, with --area"
        raise InputError(sources.osm or sources.buildings or sources.surface, "", problem, fix)
    lon_deg, lat_deg = town.area.envelope.centroid.coords[0]
    _check_origin(place, lat_deg, lon_deg)
    if not abs(lat_deg) <= FARTHEST_LAT_DEG:
        problem = f"gives an area at latitude {lat_deg:.1f}, longitude {lon_deg:.1f}"
        fix = f"towns lie at most {FARTHEST_LAT_DEG:g} degrees off the equator: does it swap the two?"
        raise InputError(sources.osm or sources.buildings or sources.surface, "", problem, fix)
    origin = {
        "lat_deg": round(lat_deg if place.lat_deg is None else place.lat_deg, 6),
        "lon_deg": round(lon_deg if place.lon_deg is None else place.lon_deg, 6),
    }
    lat_deg, lon_deg = origin.values()
    datum_m, no_geoid = _datum_m(folder, town, sources, place, findings), _no_geoid(place, lat_deg, lon_deg)
    if datum_m is None or no_geoid:
        raise _needed([*(["--datum-m"] if datum_m is None else []), *no_geoid], f"{lat_deg} {lon_deg}")
    origin["datum_amsl_m"] = datum_m
    origin["geoid_m"] = geoid_m(lat_deg, lon_deg) if place.geoid_m is None else place.geoid_m
    site: dict[str, Any] = {"schema": "blindspot.site/1", "name": name, "origin": origin, "terrain": "flat"}
    if sources.terrain:
        credit = _credit("", sources.terrain, "terrain", findings)
        site["terrain"] = {"file": "terrain.tif", "format": "dem-geotiff", "attribution": credit}
    buildings_file = sources.buildings or sources.surface or sources.osm
    for what, imported, file, form in (
        ("buildings", town.buildings, buildings_file, "blindspot-geojson"),
        ("roads", town.roads, sources.roads or sources.osm, "blindspot-geojson"),
        ("cameras", town.cameras, sources.cameras or sources.osm, "osm-geojson"),
        ("trees", town.trees, sources.trees or sources.osm, "osm-geojson"),
    ):
        records: Sequence[Record] = getattr(imported, what)
        if what == "trees" and not records:
            continue
        if what == "cameras" and not records:
            findings.append(Finding("cameras.geojson.gz", "cameras", "holds no camera", "assumed", "no camera watches"))
        write_records(folder / f"{what}.geojson.gz", records)
        if records or what == "buildings":
            credit = _credit(imported.attribution, file or buildings_file, what, findings)
        else:  # an empty file adds no attribution
            credit = imported.attribution or site["buildings"]["attribution"]
        site[what] = {"file": f"{what}.geojson.gz", "format": form, "attribution": credit}
    if not sources.terrain and _feet_known(town):
        site["terrain"] = {**site["buildings"], "format": "building-feet"}
    if site["terrain"] == "flat":
        detail = (
            f"level at {origin['datum_amsl_m']:g} m: if the ground rises, flights are too low and hills hide nothing"
        )
        findings.append(Finding("site.yaml", "terrain", "is not given", "assumed", detail))
    site["places"] = _write_places(folder, name, town, findings)
    text = yaml.safe_dump(site, allow_unicode=True, sort_keys=False)
    (folder / "site.yaml").write_text(f"# Written by `blindspot site import`; see {REPORT}.\n{text}", encoding="utf-8")
    return tuple(findings)


def _check_origin(place: Place, lat_deg: float, lon_deg: float) -> None:
    """Raise InputError for an origin far from the middle of the area."""
    if place.lat_deg is None or place.lon_deg is None:
        return
    away_m = math.hypot(*LocalFrame(lat_deg, lon_deg, 0.0, 0.0).to_enu(place.lon_deg, place.lat_deg))
    if not away_m < FARTHEST_M:
        where, away = f"{place.lat_deg:g},{place.lon_deg:g}", f"{away_m / 1000:.0f} km" if away_m < math.inf else "far"
        fix = f"give latitude first, as {lat_deg:.4f},{lon_deg:.4f}, or leave it out"
        raise InputError("--origin", "", f"{where} lies {away} from the area", fix)


def write_report(
    folder: Path, name: str, sources: Sources, counts: Mapping[str, int], findings: Iterable[Finding]
) -> Path:
    """Write the report of an import: the source files with their hashes, the counts, and all findings (assumptions,
    repairs and omissions)."""
    findings = list(findings)
    files = [
        {"option": option, "file": path.name, "bytes": path.stat().st_size, "sha256": _sha256(path)}
        for option, path in sources.files()
    ]
    report = {
        "schema": SCHEMA,
        "site": name,
        "sources": files,
        "counts": dict(counts),
        "findings_by_action": dict(Counter(finding.action for finding in findings)),
        "findings": [asdict(finding) for finding in findings],
    }
    path = folder / REPORT
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def geoid_m(lat_deg: float, lon_deg: float) -> float:
    """Height of the EGM96 geoid above the WGS 84 ellipsoid, m, by the grid of PROJ or of GeographicLib. Raises
    InputError if this machine has neither."""
    pipeline = (
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
        f"+step +proj=vgridshift +grids={GEOID_GRIDS} +multiplier=1"
    )
    try:
        height_m = float(Transformer.from_pipeline(pipeline).transform(lon_deg, lat_deg, 0.0)[2])
    except ProjError:
        height_m = math.nan
    if not math.isfinite(height_m) or height_m == 0.0:
        found_m = geoid.height_m(lat_deg, lon_deg, os.environ)
        if found_m is None:
            raise _needed(["--geoid-m"], f"{lat_deg} {lon_deg}")
        height_m = found_m
    return round(height_m, 1)


def _needed(options: Sequence[str], place: str) -> InputError:
    """The error for heights that neither a file nor this machine knows: all of them at once."""
    why = {"--datum-m": "no file gives the height of the ground", "--geoid-m": "this machine has no EGM96 grid"}
    fixes = {
        "--datum-m": "give the ground's metres above sea level, or a --terrain of `site import`",
        "--geoid-m": "give the geoid's metres over the ellipsoid, as "
        f'`GeoidEval -n egm96-5 --input-string "{place}"` of GeographicLib prints them',
    }
    verb = "is" if len(options) == 1 else "are"
    problem = f"{verb} needed: {' and '.join(why[option] for option in options)}"
    return InputError(" and ".join(options), "", problem, "; ".join(fixes[option] for option in options))


def write_records(path: Path, records: Sequence[Record]) -> None:
    """Write gzipped GeoJSON in WGS 84, 7 decimals (1 cm), one feature per line. Equal records give equal bytes."""
    with gzip.GzipFile(path, "wb", mtime=0) as file:
        file.write(b'{"type":"FeatureCollection","features":[\n')
        for number, line in enumerate(_lines(records)):
            file.write((",\n" if number else "").encode() + line.encode())
        file.write(b"\n]}\n")


def _lines(records: Sequence[Record]) -> Iterator[str]:
    shapes = np.empty(len(records), dtype=object)
    shapes[:] = [shape for shape, _ in records]
    for text, (_, own) in zip(shapely.to_geojson(_rounded(shapes)), records, strict=True):
        kept = {key: value for key, value in own.items() if not isinstance(value, float) or math.isfinite(value)}
        properties = json.dumps(kept, ensure_ascii=False, separators=(",", ":"), default=str)
        yield f'{{"type":"Feature","properties":{properties},"geometry":{text}}}'


def _rounded(shapes: Any) -> Any:
    """Degrees rounded to 7 decimals."""
    return shapely.transform(shapes, lambda lon_lat: lon_lat.round(7))


def _write_places(folder: Path, name: str, town: Town, findings: list[Finding]) -> dict[str, str]:
    """Write the area, the squares and an empty file of launch pads. Existing files that a person drew are kept."""
    _write_json(folder / "area_of_interest.geojson", [(town.area, {"name": name})])
    there = [key for key in DRAWN if (folder / f"{key}.geojson").exists()]
    findings += [Finding(f"{key}.geojson", key, "exists already", "assumed", "kept as it is") for key in there]
    if "launch_pads" not in there:
        _write_json(folder / "launch_pads.geojson", [])
    squares = [] if "public_squares" in there else list(_squares(town.squares.squares, findings))
    if squares:
        _write_json(folder / "public_squares.geojson", squares)
    drawn = [key for key in DRAWN if (folder / f"{key}.geojson").exists()]
    return {key: f"{key}.geojson" for key in ("area_of_interest", *drawn)}


def _squares(records: Iterable[Record], findings: list[Finding]) -> Iterator[Record]:
    """Each part of a square under a separate name, because a public square of a site must be one valid outline."""
    seen: Counter[str] = Counter()
    for shape, own in records:
        name = str(own.get("name") or "square")
        polygons, problem = polygons_of(shape)
        snapped = shapely.get_parts(shapely.set_precision(polygons, 1e-7))  # valid in the file's own decimals
        large = [polygon for polygon in snapped if area_m2(polygon) >= SMALLEST_SQUARE_M2]
        if problem or not large:
            action: Action = "repaired" if large else "left out"
            findings.append(Finding("public_squares.geojson", name, problem or "has no area", action, ""))
        for polygon in large:
            seen[name] += 1
            yield polygon, {"name": name if seen[name] == 1 else f"{name} ({seen[name]})"}


def _write_json(path: Path, records: Iterable[Record]) -> None:
    features = [
        {"type": "Feature", "properties": dict(own), "geometry": mapping(_rounded(shape))} for shape, own in records
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _datum_m(folder: Path, town: Town, sources: Sources, place: Place, findings: list[Finding]) -> float | None:
    """The median ground of the area, from the ground model or from the feet of the buildings; None if it is unknown."""
    if place.datum_amsl_m is not None:
        return place.datum_amsl_m
    if sources.terrain:
        known, where = _heights_in(folder / "terrain.tif", town.area), "of the ground model in the area"
    else:
        known, where = _feet_in(town), "of the feet of the buildings in the area"
    if not known:
        return None
    datum_m = round(float(median(known)), 1)
    detail = f"{datum_m:g} m, the median {where}"
    findings.append(Finding("site.yaml", "datum_amsl_m", "is not given", "assumed", detail))
    return datum_m


def _check_known(source: Path, written: Path, area: Polygon) -> None:
    """Raise InputError if most of the area has no height, so that its ground would be a guess."""
    heights = _inside(written, area)
    unknown = float(np.isnan(heights).mean()) if heights.size else 0.0
    if unknown > MOST_UNKNOWN:
        problem = f"has no height for {100 * unknown:.0f} % of the area"
        raise InputError(source, "", problem, "give another ground model, or an --area where its heights are known")


def _heights_in(path: Path, area: Polygon) -> list[float]:
    heights = _inside(path, area)
    known = heights[np.isfinite(heights)]
    return [float(np.median(known))] if known.size else []


def _inside(path: Path, area: Polygon) -> NDArray[np.float32]:
    """The heights of a raster inside an area."""
    with rasterio.open(path) as file:
        heights = file.read(1)
        inside = geometry_mask(
            [transform_geom("EPSG:4326", file.crs, mapping(area))], heights.shape, file.transform, invert=True
        )
    found: NDArray[np.float32] = heights[inside]
    return found


def _feet_known(town: Town) -> bool:
    """Whether at least every second building has a height of its ground, which is enough to interpolate a terrain."""
    known = sum(number(own, "ground_amsl_m") is not None for _, own in town.buildings.buildings)
    return 2 * known >= len(town.buildings.buildings)


def _feet_in(town: Town) -> list[float]:
    shapely.prepare(town.area)
    feet = ((number(own, "ground_amsl_m"), shape) for shape, own in town.buildings.buildings)
    return [ground_m for ground_m, shape in feet if ground_m is not None and town.area.intersects(shape)]


def _credit(said: str, file: Path | None, what: str, findings: list[Finding]) -> str:
    """The attribution of a file. If it is unknown, the file's name replaces it, and a finding reports the gap."""
    if said:
        return said
    name = file.name if file else what
    detail = f"{name}: name its publisher"
    findings.append(Finding("site.yaml", f"{what}.attribution", "is not known", "assumed", detail))
    return f"{name} (publisher not named)"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
