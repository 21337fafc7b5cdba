"""Reads a town's own list of fixed cameras (CSV or GeoJSON) and maps its columns to OpenStreetMap's tags."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pyproj
import shapely
from pydantic import Field
from shapely.geometry import Point

from blindspot.core import InputError, Section, is_blank
from blindspot.site.features.osm_cameras import is_usable, parse_direction
from blindspot.site.features.osm_tags import lengths_m, short
from blindspot.site.importers import streams
from blindspot.site.importers.imported import Imported, Record
from blindspot.site.importers.vector import Degrees, crs_of
from blindspot.site.town.geojson import WGS84_NAMES
from blindspot.site.town.model import Action, CameraKind, Finding

LARGEST_BYTES = 1 << 26
"""Maximum size of a list. A hundred thousand cameras are 20 MB."""
DELIMITERS = ";,\t|"
METRES = {"m": 1.0, "cm": 0.01, "ft": 0.3048}
DEGREES = {"deg": 1.0, "gon": 0.9, "rad": math.degrees(1.0)}
WRITTEN_METRES = METRES | {"mm": 0.001, "feet": 0.3048, "foot": 0.3048, "'": 0.3048}
WRITTEN_DEGREES = DEGREES | {"°": 1.0}
WRITTEN_MM = {"mm": 1.0, "cm": 10.0}
"""Units that a cell may state after its number. They count before those of the mapping."""
LENGTHS = {"height": "height", "range": "range_m"}
"""The tags of the columns that hold a length."""
GEOJSON = (".geojson", ".json")
_NUMBER = re.compile(
    r"([+-]?(?:\d{1,12}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?)([a-z'°]{0,4})", re.ASCII | re.IGNORECASE
)
_RESOLUTION = re.compile(r"(\d{2,5})\s*[xX×*]\s*(\d{2,5})")


class Columns(Section):
    """The names of the list's columns (or of a GeoJSON's properties). Only the position is required."""

    x: str | None = Field(None, description="Longitude or easting; a GeoJSON has its own position")
    y: str | None = Field(None, description="Latitude or northing")
    id: str | None = Field(None, description="Name of the camera")
    type: str | None = Field(None, description="Kind of camera, translated by types")
    heading: str | None = Field(None, description="Heading: degrees, a compass point or a sector, 90-270")
    tilt: str | None = Field(None, description="Tilt")
    height: str | None = Field(None, description="Height above ground")
    hfov: str | None = Field(None, description="Horizontal field of view")
    focal_mm: str | None = Field(None, description="Focal length, mm")
    sensor_mm: str | None = Field(None, description="Width of the sensor, mm")
    resolution: str | None = Field(None, description="Resolution, 1920x1080")
    range: str | None = Field(None, description="Longest distance at which the camera counts")


class Units(Section):
    length: Literal["m", "cm", "ft"] = Field("m", description="Unit of height and range")
    angle: Literal["deg", "gon", "rad"] = Field("deg", description="Unit of heading, tilt and hfov")
    tilt: Literal["up", "down"] = Field("up", description="Direction of a positive tilt")


class CameraList(Section):
    """The file that describes the format of a list of cameras, schema `blindspot.camera_list/1`."""

    schema_: Literal["blindspot.camera_list/1"] = Field(alias="schema", description="Kind and version of the file")
    attribution: str = Field(min_length=1, description="Printed under every map made from this list")
    crs: str = Field("EPSG:4326", description="Coordinate system of x and y, in pyproj's notation")
    columns: Columns = Field(description="Names of the columns")
    types: Mapping[str, CameraKind] = Field({}, description="Meaning of each value of the type column")
    units: Units = Field(Units(), description="Units of the columns")


def read_camera_list(path: Path, mapping: CameraList, bounds: Degrees | None = None) -> Imported:
    """Read the cameras of a list, CSV or GeoJSON, with OpenStreetMap's tags. `mapping` describes its columns, units and
    CRS.

    Cameras outside the bounds are left out. The findings name each unusable row and cell by its line. Raises InputError
    if the file is unreadable, lacks a column that the mapping names, or has no usable position in any row.
    """
    try:
        crs = crs_of(path, mapping.crs)
    except InputError as error:
        problem = f"{short(mapping.crs)} is no coordinate system of positions"
        raise InputError(path, "crs of its mapping", problem, "name one as 'EPSG:2154'") from error
    reader = _CameraRows(path.name, mapping, bounds, pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True))
    is_geojson = path.suffix.lower() in GEOJSON
    if is_geojson:
        _check_crs(path, mapping.crs, crs)
    for row in (_geojson_rows if is_geojson else _csv_rows)(path, mapping.columns):
        reader.take(row)
    reader.check_units(path)
    if not reader.cameras:
        first = f": {reader.findings[0].feature} {reader.findings[0].problem}" if reader.findings else ""
        raise InputError(path, "", f"holds no camera that can be placed{first}", "check columns and crs of the mapping")
    return Imported(cameras=tuple(reader.cameras), findings=tuple(reader.findings), attribution=mapping.attribution)


def _check_crs(path: Path, said: str, crs: pyproj.CRS) -> None:
    """Raise InputError for a GeoJSON that names another coordinate system than its mapping."""
    own = streams.crs_of(path)
    if own is None or (own in WGS84_NAMES and crs == pyproj.CRS("EPSG:4326")):
        return
    try:
        is_same = crs_of(path, own) == crs
    except InputError:
        is_same = False
    if not is_same:
        problem = f"is {short(own)}, its mapping says {short(said)}"
        raise InputError(path, "crs", problem, "write the system of the file into the mapping")


@dataclass(frozen=True, slots=True)
class _Row:
    """One camera of the list. `where` names it in findings; `place` is its x and y."""

    where: str
    cells: Mapping[str, Any]
    place: tuple[object, object]


def _csv_rows(path: Path, columns: Columns) -> Iterator[_Row]:
    if columns.x is None or columns.y is None:
        raise InputError(path, "columns", "lacks x or y", "name the columns that hold the place")
    lines = list(io.StringIO(_text(path), newline=""))
    if lines and lines[0].lower().startswith("sep="):
        lines[0] = ""  # a line that Excel writes for itself
    wanted = _names(columns)
    try:
        if not any(line.strip() for line in lines):
            raise InputError(path, "", "is empty", "give a list whose first line names its columns")
        headers = {mark: _header(lines, mark) for mark in DELIMITERS}
        mark, header = max(headers.items(), key=lambda item: len(wanted.intersection(item[1])))
        if missing := sorted(wanted.difference(header)):
            known = (
                ", ".join(name for name in header if not is_blank(name))
                or "without names: write them into the first line"
            )
            raise InputError(path, missing[0], "is no column of the list", f"its columns are {known}")
        table = csv.reader(lines, delimiter=mark)
        for cells in (list(map(str.strip, row)) for row in table):
            if any(cells) and cells != header:  # joined lists repeat the header
                row = dict(zip(header, cells, strict=False))
                yield _Row(f"line {table.line_num}", row, (row.get(columns.x), row.get(columns.y)))
    except csv.Error as error:
        raise InputError(path, "", f"is not CSV ({error})", "save it as CSV again") from error


def _header(lines: list[str], delimiter: str) -> list[str]:
    filled = (line for line in lines if line.strip())
    return [cell.strip() for cell in next(csv.reader(filled, delimiter=delimiter), [])]


def _text(path: Path) -> str:
    """The file as text. Accepts the encodings of spreadsheets: UTF-8 with or without BOM, UTF-16, Windows-1252."""
    with streams.unpacked(path) as stream:
        data = stream.read(LARGEST_BYTES + 1)
    if len(data) > LARGEST_BYTES:
        raise InputError(path, "", f"is larger than {LARGEST_BYTES >> 20} MB", "give a list of cameras")
    utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if utf_16 else ("utf-8", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InputError(path, "", "is in no known encoding", "save it as CSV in UTF-8")


def _geojson_rows(path: Path, columns: Columns) -> Iterator[_Row]:
    missing = _names(columns)
    with streams.unpacked(path) as stream:
        for number, feature in enumerate(streams.items(stream, "features")):
            try:
                cells = dict(feature.get("properties") or {})
                geometry = feature["geometry"]
                x, y = geometry["coordinates"][:2] if geometry["type"] == "Point" else (None, None)
            except (AttributeError, KeyError, TypeError, ValueError):
                cells, x, y = {}, None, None
            missing -= cells.keys()
            yield _Row(f"feature {number}", cells, (x, y))
    if missing:
        raise InputError(path, min(missing), "is a property of no feature", "correct the columns of the mapping")


def _names(columns: Columns) -> set[str]:
    return {name for name in columns.model_dump().values() if name is not None}


@dataclass(slots=True)
class _CameraRows:
    """Makes cameras from rows, and notes the unusable data as findings."""

    file: str
    mapping: CameraList
    bounds: Degrees | None
    to_wgs84: pyproj.Transformer
    cameras: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)
    lengths: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    """(row, number) of the cells that name no unit, for each column of lengths."""

    def take(self, row: _Row) -> None:
        place = self._place(row)
        if place is None:
            self._note(row, "has no place on earth", "left out", f"x {row.place[0]!r:.40}, y {row.place[1]!r:.40}")
            return
        if self.bounds is not None and not shapely.box(*self.bounds).covers(place):
            self._note(row, "lies outside the area", "left out", f"{place.y:.5f}, {place.x:.5f}")
            return
        kind = self._kind(row)
        if kind is None:
            problem = f"has the type {short(self._text(row, 'type'))}"
            self._note(row, problem, "left out", "the mapping has no such type")
            return
        name = self._text(row, "id") or row.where
        if name in self.ids:
            name = f"{name} ({row.where})"
        self.ids.add(name)
        tags: dict[str, object] = {"id": name, "ref": name, "man_made": "surveillance", "surveillance:type": "camera"}
        if kind:
            tags["camera:type"] = kind
        self.cameras.append((place, tags | self._optics(row)))

    def _place(self, row: _Row) -> Point | None:
        x, y = map(as_number, row.place)
        if x is None or y is None or x == y == 0:  # an empty cell, or (0, 0) from two empty cells
            return None
        lon_deg, lat_deg = self.to_wgs84.transform(x, y)
        return Point(lon_deg, lat_deg) if abs(lon_deg) <= 180 and abs(lat_deg) <= 90 else None

    def _kind(self, row: _Row) -> CameraKind | Literal[""] | None:
        """The kind of the camera; "" if the cell is empty, None if the mapping lacks the value."""
        text = self._text(row, "type").casefold()
        known = {value.strip().casefold(): kind for value, kind in self.mapping.types.items()}
        return known.get(text) if text else ""

    def _optics(self, row: _Row) -> dict[str, object]:
        """The tags of the readable cells."""
        metres, degrees = METRES[self.mapping.units.length], DEGREES[self.mapping.units.angle]
        tilt = degrees if self.mapping.units.tilt == "up" else -degrees
        cells: tuple[tuple[str, str, Callable[[str], object]], ...] = (
            ("camera:direction", "heading", partial(_heading, degrees=degrees)),
            ("camera:tilt", "tilt", partial(_measured, usual=tilt, written=WRITTEN_DEGREES)),
            ("height", "height", partial(_length_m, usual=metres)),
            ("hfov_deg", "hfov", partial(_measured, usual=degrees, written=WRITTEN_DEGREES)),
            ("focal_mm", "focal_mm", partial(_measured, usual=1.0, written=WRITTEN_MM)),
            ("sensor_mm", "sensor_mm", partial(_measured, usual=1.0, written=WRITTEN_MM)),
            ("range_m", "range", partial(_length_m, usual=metres)),
            ("resolution", "resolution", _resolution),
        )
        tags: dict[str, object] = {}
        for tag, what, read in cells:
            text = self._text(row, what)
            value = read(text)
            if what in LENGTHS and (found := _number_and_unit(text)) and not found[1]:
                self.lengths.setdefault(what, []).append((row.where, found[0]))
            if isinstance(value, float) and not is_usable(tag, value):
                unit = "m" if what in LENGTHS else "deg"
                detail = f"read as {value:g} {unit}, impossible for a camera"
                self._note(row, f"has a {what} {short(text)}", "left out", detail)
            elif value is not None:
                tags[tag] = value
            elif text:
                self._note(row, f"has a {what} {short(text)}", "left out", "the cell can't be read")
        return tags

    def check_units(self, path: Path) -> None:
        """Raise InputError if the unit of the mapping makes each length of a column impossible, and another unit none.

        Such a list would give a town whose cameras all have assumed values.
        """
        said = self.mapping.units.length
        for what, cells in self.lengths.items():

            def possible(unit: str, tag: str = LENGTHS[what], cells: list[tuple[str, float]] = cells) -> list[bool]:
                return [is_usable(tag, value * METRES[unit]) for _, value in cells]

            fitting = [unit for unit in METRES if all(possible(unit))]
            if fitting and not any(possible(said)):
                where, value = cells[0]
                read_as = f"{value:g} in {where} is read as {value * METRES[said]:g} m"
                problem = f"is {said}, which makes each {what} impossible: {read_as}"
                fix = f"write {' or '.join(fitting)} into the mapping, or its unit into each cell"
                raise InputError(path, "units.length of its mapping", problem, fix)

    def _text(self, row: _Row, what: str) -> str:
        """The text of a cell by its field in `Columns`; "" if the list lacks the column."""
        column = getattr(self.mapping.columns, what)
        value = row.cells.get(column) if column is not None else None
        return "" if value is None else str(value).strip()

    def _note(self, row: _Row, problem: str, action: Action, detail: str) -> None:
        self.findings.append(Finding(self.file, row.where, problem, action, detail))


def _measured(text: str, usual: float, written: Mapping[str, float]) -> float | None:
    """A cell in metres, degrees or mm; `usual` is the scale of a bare number, `written` those of units in the cell."""
    found = _number_and_unit(text)
    if found is None or (found[1] and found[1] not in written):
        return None
    return round(found[0] * _scale(found[1], usual, written), 6)


def _scale(unit: str, usual: float, written: Mapping[str, float]) -> float:
    """The scale of a cell. A unit in the cell counts before that of the mapping, whose sign remains."""
    return math.copysign(written[unit], usual) if unit else usual


def _length_m(text: str, usual: float) -> float | None:
    """A length in metres; also in feet and inches, as in OpenStreetMap: `16'5"`."""
    value = _measured(text, usual, WRITTEN_METRES)
    if value is None and len(lengths := lengths_m(text)) == 1:
        value = round(lengths[0], 6)
    return value


def _heading(text: str, degrees: float) -> object:
    """Degrees, or a text that is valid in OpenStreetMap: `NNE`, `90-270`. The numbers of a sector have the column's
    unit."""
    value = _measured(text, degrees, WRITTEN_DEGREES)
    if value is not None:
        return round(value % 360, 6)
    words = text.split("-")
    ends = [_measured(word, degrees, WRITTEN_DEGREES) for word in words]
    if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
        text = f"{ends[0]:.6g}-{ends[1]:.6g}"
    return text if parse_direction(text)[0] is not None else None


def _resolution(text: str) -> str | None:
    match = _RESOLUTION.fullmatch(text)
    return f"{match[1]}x{match[2]}" if match else None


def as_number(value: object) -> float | None:
    """A cell as a number: `47.2`, `47,2`, `1 234,5`, `1.234,5`, `5 m`, `90°`; None for any other text."""
    found = _number_and_unit(value)
    return found[0] if found is not None and found[1] in ("", "m", "°") else None


def _number_and_unit(value: object) -> tuple[float, str] | None:
    """A cell as a number and the letters after it in lower case; None for any other text."""
    text = "".join(str(value).split())  # no-break spaces too
    if "." in text and "," in text:
        thousands = min(".,", key=text.index)
        text = text.replace(thousands, "")
    match = _NUMBER.fullmatch(text.replace(",", "."))
    return (float(match[1]), match[2].lower()) if match else None
