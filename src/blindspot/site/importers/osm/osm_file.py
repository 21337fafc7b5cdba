"""Reads the elements of a file in one of OpenStreetMap's own formats (XML or PBF) with osmium."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

import osmium
import shapely
from shapely.geometry import MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from blindspot.core import InputError
from blindspot.site.features.osm_tags import KEYS, Tags
from blindspot.site.importers.osm.osm_town import Bounds, Element
from blindspot.site.importers.streams import unpacked

NODE_STORE = "sparse_mem_array"
"""16 bytes per node, in any order of ids."""
FAR_DEG = 0.2
"""More than the length of one way of a town: 22 km from south to north, 11 km from west to east at 60 degrees."""
AREAS = ("multipolygon", "boundary")
FIXES = {
    "out of order": "sort it with 'osmium sort'",
    "inside <member>": "ask Overpass for JSON, or for XML with 'out body' and its nodes in place of 'out geom'",
}
OPENING = re.compile(rb"""<(node|way|relation)\b((?:[^>"']|"[^"]*"|'[^']*')*)>""")
ATTRIBUTE = re.compile(rb"""([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
NEGATIVE = re.compile(rb"""(\b(?:id|ref)\s*=\s*["'])-""")
NEW = "9000000000"
"""Prefix for a new element's number. It makes the number larger than any number of a server."""
READ_BYTES = 1 << 22
WKB = osmium.geom.WKBFactory()


def elements(path: Path, bounds: Bounds | None) -> Iterator[Element]:
    """Yield the nodes, ways and areas with a tag of `KEYS`. Raises InputError if the file is unreadable.

    Ways that begin far outside `bounds` are dropped early. The result may still hold elements outside.

    A PBF is read as a stream and must be sorted, as usual. XML is sorted first, because Overpass gives ways before
    nodes.
    """
    if path.suffix.lower() == ".pbf":
        yield from _read(path, path, bounds)
        return
    with TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.osm"
        with unpacked(path) as source, plain.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        deleted, has_new = _deleted(plain, path)
        if has_new:
            plain = _renumbered(plain)
        for element in sorted_elements(plain, path, bounds):
            name = element.name.replace(NEW, "-")
            if name not in deleted:
                yield replace(element, name=name)


def _renumbered(plain: Path) -> Path:
    """The file with positive numbers for the new elements of an editor.

    Elements that a server has yet to number have negative numbers, and osmium drops the position of such nodes.
    """
    renumbered = plain.with_name("renumbered.osm")
    with plain.open("rb") as source, renumbered.open("wb") as sink:
        for line in source:
            sink.write(NEGATIVE.sub(rb"\g<1>" + NEW.encode(), line))
    return renumbered


def _deleted(plain: Path, path: Path) -> tuple[set[str], bool]:
    """(the elements that JOSM marks as deleted, whether any element is new). osmium ignores JOSM's mark.

    Raises InputError for a node that appears twice in one version with two positions. This happens if files with new
    nodes are joined; the ways of one file would then use the nodes of the other.
    """
    deleted: set[str] = set()
    has_new = False
    nodes: dict[bytes, bytes] = {}
    with plain.open("rb") as file:
        for line in _tags_of(file):
            kind, own = line[1], {name: one or other for name, one, other in ATTRIBUTE.findall(line[2])}
            name = f"{kind.decode()}/{own.get(b'id', b'').decode(errors='replace')}"
            has_new = has_new or "/-" in name
            if own.get(b"action") == b"delete":
                deleted.add(name)
            elif kind == b"node":
                key = own.get(b"id", b"") + b"v" + own.get(b"version", b"")
                place = own.get(b"lat", b"") + b"," + own.get(b"lon", b"")
                if nodes.setdefault(key, place) != place:
                    fix = "upload or renumber the new nodes of each file before they are put together"
                    raise InputError(path, name, "is there twice, at two places", fix)
    return deleted, has_new


def _tags_of(file: BinaryIO) -> Iterator[re.Match[bytes]]:
    """Yield the opening tags of a file's elements, read piece by piece."""
    rest = b""
    while piece := file.read(READ_BYTES):
        text = rest + piece
        end = text.rfind(b">") + 1
        yield from OPENING.finditer(text, 0, end)
        rest = text[end:]


def sorted_elements(file: Path, path: Path, bounds: Bounds | None) -> Iterator[Element]:
    """Yield the elements of `file`, whose nodes, ways and relations may be in any order. Errors name `path`."""
    in_order = file.with_name("sorted.osm.pbf")
    with osmium_errors(path):
        merger = osmium.MergeInputReader()
        merger.add_file(str(file))
        with osmium.SimpleWriter(str(in_order)) as writer:
            merger.apply(writer)
    yield from _read(in_order, path, bounds)


@contextmanager
def osmium_errors(path: Path) -> Iterator[None]:
    """Make every error of osmium an InputError about `path`."""
    try:
        yield
    except (RuntimeError, ValueError, MemoryError, osmium.InvalidLocationError) as error:
        why = " ".join(str(error).split())
        fix = next((fix for part, fix in FIXES.items() if part in why), "download it again")
        raise InputError(path, "", f"can't be read ({why})", fix) from error


def _read(file: Path, path: Path, bounds: Bounds | None) -> Iterator[Element]:
    wanted = osmium.filter.KeyFilter(*KEYS)
    areas: dict[int, tuple[Tags, list[int]]] = {}
    assembled: set[int] = set()
    ways = placed = 0
    with osmium_errors(path):
        stream = osmium.FileProcessor(str(file)).with_locations(NODE_STORE).with_areas(wanted).with_filter(wanted)
        for thing in stream:
            if isinstance(thing, osmium.osm.Node):
                place = Point(thing.lon, thing.lat) if thing.location.valid() else Point()
                yield Element(f"node/{thing.id}", dict(thing.tags), place)
            elif isinstance(thing, osmium.osm.Way):
                if bounds is not None and _is_far(thing, bounds):
                    continue
                way = _way(thing)
                ways += 1
                placed += not way.geometry.is_empty
                yield way
            elif isinstance(thing, osmium.osm.Relation):
                if thing.tags.get("type") in AREAS:
                    outer = [member.ref for member in thing.members if member.type == "w" and member.role != "inner"]
                    areas[thing.id] = dict(thing.tags), outer
            elif isinstance(thing, osmium.osm.Area) and not thing.from_way() and thing.num_rings()[0]:
                assembled.add(thing.orig_id())
                polygons = shapely.from_wkb(WKB.create_multipolygon(thing))
                yield Element(f"relation/{thing.orig_id()}", dict(thing.tags), polygons)
        broken = {relation: area for relation, area in areas.items() if relation not in assembled}
        if broken:
            yield from _unassembled(file, broken)
    if ways and not placed:
        raise InputError(path, "", "holds no node of any way", "the nodes must be in the file, before the ways")


def _is_far(way: osmium.osm.Way, bounds: Bounds) -> bool:
    """Whether a way begins too far outside the bounds to reach them."""
    first = way.nodes[0].location if len(way.nodes) else osmium.osm.Location()
    if not first.valid():
        return False
    west, south, east, north = bounds
    return not (west - FAR_DEG <= first.lon <= east + FAR_DEG and south - FAR_DEG <= first.lat <= north + FAR_DEG)


def _way(way: osmium.osm.Way) -> Element:
    name, tags = f"way/{way.id}", dict(way.tags)
    try:
        return Element(name, tags, shapely.from_wkb(WKB.create_linestring(way)))
    except (RuntimeError, osmium.InvalidLocationError):
        known = [
            [(node.lon, node.lat) for node in run]
            for is_known, run in groupby(way.nodes, key=lambda node: node.location.valid())
            if is_known
        ]
        lacks = sum(map(len, known)) < len(way.nodes)
        pieces = MultiLineString([piece for piece in known if len(set(piece)) > 1])
        return Element(name, tags, pieces, "lacks some of its nodes" if lacks else "has fewer than two nodes")


def _unassembled(file: Path, areas: dict[int, tuple[Tags, list[int]]]) -> Iterator[Element]:
    """Areas with open, crossing or missing ways, as the known part of their outer ways."""
    wanted = osmium.filter.IdFilter({way for _, outer in areas.values() for way in outer})
    lines: dict[int, BaseGeometry] = {}
    for thing in osmium.FileProcessor(str(file)).with_locations(NODE_STORE).with_filter(wanted):
        if isinstance(thing, osmium.osm.Way):
            lines[thing.id] = _way(thing).geometry
    for relation, (tags, outer) in areas.items():
        known = MultiLineString(list(shapely.get_parts([lines[way] for way in outer if way in lines])))
        yield Element(f"relation/{relation}", tags, known, "has an outline that can't be assembled")
