"""Reads GeoPackage, Shapefile and GeoJSON of any coordinate system with GDAL, as WGS 84 degrees and columns."""

from __future__ import annotations

import glob
import re
import warnings
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.raw import read as read_raw
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from blindspot.core import InputError
from blindspot.site.importers.imported import Record
from blindspot.site.town.model import Finding

Degrees = tuple[float, float, float, float]
"""Bounds: west, south, east, north, WGS 84."""
CRS_MEMBER = re.compile(rb'"crs"\s*:\s*\{')
NO_CRS_FIX = "say which it is with --crs, as EPSG:2154"


def read_layer(
    path: Path,
    wanted: str,
    columns: Collection[str],
    bounds: Degrees | None = None,
    fallback_crs: str | None = None,
) -> tuple[tuple[Record, ...], tuple[Finding, ...]]:
    """Read the features of one layer in file order, in WGS 84 degrees. `wanted` is a part of the layer's name; if the
    file has one layer only, any name fits.

    Of the properties only the `columns` (lower case) are kept; a missing value is a missing key. Only features that
    meet the bounds are read. Features with an unusable geometry are left out with a finding. `fallback_crs` is the
    coordinate system of a file that names none. Raises InputError if the file is broken, lacks the layer, or has no
    coordinate system at all.
    """
    _check_complete(path)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            layer = _layer_name(path, wanted)
            info = pyogrio.read_info(path, layer=layer)
            crs, not_taken = _crs(path, layer, info, fallback_crs)
            kept = [str(name) for name in info["fields"] if name.lower() in columns]
            to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
            window = to_crs.transform_bounds(*bounds) if bounds else None
            _, ids, geometries, values = read_raw(
                path, layer=layer, columns=kept, bbox=window, force_2d=True, return_fids=True, datetime_as_string=True
            )
        except ProjError as error:
            raise InputError(path, "crs", f"does not fit the area ({_one_line(error)})") from error
        except (RuntimeError, ValueError, OSError, NameError) as error:  # NameError: pyogrio's own, on a broken .prj
            reason = _one_line(error).partition(";")[0]  # the rest is GDAL's advice to programmers
            reason = reason.rpartition("failed: ")[2]  # before it stands a query of GDAL's own
            fix = "give a whole file, as GeoJSON, GeoPackage or Shapefile"
            raise InputError(path, "", f"can't be read ({reason})", fix) from error
    warned = dict.fromkeys(_one_line(warning.message) for warning in caught)
    findings = [*not_taken, *(Finding(path.name, layer, text, "assumed", "as GDAL reads it") for text in warned)]
    shapes = _degrees(geometries, crs)
    usable = _usable(shapes)
    for k in np.flatnonzero(~usable).tolist():
        findings.append(Finding(path.name, f"{layer} {ids[k]}", "has no usable geometry", "left out", ""))
    names = [name.lower() for name in kept]
    return tuple((shapes[k], _properties(names, values, k)) for k in np.flatnonzero(usable).tolist()), tuple(findings)


def _check_complete(path: Path) -> None:
    """Raise InputError for a Shapefile whose table or index is missing, because GDAL reads it silently."""
    if path.suffix.lower() != ".shp":
        return
    beside = {other.suffix.lower() for other in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    if missing := [part for part in (".dbf", ".shx") if part not in beside]:
        problem = f"has no {' and no '.join(missing)} beside it"
        raise InputError(path, "", problem, "put all parts of the Shapefile there")


def _crs(path: Path, layer: str, info: Mapping[str, Any], fallback_crs: str | None) -> tuple[CRS, tuple[Finding, ...]]:
    """The coordinate system of a layer.

    GeoJSON without a named system is WGS 84. If its numbers are outside the range of degrees, `fallback_crs` counts
    instead. If they are degrees and `fallback_crs` is a projected system, WGS 84 counts, and a finding reports it.
    """
    crs = crs_of(path, info["crs"] or fallback_crs)
    if not fallback_crs or info["driver"] != "GeoJSON" or _names_crs(path):
        return crs, ()
    west, south, east, north = pyogrio.read_info(path, layer=layer, force_total_bounds=True)["total_bounds"]
    asked = crs_of(path, fallback_crs)
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        return asked, ()
    if asked.is_geographic:
        return crs, ()
    problem = f"holds degrees, not {fallback_crs} as --crs says"
    return crs, (Finding(path.name, layer, problem, "assumed", "WGS 84, as GeoJSON has it"),)


def _names_crs(path: Path) -> bool:
    """Whether a GeoJSON file names its coordinate system in the old member `crs` before its features."""
    with path.open("rb") as file:
        return CRS_MEMBER.search(file.read(1 << 16).partition(b'"features"')[0]) is not None


def crs_of(path: Path, text: str | None) -> CRS:
    """The horizontal coordinate system that a file or the user names. Raises InputError for a missing or unknown
    name."""
    if not text:
        raise InputError(path, "crs", "does not say its coordinate system", NO_CRS_FIX)
    try:
        crs = CRS.from_user_input(text)
    except ProjError as error:
        raise InputError(path, "crs", f"{text[:80]!r} is no coordinate system", NO_CRS_FIX) from error
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    if not (flat.is_projected or flat.is_geographic):
        raise InputError(path, "crs", f"{text[:80]!r} has no positions on the earth", NO_CRS_FIX)
    return flat


def layer_names(path: Path) -> list[str]:
    return [str(name) for name in pyogrio.list_layers(path)[:, 0]]


def _layer_name(path: Path, wanted: str) -> str:
    names = layer_names(path)
    fitting = [name for name in names if wanted in name.lower()]
    if len(names) != 1 and not fitting:
        raise InputError(path, "layer", f"has none named {wanted!r}", f"it has {', '.join(names) or 'none'}")
    return min(fitting or names, key=len)


def _degrees(wkb: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    with np.errstate(invalid="ignore"):
        return transformed(shapes, to_degrees)


def transformed(shapes: NDArray[np.object_], to_degrees: Transformer) -> NDArray[np.object_]:

    def project(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(to_degrees.transform(xy[:, 0], xy[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(shapes, project)
    return moved


def _usable(shapes: NDArray[np.object_]) -> NDArray[np.bool_]:
    bounds = shapely.bounds(shapes)
    usable: NDArray[np.bool_] = np.isfinite(bounds).all(axis=1) & (np.abs(bounds) <= (180, 90, 180, 90)).all(axis=1)
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    usable[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return usable


def _properties(names: list[str], values: list[NDArray[Any]], row: int) -> Mapping[str, object]:
    """The present values of a row, as Python's own types."""
    pairs = ((name, column[row]) for name, column in zip(names, values, strict=True))
    plain = ((name, value.item() if isinstance(value, np.generic) else value) for name, value in pairs)
    return {name: value for name, value in plain if value is not None and value == value and value != ""}


def _one_line(error: object) -> str:
    return " ".join(str(error).split())[:200]
