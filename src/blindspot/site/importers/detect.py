"""Detects the kind of a file from its first bytes, because suffixes are often wrong."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import BinaryIO, Literal

from blindspot.core import InputError, open_file, readable_or_error

Kind = Literal["geotiff", "table", "cityjson", "osm"]
"""`table`: a layer with BD TOPO's columns (GeoPackage, Shapefile, GeoJSON)."""

LOOK_BYTES = 1 << 20
TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
ARCHIVES = (b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!")
PACKED_OSM = (b"\x1f\x8b", b"BZh")
CITYJSON = re.compile(rb'"type"\s*:\s*"CityJSON(Feature)?"')
BDTOPO = re.compile(rb'"(hauteur|nb_etages|nombre_d_etages|pos_sol|position_par_rapport_au_sol|prive)"\s*:', re.I)


def kind_of(path: Path) -> Kind:
    """The kind of a file. Raises InputError for an unreadable file or an unknown kind."""
    with readable_or_error(path, "name an existing file"), open_file(path) as file:
        head = file.read(LOOK_BYTES)
        is_json = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        is_cityjson = is_json and _names_cityjson(head, file)
    if head.startswith(TIFF):
        return "geotiff"
    if head.startswith((b"SQLite format 3\0", b"\0\0\x27\x0a")):
        return "table"
    if head.startswith(ARCHIVES) or BDTOPO.search(_unzipped(head)):
        raise InputError(path, "", "is an archive", "unpack it and name the file inside")
    if is_cityjson:
        return "cityjson"
    if is_json:
        return "table" if BDTOPO.search(head) else "osm"
    if head.startswith((*PACKED_OSM, b"<")) or b"OSMHeader" in head[:64] or head.lstrip().startswith(b"<"):
        return "osm"
    raise InputError(
        path, "", "is of no known kind", "known are GeoPackage, Shapefile, GeoJSON, CityJSON, GeoTIFF, OpenStreetMap"
    )


def _names_cityjson(head: bytes, rest: BinaryIO) -> bool:
    """Whether a part of a JSON file says so; a model may say it at its end."""
    while not CITYJSON.search(head):
        more = rest.read(LOOK_BYTES)
        if not more:
            return False
        head = head[-100:] + more
    return True


def _unzipped(head: bytes) -> bytes:
    """The unpacked beginning of a gzip file; empty for any other file."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, LOOK_BYTES)
    except zlib.error:
        return b""
