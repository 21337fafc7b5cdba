"""Reads large files piece by piece, plain or packed, with constant memory."""

from __future__ import annotations

import bz2
import codecs
import gzip
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import ijson

from blindspot.core import InputError, open_file

MOST_UNPACKED = 100
"""Maximum factor of unpacking. A larger one indicates a decompression bomb: OpenStreetMap's texts pack to a tenth."""
SMALL_BYTES = 1 << 26
TAIL_BYTES = 4096
CHUNK_BYTES = 4096
HEAD_BYTES, PART_BYTES = 1 << 16, 1 << 20
CRS_MEMBER = re.compile(rb'"crs"\s*:\s*(\{(?:[^{}]|\{[^{}]*\})*\}|"[^"]*")')
CRS_AFTER = re.compile(rb"\]\s*,\s*" + CRS_MEMBER.pattern)
CRS_NAME = re.compile(rb'"name"\s*:\s*("[^"]*")')
MOST_NESTED = 1000
"""Maximum nesting of JSON. The parser's memory grows with the square of the depth; maps are at most ten deep."""


class Unpacked:
    """A file's plain bytes, unpacked by its suffix (.gz, .bz2), BOM removed. `tail` holds the last bytes read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        open_file(path).close()  # a pipe would never end
        self._left = max(SMALL_BYTES, MOST_UNPACKED * path.stat().st_size)
        self._stream: BinaryIO = _opened(path)
        self.tail = b""

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise InputError(self.path, "", f"unpacks to over {MOST_UNPACKED} times its size", "give it unpacked")
        if not self.tail:
            data = data.removeprefix(codecs.BOM_UTF8)
        self.tail = (self.tail + data)[-TAIL_BYTES:]
        return data

    def close(self) -> None:
        self._stream.close()


def _opened(path: Path) -> BinaryIO:
    match path.suffix.lower():
        case ".gz":
            return cast(BinaryIO, gzip.open(path, "rb"))
        case ".bz2":
            return cast(BinaryIO, bz2.open(path, "rb"))
    return path.open("rb")


@contextmanager
def unpacked(path: Path) -> Iterator[Unpacked]:
    """Open the file's bytes. Every error of the file while it is open becomes an InputError with the reason."""
    try:
        with closing(Unpacked(path)) as stream:
            yield stream
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(path, "", f"is not a whole packed file ({error})") from error
    except OSError as error:
        fix = "name an existing file" if isinstance(error, FileNotFoundError) else ""
        raise InputError(path, "", f"can't be read ({error.strerror or error})", fix) from error
    except (ijson.JSONError, UnicodeDecodeError, OverflowError) as error:
        raise InputError(path, "", f"is not valid JSON ({_first_line(error)})") from error


class _Shallow:
    """JSON as bytes, refused if brackets nest too deep. Brackets inside strings count, too, which seldom matters."""

    def __init__(self, stream: Unpacked) -> None:
        self._stream = stream
        self._depth = 0

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size)
        self._depth += data.count(b"[") + data.count(b"{") - data.count(b"]") - data.count(b"}")
        if self._depth > MOST_NESTED:
            raise InputError(self._stream.path, "", f"nests over {MOST_NESTED} deep", "give a map")
        return data


def root_key(path: Path, wanted: Collection[str]) -> str | None:
    """The first of the wanted keys in the JSON object of the file; None if all are missing."""
    with unpacked(path) as stream:
        for prefix, event, value in ijson.parse(_Shallow(stream), buf_size=CHUNK_BYTES, use_float=True):
            if not prefix and event == "map_key" and value in wanted:
                return str(value)
    return None


def crs_of(path: Path) -> str | None:
    """The coordinate system in the old member `crs` of a GeoJSON file, before or after the features; None without
    this member. A member of another form is returned as it stands."""
    with unpacked(path) as stream:
        head = stream.read(HEAD_BYTES).partition(b'"features"')[0]
        while stream.read(PART_BYTES):
            pass
    found = CRS_MEMBER.search(head) or CRS_AFTER.search(stream.tail)
    if found is None:
        return None
    name = CRS_NAME.search(found[1])
    return (name or found)[1].decode(errors="replace").strip('"')


def items(stream: Unpacked, key: str) -> Iterator[Any]:
    """Yield the items of the array at `key` of the JSON object in the stream."""
    return iter(ijson.items(_Shallow(stream), f"{key}.item", buf_size=CHUNK_BYTES, use_float=True))


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0].strip()
