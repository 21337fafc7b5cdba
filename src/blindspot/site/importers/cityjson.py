"""Reads CityJSON 1.1 and 2.0, whole or as a sequence of features: makes blocks from LoD1 and LoD2 buildings.

Specification: https://www.cityjson.org/specs/2.0.1/ . Heights are read as altitudes above sea level in metres, as in
national grids.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import from_json
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError, field_error, plainly, read_file, readable_or_error
from blindspot.site.importers.imported import Imported, Record
from blindspot.site.importers.vector import Degrees, crs_of, transformed
from blindspot.site.town.model import Finding

ATTRIBUTION = "CityJSON model; its publisher is to be named"
OTHER = "OtherConstruction"
BUILDINGS = ("Building", "BuildingPart", OTHER)
STANDING = (
    "Bridge", "BridgePart", "BridgeInstallation", "BridgeConstructiveElement", "BuildingInstallation",
    "BuildingConstructiveElement", "CityFurniture", "PlantCover", "SolitaryVegetationObject", "TunnelInstallation",
)  # fmt: skip
"""Objects that stand above the ground and are not read. Their number is reported."""
OVERHANG_M = 1.0
"""A roof that reaches further than this beyond the ground surfaces gets a block of its own there."""
SURFACES_AT_DEPTH = {"MultiSurface": 0, "CompositeSurface": 0, "Solid": 1, "MultiSolid": 2, "CompositeSolid": 2}
OWN_ROOF_M = 1.0
"""A roof that starts more than this above its building's lowest eaves is a separate block: a tower over an annexe."""
STEEPEST = 0.1
"""A face is a wall if the vertical part of its unit normal is smaller than this (84 deg and steeper)."""
ON_GROUND_M = 0.5
CUT, KNOWN = "ends in the middle", "give CityJSON 1.1 or 2.0, or a sequence of its features"
SMALLEST_M2 = 0.01
FARTHEST_M = 1e8
"""Upper limit of metric coordinates on the earth."""
NOTHING = shapely.Polygon()

Vertices = NDArray[np.float64]


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class _Transform(_Lenient):
    scale: tuple[float, float, float]
    translate: tuple[float, float, float]


class _Metadata(_Lenient):
    referenceSystem: str | None = None


class _Head(_Lenient):
    """The root of a file, or the first line of a sequence."""

    version: str
    transform: _Transform
    metadata: _Metadata = _Metadata()


class _Geometry(_Lenient):
    type: str
    lod: str | float = ""
    boundaries: list[Any] = []
    semantics: dict[str, Any] | None = None


class _Object(_Lenient):
    type: str
    attributes: dict[str, Any] | None = None
    geometry: list[_Geometry] = []
    children: list[str] = []


@dataclass(slots=True)
class _Reader:
    """Collects a finding for each unusable object."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    not_read: Counter[str] = field(default_factory=Counter)

    def note(self, name: str, problem: str) -> None:
        self.findings.append(Finding(self.file, name, problem, "left out", ""))


def read_cityjson(path: Path, bounds: Degrees | None = None, fallback_crs: str | None = None) -> Imported:
    """Read the buildings of a file as blocks, if their footprint meets `bounds` (see `_blocks`).

    Unusable buildings are left out with a finding. Raises InputError if the file is no CityJSON, has another version,
    or names no coordinate system in metres while `fallback_crs` is None.
    """
    reader = _Reader(path.name)
    lines = _lines(path)
    first = _document(lines[0])
    if isinstance(first, str):
        raise InputError(path, "", first, "get the whole file again" if CUT in first else KNOWN)
    if "transform" not in first:
        problem = "is missing, so that its integer vertices have no position"
        raise InputError(path, "transform", problem, "export the model again, as cjio's save does")
    head = _head(path, first)
    to_degrees = Transformer.from_crs(_metric_crs(path, head, fallback_crs), "EPSG:4326", always_xy=True)
    area = _window(path, to_degrees, bounds)
    blocks = _all_blocks(reader, first, head.transform, area, "vertices")
    for number, line in enumerate(lines[1:], 2):
        document = _document(line)
        if isinstance(document, str):
            reader.note(f"line {number}", document)
        else:
            blocks += _all_blocks(reader, document, head.transform, area, f"line {number}")
    for kind, count in sorted(reader.not_read.items()):
        fix = "draw tall ones as obstacles of the site"
        reader.findings.append(Finding(path.name, kind, f"is not read, {count} object(s)", "left out", fix))
    return Imported(
        buildings=tuple(_in_degrees(blocks, to_degrees)), findings=tuple(reader.findings), attribution=ATTRIBUTION
    )


def _lines(path: Path) -> list[bytes]:
    """The JSON documents of a file: a single one, or one per line of a CityJSON sequence."""
    with readable_or_error(path, "name an existing file"):
        data = read_file(path)
    first, _, rest = data.partition(b"\n")
    return data.split(b"\n") if first.rstrip().endswith(b"}") and rest.strip() else [data]


def _document(line: bytes) -> dict[str, Any] | str:
    """A document, or the text of the problem with it."""
    try:
        root = from_json(line.strip() or b"{}")
    except ValueError as error:
        return f"{CUT}: {error}" if str(error).startswith("EOF") else f"is not valid JSON ({error})"
    if not isinstance(root, dict) or (line.strip() and root.get("type") not in ("CityJSON", "CityJSONFeature")):
        return "is not CityJSON"
    return root


def _head(path: Path, root: dict[str, Any]) -> _Head:
    try:
        head = _Head.model_validate(root)
    except ValidationError as error:
        raise field_error(path, error, _Head) from error
    if head.version not in ("1.1", "2.0"):
        raise InputError(path, "version", f"is {head.version!r}", "convert it to 2.0, as cjio's upgrade does")
    return head


def _metric_crs(path: Path, head: _Head, fallback_crs: str | None) -> CRS:
    text = head.metadata.referenceSystem or fallback_crs
    crs = crs_of(path, text)
    if not crs.is_projected or any(axis.unit_conversion_factor != 1 for axis in CRS.from_user_input(text).axis_info):
        raise InputError(path, "referenceSystem", f"{crs.name} is not in metres", "convert it to a projected system")
    return crs


def _window(path: Path, to_degrees: Transformer, bounds: Degrees | None) -> shapely.Polygon | None:
    if bounds is None:
        return None
    try:
        return shapely.box(*to_degrees.transform_bounds(*bounds, direction="INVERSE"))
    except ProjError as error:
        raise InputError(path, "referenceSystem", "does not fit the area") from error


def _all_blocks(
    reader: _Reader, root: dict[str, Any], transform: _Transform, area: shapely.Polygon | None, where: str
) -> list[Record]:
    """The blocks of a document's buildings that meet the area, in the file's coordinate system."""
    objects = root.get("CityObjects")
    if not isinstance(objects, dict):
        return []
    vertices = _vertices(root.get("vertices"), transform)
    if vertices is None:
        reader.note(where, "holds a vertex that is not a triple of numbers")
        return []
    reader.not_read.update(
        o["type"] for o in objects.values() if isinstance(o, dict) and o.get("type") in STANDING and o.get("geometry")
    )
    buildings = ((name, o) for name, o in objects.items() if isinstance(o, dict) and o.get("type") in BUILDINGS)
    found = {name: _building(reader, name, raw, vertices) for name, raw in buildings}
    of_parts = {name for name, (_, parts) in found.items() if _stand_for_it(parts, found, objects)}
    blocks = [block for name, (made, _) in found.items() if name not in of_parts for block in made]
    return blocks if area is None else [block for block in blocks if block[0].intersects(area)]


def _stand_for_it(parts: Sequence[str], found: Mapping[str, tuple[list[Record], Any]], objects: dict[str, Any]) -> bool:
    """Whether the parts of a building stand for its footprint: they have blocks, and none of them is broken."""
    known = [part for part in parts if part in found]
    whole = all(found[part][0] or not objects[part].get("geometry") for part in known)
    return whole and any(found[part][0] for part in known)


def _vertices(raw: object, transform: _Transform) -> Vertices | None:
    """Vertices (n, 3), metres in the file's coordinate system; None unless all are triples of possible numbers."""
    if raw is None or raw == []:
        return np.empty((0, 3))
    try:
        integers = np.array(raw, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    if integers.ndim != 2 or integers.shape[1] != 3 or not np.isfinite(integers).all():
        return None
    with np.errstate(over="ignore", invalid="ignore"):  # a number too large is refused below
        vertices = integers * transform.scale + transform.translate
    return vertices if (np.abs(vertices) < FARTHEST_M).all() else None


@dataclass(frozen=True, slots=True)
class _Face:
    """A surface: projection on the plane, lowest and highest vertex, and kind (roof, ground or wall)."""

    plan: BaseGeometry
    low_m: float
    high_m: float
    kind: str


def _building(
    reader: _Reader, name: str, raw: dict[str, Any], vertices: Vertices
) -> tuple[list[Record], Sequence[str]]:
    """(the blocks of an object, the names of the parts that replace these blocks if the parts have a volume)."""
    try:
        thing = _Object.model_validate(raw)
    except ValidationError as error:
        reader.note(name, f"is no valid object ({plainly(error)})")
        return [], ()
    if not thing.geometry:
        return [], ()
    solid = [geometry for geometry in thing.geometry if geometry.type in SURFACES_AT_DEPTH]
    if not solid:
        reader.note(name, f"has only a {thing.geometry[0].type}, which is not supported")
        return [], ()
    problems: list[str] = []
    for geometry in sorted(solid, key=lambda geometry: str(geometry.lod), reverse=True):
        flat = str(geometry.lod).startswith("0")
        try:
            blocks = _blocks(name, _faces(geometry, vertices), flat=flat, attributes=thing.attributes or {})
        except (TypeError, ValueError, IndexError, KeyError, AttributeError, shapely.errors.ShapelyError) as error:
            problems.append(f"has a broken geometry ({' '.join(str(error).split())[:80]})")
            continue
        if blocks:
            break
        problems.append("has no surface that covers ground")
    else:
        reader.note(name, problems[0])
        return [], ()
    if problems:
        reader.findings.append(Finding(reader.file, name, problems[0], "repaired", "a coarser level of detail instead"))
    if raw.get("type") == OTHER and not any("height_m" in own for _, own in blocks):
        reader.note(name, "is a construction without height")  # a platform, which is no house of unknown height
        return [], ()
    return blocks, thing.children if flat else ()


def _faces(geometry: _Geometry, vertices: Vertices) -> list[_Face]:
    """The surfaces of a geometry. Those with fewer than three corners are dropped; those of area 0 count as walls."""
    semantics = geometry.semantics or {}
    paired = _with_values(geometry.boundaries, semantics.get("values"), SURFACES_AT_DEPTH[geometry.type])
    kinds = ("" if v is None else str(semantics["surfaces"][v]["type"]) for _, v in paired)
    surfaces = [surface for surface, _ in paired]
    whole = [pair for pair in zip(surfaces, kinds, strict=True) if pair[0] and min(map(len, pair[0])) >= 3]
    if not whole:
        return []
    shapes = _shapes([rings[0] for rings, _ in whole], vertices)
    return [
        _Face(
            NOTHING if upright < STEEPEST else _plan(rings, vertices),
            low_m,
            high_m,
            "WallSurface" if upright < STEEPEST else kind,
        )
        for (rings, kind), (upright, low_m, high_m) in zip(whole, shapes, strict=True)
    ]


def _shapes(rings: Sequence[Sequence[int]], vertices: Vertices) -> list[list[float]]:
    """(vertical part of the unit normal by Newell's method, lowest, highest) of each ring. The first is 0 for a ring of
    area 0."""
    corners = _corners(list(chain.from_iterable(rings)), vertices)
    lengths = np.array([len(ring) for ring in rings])
    starts = np.cumsum(lengths) - lengths
    following = np.arange(1, len(corners) + 1)
    following[starts + lengths - 1] = starts
    near = corners - corners[0]
    normals = np.add.reduceat(np.cross(near, near[following]), starts)
    sizes = np.linalg.norm(normals, axis=1)
    upright = np.abs(normals[:, 2]) / np.where(sizes > 0, sizes, np.inf)
    heights_m = corners[:, 2]
    lowest_m, highest_m = np.minimum.reduceat(heights_m, starts), np.maximum.reduceat(heights_m, starts)
    shapes: list[list[float]] = np.column_stack([upright, lowest_m, highest_m]).tolist()
    return shapes


def _plan(rings: Sequence[Sequence[int]], vertices: Vertices) -> BaseGeometry:
    """A surface seen from above."""
    outer, *holes = (_corners(ring, vertices)[:, :2] for ring in rings)
    return shapely.make_valid(shapely.Polygon(outer, holes), method="structure", keep_collapsed=False)


def _with_values(nested: list[Any], values: list[Any] | None, depth: int) -> list[tuple[Any, Any]]:
    """Each surface with its semantic value. A missing list of values stands for surfaces without meaning."""
    own = [None] * len(nested) if values is None else values
    if depth == 0:
        return list(zip(nested, own, strict=True))
    return [pair for inner, value in zip(nested, own, strict=True) for pair in _with_values(inner, value, depth - 1)]


def _corners(indices: Sequence[int], vertices: Vertices) -> Vertices:
    """Vertices (n, 3) of the indices. Raises ValueError for an invalid index."""
    at = np.asarray(indices)
    if at.ndim != 1 or at.dtype.kind != "i" or not 0 <= at.min() <= at.max() < len(vertices):
        raise ValueError("a ring names no vertex")
    return np.asarray(vertices[at])


def _blocks(name: str, faces: list[_Face], *, flat: bool, attributes: Mapping[str, Any]) -> list[Record]:
    """One block over the footprint, from the ground to the lowest edge of the roof, and one more for each higher roof
    and below each roof beside the footprint.

    The footprint is the area of the ground surfaces, or of all faces except walls if no ground surface is marked. The
    roof of an arcade or of a platform reaches beyond it; its block is solid, because a block too many is safer than a
    lost roof. LoD0 has no height; the number of storeys may replace it.
    """
    level = [face for face in faces if face.kind != "WallSurface" and face.plan.area > SMALLEST_M2]
    if not level:
        return []
    ground = [face for face in level if face.kind == "GroundSurface"]
    ground_m = min(face.low_m for face in ground or faces)
    footprint = shapely.union_all([face.plan for face in ground or level])
    base: dict[str, object] = {"id": name, "ground_amsl_m": round(ground_m, 2)}
    if _is_number(attributes.get("storeysAboveGround")):
        base["storeys"] = attributes["storeysAboveGround"]
    roofs = [face for face in level if face.kind == "RoofSurface"]
    roofs = roofs or [face for face in level if face.kind != "GroundSurface" and face.high_m > ground_m + ON_GROUND_M]
    if flat or not roofs:
        return [(footprint, base)]
    eaves_m, ridge_m = min(roof.low_m for roof in roofs), max(roof.high_m for roof in roofs)
    blocks: list[Record] = [(footprint, {**base, **_heights(ground_m, eaves_m, ridge_m)})]
    higher = [roof for roof in roofs if roof.low_m > eaves_m + OWN_ROOF_M]
    for number, roof in enumerate(higher, 1):
        own = {**base, "id": f"{name}/roof{number}", **_heights(ground_m, roof.low_m, roof.high_m)}
        blocks.append((roof.plan, own))
    low = [roof for roof in roofs if roof.low_m <= eaves_m + OWN_ROOF_M]
    beside = shapely.get_parts(shapely.difference(shapely.union_all([roof.plan for roof in low]), footprint))
    for number, part in enumerate(beside[~shapely.is_empty(shapely.buffer(beside, -OVERHANG_M / 2))], 1):
        own = {**base, "id": f"{name}/overhang{number}", **_heights(ground_m, eaves_m, max(r.high_m for r in low))}
        blocks.append((part, own))
    return blocks


def _heights(ground_m: float, eaves_m: float, ridge_m: float) -> dict[str, object]:
    return {"height_m": round(eaves_m - ground_m, 2), "ridge_m": round(ridge_m - ground_m, 2)}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _in_degrees(blocks: list[Record], to_degrees: Transformer) -> Iterator[Record]:
    shapes = np.empty(len(blocks), dtype=object)
    shapes[:] = [shape for shape, _ in blocks]
    return zip(transformed(shapes, to_degrees), (own for _, own in blocks), strict=True)
