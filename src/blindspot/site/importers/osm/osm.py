"""Reads a town from OpenStreetMap: XML, PBF, an answer of Overpass, or GeoJSON made from one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from blindspot.core import InputError
from blindspot.site.importers.imported import Imported
from blindspot.site.importers.osm.osm_file import elements
from blindspot.site.importers.osm.osm_json import geojson_elements, overpass_elements
from blindspot.site.importers.osm.osm_town import ATTRIBUTION, Bounds, Element, OsmTown
from blindspot.site.importers.streams import root_key

PROGRESS_EVERY = 10_000
PACKED = (".gz", ".bz2")
OF_OSM = re.compile(r"(node|way|relation)/\d+$")
KNOWN = ".osm, .osm.pbf, .json (Overpass) and .geojson; all but PBF also as .gz or .bz2"


def read_osm(path: Path, bounds: Bounds | None = None, progress: Callable[[int], None] | None = None) -> Imported:
    """Read the buildings, roads, squares, cameras and trees of a file: .osm, .osm.pbf, .json (Overpass) or .geojson;
    all but PBF also as .gz or .bz2.

    Elements that touch the bounds are kept whole; the others are dropped. `progress` is called every 10 000 elements
    with the number of elements read. `findings` lists everything that was repaired or left out. Raises InputError if
    the file is unreadable.
    """
    town = OsmTown(path.name, bounds)
    count = 0
    for count, element in enumerate(_elements(path, town), 1):
        town.add(element)
        if progress is not None and count % PROGRESS_EVERY == 0:
            progress(count)
    if not (town.buildings or town.parts or town.roads or town.squares or town.cameras or town.trees):
        where = "" if bounds is None else " within the bounds"
        town.report("", f"holds nothing that makes a town{where}", "left out", f"{count} element(s) read")
    return town.imported()


def _elements(path: Path, town: OsmTown) -> Iterator[Element]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if len(suffixes) > 1 and suffixes[-1] in PACKED:
        suffixes.pop()
    match suffixes[-1] if suffixes else "":
        case ".osm" | ".xml" | ".pbf":
            return elements(path, town.bounds)
        case ".json" | ".geojson":
            return _json_elements(path, town)
    raise InputError(path, "", "has an unknown ending", f"known are {KNOWN}")


def _json_elements(path: Path, town: OsmTown) -> Iterator[Element]:
    def report(name: str, problem: str) -> None:
        town.report(name, problem, "left out")

    match root_key(path, ("elements", "features")):
        case "elements":
            return overpass_elements(path, report, town.bounds)
        case "features":
            return _credited(geojson_elements(path, report), town)
    raise InputError(path, "", "is neither an answer of Overpass nor GeoJSON", "it needs elements or features")


def _credited(elements: Iterator[Element], town: OsmTown) -> Iterator[Element]:
    """The elements of a GeoJSON. Any file may use OpenStreetMap's tags; only data from OpenStreetMap has its ids."""
    town.credit = ""
    for element in elements:
        if OF_OSM.match(element.name):
            town.credit = ATTRIBUTION
        yield element
