"""Detects the kind of a file from its first bytes, because suffixes are often wrong."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import Literal

from blindspot.core import InputError

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
    try:
        with path.open("rb") as file:
            head = file.read(LOOK_BYTES)
            tail = file.read() if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else b""
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name an existing file") from error
    if head.startswith(TIFF):
        return "geotiff"
    if head.startswith((b"SQLite format 3\0", b"\0\0\x27\x0a")):
        return "table"
    if head.startswith(ARCHIVES) or BDTOPO.search(_unzipped(head)):
        raise InputError(path, "", "is an archive", "unpack it and name the file inside")
    if tail or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"):
        if CITYJSON.search(head) or CITYJSON.search(tail):
            return "cityjson"
        return "table" if BDTOPO.search(head) else "osm"
    if head.startswith((*PACKED_OSM, b"<")) or b"OSMHeader" in head[:64] or head.lstrip().startswith(b"<"):
        return "osm"
    raise InputError(
        path, "", "is of no known kind", "known are GeoPackage, Shapefile, GeoJSON, CityJSON, GeoTIFF, OpenStreetMap"
    )


def _unzipped(head: bytes) -> bytes:
    """The unpacked beginning of a gzip file; empty for any other file."""
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, LOOK_BYTES)
    except zlib.error:
        return b""
