"""Reads and writes GeoJSON (RFC 7946): WGS 84 degrees, plain or gzipped. Errors name the file and the feature."""

from __future__ import annotations

import gzip
import json
import math
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import MultiPolygon, Polygon, mapping, shape
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError, read_file
from blindspot.site.town.frame import LocalFrame

WGS84_NAMES = (
    "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "OGC:CRS84",
    "urn:ogc:def:crs:EPSG::4326", "EPSG:4326",
)  # fmt: skip
FARTHEST_M = 50_000.0
"""A site is a town. A position farther from its origin is a mistake, mostly swapped latitude and longitude."""
SMALLEST_AREA_M2 = 1.0
LEAST_LEFT = 0.5
"""Least share of a broken outline that its holes leave; else the holes are the mistake."""
DEEPEST = 4
"""Maximum depth of nested lists in a geometry's positions."""
MOST_UNPACKED, SMALL_BYTES = 50, 1 << 24
"""Limits for packed files. A packed map unpacks to about ten times its size. The factor is free up to `SMALL_BYTES`."""
GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")
HALF_CHARACTER = re.compile(rb"\\u[dD][89a-fA-F]")
"""The escape of a half. Two of them make one character; one alone can't be written into any file."""
NOT_A_NUMBER = "has a position that is not a number"

Properties = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature, its geometry in metres ENU."""

    name: str
    properties: Properties
    geometry: BaseGeometry


def read_features(path: Path, frame: LocalFrame, id_key: str, content: bytes | None = None) -> list[Feature]:
    """Read the features of a file in file order, named by their property `id_key` (otherwise `#number`). `content` are
    the bytes of the file, if they were read before.

    Raises InputError if the file is missing or broken, uses another CRS than WGS 84, or holds a position far from the
    site's origin.
    """
    raw = _read_collection(path, content)
    names = [str(f["properties"].get(id_key) or f"#{number}") for number, f in enumerate(raw)]
    with np.errstate(invalid="ignore"):  # a NaN is reported below with its feature
        shapes = [_shape(path, name, f.get("geometry")) for name, f in zip(names, raw, strict=True)]
    geometries = np.empty(len(shapes), dtype=object)
    geometries[:] = shapes
    _check_rings(path, names, geometries)
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    _check_degrees(path, names, coordinates, owner)

    def project(lon_lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(frame.to_enu(lon_lat[:, 0], lon_lat[:, 1]))

    enu = shapely.transform(geometries, project)
    _check_near(path, names, shapely.get_coordinates(enu), owner)
    return [Feature(n, f["properties"], g) for n, f, g in zip(names, raw, enu, strict=True)]


def load_area(path: Path, frame: LocalFrame, content: bytes | None = None) -> Polygon:
    """Read a file with one polygon.

    Parameters
    ----------
    path
        A GeoJSON file.
    frame
        The site's frame, which converts degrees into metres.
    content
        The bytes of the file, if the caller has read the file already.

    Returns
    -------
    Polygon
        The area, m ENU about the site's origin.

    Raises
    ------
    InputError
        Another coordinate system, a self-crossing outline, an empty area, or several areas.

    Example
    -------
    >>> from blindspot.site import load_frame
    >>> folder = Path("config/sites/crossroads")
    >>> load_area(folder / "area_of_interest.geojson", load_frame(folder)).is_valid
    True
    """
    areas = read_areas(path, frame, content)
    if len(areas) != 1:
        raise InputError(path, "features", f"holds {len(areas)} areas", "give exactly one polygon")
    return areas[0][2]


def read_areas(path: Path, frame: LocalFrame, content: bytes | None = None) -> list[tuple[str, Properties, Polygon]]:
    """Read a file with several polygons.

    An invalid outline is always refused, because a repair could change a person's limit.

    Parameters
    ----------
    path, frame, content
        See `load_area`.

    Returns
    -------
    list of (str, dict, Polygon)
        Name, properties and area (m ENU) of each feature, in the order of the file.

    Raises
    ------
    InputError
        An area is invalid, is no polygon or is smaller than 1 m2, or the file has no area.

    Example
    -------
    >>> from blindspot.site import load_frame
    >>> folder = Path("config/sites/crossroads")
    >>> [name for name, _, _ in read_areas(folder / "no_fly_zones.geojson", load_frame(folder))]
    ['Roof garden']
    """
    areas = []
    for feature in read_features(path, frame, "name", content):
        polygon = feature.geometry
        if isinstance(polygon, MultiPolygon) and len(polygon.geoms) == 1:
            polygon = polygon.geoms[0]
        if not isinstance(polygon, Polygon):
            raise InputError(path, feature.name, f"is a {polygon.geom_type}", "an area must be one Polygon")
        if not polygon.is_valid:
            raise InputError(path, feature.name, why_broken(polygon, frame), "draw the outline without crossings")
        if polygon.area < SMALLEST_AREA_M2:
            raise InputError(path, feature.name, f"covers only {polygon.area:.2f} m2", "draw an area of at least 1 m2")
        areas.append((feature.name, feature.properties, polygon))
    if not areas:
        raise InputError(path, "features", "is empty", "give at least one polygon")
    return areas


def why_broken(polygon: Polygon, frame: LocalFrame | None = None) -> str:
    """Why a polygon is invalid, with the place in degrees. `frame` is that of a polygon in metres; None for degrees."""
    reason, _, place = shapely.is_valid_reason(polygon).rstrip("]").partition("[")
    x, y, *_ = map(float, place.split()) if place else (math.nan, math.nan)
    lon_deg, lat_deg = (x, y) if frame is None else frame.to_wgs84(x, y)
    said = "crosses itself" if reason == "Self-intersection" else f"is no valid outline ({reason})"
    return f"{said} at latitude {lat_deg:.6f}, longitude {lon_deg:.6f}"


def polygons_of(geometry: BaseGeometry) -> tuple[list[Polygon], str]:
    """The polygons of a geometry, and the problem that was repaired ("" if none). Parts of area 0 are dropped."""
    problem = "" if geometry.is_valid else shapely.is_valid_reason(geometry).partition("[")[0]  # cut the position off
    sound = shapely.make_valid(geometry, method="structure", keep_collapsed=False) if problem else geometry
    return [part for part in _polygons_in(sound) if part.area > 0], problem


def outlines_of(geometry: BaseGeometry) -> tuple[list[Polygon], str]:
    """As `polygons_of`, for objects in a drone's way.

    A broken geometry counts as filled if the holes leave less than half of the area: a repeated ring is such a hole. A
    solid courtyard is safer than a lost house.
    """
    polygons, problem = polygons_of(geometry)
    if problem:
        filled, _ = polygons_of(MultiPolygon([Polygon(part.exterior) for part in _polygons_in(geometry)]))
        if sum(part.area for part in polygons) < LEAST_LEFT * sum(part.area for part in filled):
            return filled, problem
    return polygons, problem


def _polygons_in(geometry: BaseGeometry) -> list[Polygon]:
    parts: Iterable[BaseGeometry] = [geometry]
    for _ in range(0 if isinstance(geometry, Polygon) else DEEPEST + 1):  # a collection may hold collections
        parts = shapely.get_parts(parts)
    return [part for part in parts if isinstance(part, Polygon)]


def feature_collection(
    items: Iterable[tuple[BaseGeometry, Properties]], frame: LocalFrame, extra: Properties | None = None
) -> dict[str, Any]:
    """A FeatureCollection in WGS 84 (7 decimals: 1 cm) of ENU geometries with properties. `extra` is added to the
    root."""

    def unproject(enu: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(frame.to_wgs84(enu[:, 0], enu[:, 1])).round(7)

    features = []
    for geometry, properties in items:
        degrees = shapely.transform(geometry, unproject)
        if isinstance(degrees, Polygon):
            degrees = shapely.geometry.polygon.orient(degrees)  # RFC 7946: exterior rings run counter-clockwise
        features.append({"type": "Feature", "properties": dict(properties), "geometry": mapping(degrees)})
    return {"type": "FeatureCollection", **(extra or {}), "features": features}


def number(properties: Properties, key: str) -> float | None:
    """A property as a finite number; None for a missing or any other value."""
    value = properties.get(key)
    if value is None or isinstance(value, bool):
        return None
    try:
        result = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def _read_collection(path: Path, content: bytes | None) -> list[dict[str, Any]]:
    try:
        content = read_file(path) if content is None else content
        content = _unpacked(path, content) if path.suffix == ".gz" else content
        root = json.loads(content)
        if HALF_CHARACTER.search(content):
            json.dumps(root, ensure_ascii=False).encode()
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(path, "", f"is not a whole gzip file ({error})", "fetch or pack it again") from error
    except RecursionError as error:
        raise InputError(path, "", "nests too deep", "give GeoJSON, WGS 84") from error
    except IsADirectoryError as error:
        raise InputError(path, "", "is a folder", "name a GeoJSON file in it") from error
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name an existing file") from error
    except UnicodeEncodeError as error:
        raise InputError(path, "", "holds half a character (a \\ud... alone)", "write its texts in UTF-8") from error
    except ValueError as error:
        raise InputError(path, "", f"is not valid JSON ({error})", "give GeoJSON, WGS 84") from error
    if isinstance(root, dict) and root.get("type") == "Feature":
        root = {"features": [root], "crs": root.get("crs")}
    elif isinstance(root, dict) and root.get("type") in GEOMETRIES:
        root = {"features": [{"geometry": root}], "crs": root.get("crs")}
    if not isinstance(root, dict) or not isinstance(root.get("features"), list):
        raise InputError(path, "", "is not GeoJSON", "give a FeatureCollection, a Feature or a geometry")
    _check_crs(path, root.get("crs"))
    for number, feature in enumerate(root["features"]):
        if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
            raise InputError(path, f"#{number}", "is not a GeoJSON feature")
        feature["properties"] = feature.get("properties") or {}
    features: list[dict[str, Any]] = root["features"]
    return features


def _unpacked(path: Path, packed: bytes) -> bytes:
    """The unpacked bytes of a file. Raises InputError if they are more than a map of this packed size can hold."""
    most = max(SMALL_BYTES, MOST_UNPACKED * len(packed))
    with gzip.open(BytesIO(packed), "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise InputError(path, "", f"unpacks to over {MOST_UNPACKED} times its size", "give it unpacked")
    return data


def _check_crs(path: Path, crs: object) -> None:
    if crs is None:
        return
    named = crs.get("properties") if isinstance(crs, dict) else {"name": crs}
    name = named.get("name") if isinstance(named, dict) else crs
    if name not in WGS84_NAMES:
        raise InputError(path, "crs", f"is {name!r}", "GeoJSON must be WGS 84 longitude, latitude: convert the file")


def _shape(path: Path, name: str, geometry: object) -> BaseGeometry:
    if not isinstance(geometry, dict):
        raise InputError(path, name, "has no geometry")
    if _holds_text(geometry.get("coordinates")):  # shapely reads "2.0" as a number
        raise InputError(path, name, NOT_A_NUMBER, "correct the coordinates")
    try:
        return shapely.force_2d(shape(geometry))
    except (
        ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, shapely.errors.ShapelyError
    ) as error:  # fmt: skip
        if not _all_finite(geometry.get("coordinates")):
            raise InputError(path, name, NOT_A_NUMBER, "correct the coordinates") from error
        raise InputError(path, name, f"has a broken geometry ({' '.join(str(error).split())})") from error


def _holds_text(coordinates: object, deep: int = 0) -> bool:
    if isinstance(coordinates, list):
        return deep <= DEEPEST and any(_holds_text(part, deep + 1) for part in coordinates)
    return isinstance(coordinates, str)


def _all_finite(coordinates: object, deep: int = 0) -> bool:
    if isinstance(coordinates, list):
        return deep > DEEPEST or all(_all_finite(part, deep + 1) for part in coordinates)
    if isinstance(coordinates, int):
        return abs(coordinates) < 1 << 1000
    return not isinstance(coordinates, float) or math.isfinite(coordinates)


def _check_rings(path: Path, names: Sequence[str], geometries: NDArray[Any]) -> None:
    """Refuse a hole without a corner: it counts as valid, and some of GEOS's functions crash the process at it."""
    parts, owner = geometries, np.arange(len(geometries))
    for _ in range(DEEPEST):  # a collection may hold collections
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    rings, part = shapely.get_rings(parts, return_index=True)
    bad = shapely.is_empty(rings) & ~shapely.is_empty(parts)[part]
    if bad.any():
        raise InputError(path, names[owner[part[bad.argmax()]]], "has a hole without corners", "remove the empty list")


def _check_degrees(path: Path, names: Sequence[str], lon_lat: NDArray[np.float64], owner: NDArray[np.intp]) -> None:
    bad = ~np.isfinite(lon_lat).all(axis=1)
    if bad.any():
        raise InputError(path, names[owner[bad.argmax()]], NOT_A_NUMBER, "correct the coordinates")
    bad = (np.abs(lon_lat) > (180.0, 90.0)).any(axis=1)
    if bad.any():
        found = "({:g}, {:g})".format(*lon_lat[bad.argmax()])
        raise InputError(
            path,
            names[owner[bad.argmax()]],
            f"has a position {found} that is not in degrees",
            "the file seems projected: convert it to WGS 84 longitude, latitude",
        )


def _check_near(path: Path, names: Sequence[str], enu: NDArray[np.float64], owner: NDArray[np.intp]) -> None:
    far_m = np.hypot(enu[:, 0], enu[:, 1])
    bad = ~(far_m < FARTHEST_M)
    if bad.any():
        raise InputError(
            path,
            names[owner[bad.argmax()]],
            f"lies {far_m[bad.argmax()] / 1000:.0f} km from the site's origin",
            "check the origin and the order: longitude first, then latitude",
        )
