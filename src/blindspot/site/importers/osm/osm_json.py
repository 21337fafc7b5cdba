"""Reads elements of OpenStreetMap from JSON: an answer of Overpass, or GeoJSON made from one (osmtogeojson)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import osmium
import shapely
from osmium.osm.mutable import Node, Relation, Way
from shapely.geometry import GeometryCollection, shape

from blindspot.core import InputError
from blindspot.site.features.osm_tags import Tags, short
from blindspot.site.importers import streams
from blindspot.site.importers.osm.osm_file import osmium_errors, sorted_elements
from blindspot.site.importers.osm.osm_town import Bounds, Element
from blindspot.site.town.geojson import WGS84_NAMES

NOWHERE = 0
"""The id of a node that is missing in every file, where Overpass clipped a line."""
BROKEN = (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError, RuntimeError)
"""The errors that JSON of an unexpected structure may raise."""
REMARK = re.compile(rb'\]\s*,\s*"remark"\s*:\s*("(?:[^"\\]|\\.)*")')
"""The end of an answer for which Overpass ran out of time or memory."""
Report = Callable[[str, str], None]
"""Called with the name of an element that is left out, and the reason."""


def overpass_elements(path: Path, report: Report, bounds: Bounds | None) -> Iterator[Element]:
    """Yield the elements of an answer of Overpass, `out body` with its nodes or `out geom`. Broken ones go to `report`.

    The answer is converted to OpenStreetMap's own format, so that lines and areas are built as from any other file.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "transcribed.opl"  # a PBF of nodes and ways by turns takes ten times the memory
        with osmium_errors(path), streams.unpacked(path) as stream, osmium.SimpleWriter(str(file)) as writer:
            for number, raw in enumerate(streams.items(stream, "elements")):
                try:
                    _transcribe(raw, writer)
                except BROKEN:
                    report(f"#{number}", "is not an element of Overpass")
        if remark := REMARK.search(stream.tail):
            report("remark", f"says that the answer is incomplete: {json.loads(remark[1])}")
        yield from sorted_elements(file, path, bounds)


def _transcribe(raw: Mapping[str, Any], writer: osmium.SimpleWriter) -> None:
    """Convert one element. Of two elements with the same id the one with tags counts, by its version."""
    name, tags = _id(raw["id"]), {_text(key): _text(value) for key, value in raw.get("tags", {}).items()}
    version = 2 if tags else 1
    match raw["type"]:
        case "node":
            place = float(raw["lon"]), float(raw["lat"])
            writer.add_node(Node(id=name, version=version, tags=tags, location=place))
        case "way":
            writer.add_way(Way(id=name, version=version, tags=tags, nodes=_nodes(raw, writer)))
        case "relation":
            members = [(str(m["type"])[0], _id(m["ref"]), _text(m.get("role", ""))) for m in raw.get("members", [])]
            for member in raw.get("members", []):
                if member["type"] == "way" and "geometry" in member:
                    writer.add_way(Way(id=_id(member["ref"]), version=1, nodes=_nodes(member, writer)))
            writer.add_relation(Relation(id=name, version=version, tags=tags, members=members))


def _nodes(line: Mapping[str, Any], writer: osmium.SimpleWriter) -> list[int]:
    """The ids of a line's nodes. Nodes that Overpass gives as positions (`out geom`) are written with an id that is
    computed from the position."""
    if "geometry" not in line:
        return [_id(node) for node in line.get("nodes", [])]
    places = [None if p is None else (float(p["lon"]), float(p["lat"])) for p in line["geometry"]]
    nodes = [NOWHERE if place is None else _id_of_place(*place) for place in places]
    for node, place in zip(nodes, places, strict=True):
        if place is not None:
            writer.add_node(Node(id=node, version=1, location=place))
    return nodes


def _text(value: object) -> str:
    """The text with NUL removed, because osmium would end the text there, perhaps in the middle of a letter."""
    return str(value).replace("\0", "")


def _id(value: object) -> int:
    if not isinstance(value, int) or abs(value) >= 1 << 62:
        raise ValueError
    return value


def _id_of_place(lon_deg: float, lat_deg: float) -> int:
    """A positive 64-bit id for each position on the grid of 1e-7 degrees, far above any real id."""
    if not (abs(lon_deg) <= 180 and abs(lat_deg) <= 90):
        raise ValueError
    return round((lon_deg + 180) * 1e7) << 31 | round((lat_deg + 90) * 1e7)


def geojson_elements(path: Path, report: Report) -> Iterator[Element]:
    """Yield the features of a GeoJSON file made from OpenStreetMap. Tags are flat or under `tags`. Broken features go
    to `report`. Raises InputError for a file that names another coordinate system than WGS 84."""
    crs = streams.crs_of(path)
    if crs is not None and crs not in WGS84_NAMES:
        raise InputError(path, "crs", f"is {short(crs)}", "convert the file to WGS 84 longitude, latitude")
    with streams.unpacked(path) as stream:
        for number, raw in enumerate(streams.items(stream, "features")):
            try:
                element = _element(raw, number)
            except (*BROKEN, shapely.errors.ShapelyError):
                report(f"#{number}", "is not a GeoJSON feature of OpenStreetMap")
            else:
                yield element


def _element(feature: Mapping[str, Any], number: int) -> Element:
    properties = feature.get("properties") or {}
    geometry = shapely.force_2d(shape(feature["geometry"]))
    if isinstance(geometry, GeometryCollection):
        raise ValueError
    problem = ""
    if properties.get("tainted") or properties.get("@tainted"):
        problem = "lacks some of its nodes"
    elif properties.get("geometry") or properties.get("@geometry"):
        problem = "is drawn as bounds or centre only"
    return Element(_name(feature, properties) or f"#{number}", _tags(properties), geometry, problem)


def _name(feature: Mapping[str, Any], properties: Mapping[str, Any]) -> str:
    """The name, such as "way/12", from the feature's id, from its properties or from two of them."""
    name = str(feature.get("id") or properties.get("@id") or properties.get("id") or "")
    kind = properties.get("type")
    return f"{kind}/{name}" if name.isdecimal() and kind in ("node", "way", "relation") else name


def _tags(properties: Mapping[str, Any]) -> Tags:
    """Only the tags. Additions of osmtogeojson begin with "@" or lie beside `tags`."""
    tags = properties.get("tags", properties)
    return {key: str(value) for key, value in tags.items() if isinstance(value, str | int | float) and key[:1] != "@"}
