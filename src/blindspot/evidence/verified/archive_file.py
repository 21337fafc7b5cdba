"""Opens an archive of a stranger: it may hold bombs, links, paths that lead outside, and a million names."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from blindspot.core import InputError, one_line, open_file

MOST_NAMES, MOST_BYTES, MOST_RATIO = 100_000, 20_000_000_000, 100
SMALL_BYTES = 100_000
"""A member of up to this size may unpack to more than `MOST_RATIO` times its size."""
_END, _LONG_END, _ENTRY = b"PK\x05\x06", b"PK\x06\x07", b"PK\x01\x02"
_LONGEST_END, _LONG_END_BYTES = 22 + 65_535, 76
"""Of the end of an archive, and of the two records before it in a large archive."""
_LARGEST_DIRECTORY = MOST_NAMES * 300
"""Bytes of the list of names."""
_FIX = "get the archive again from the people who exported it"
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError)
"""Exceptions of `zipfile` for broken members."""


class BrokenMemberError(Exception):
    """A member can't be unpacked, or its bytes do not fit its check sum."""


class ArchiveFile:
    """An open archive, whose members can be read one by one; nothing is unpacked to the disk."""

    def __init__(self, archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
        self._archive, self._members = archive, members

    @property
    def names(self) -> tuple[str, ...]:
        """The members in the order of the archive."""
        return tuple(self._members)

    def size_bytes(self, name: str) -> int:
        """Declared size of a member; no more bytes than these are ever read."""
        return self._members[name].file_size

    @contextmanager
    def opened(self, name: str) -> Iterator[IO[bytes]]:
        """A member for reading. Raises BrokenMemberError, also while the member is read."""
        try:
            with self._archive.open(self._members[name]) as file:
                yield file
        except UNREADABLE as error:
            raise BrokenMemberError(name) from error


@contextmanager
def open_archive(path: Path) -> Iterator[ArchiveFile]:
    """An archive of unknown origin. Raises InputError, before anything is unpacked, for an archive over a limit, with a
    link, or with a name that leads outside, and for another kind of file."""
    try:
        file = open_file(path)
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name an archive of runs export") from error
    with file:
        _refuse_many_names(path, file)
        try:
            archive = zipfile.ZipFile(file)
        except (*UNREADABLE, OSError) as error:
            raise InputError(path, "", "is no whole archive", _FIX) from error
        with archive:
            yield ArchiveFile(archive, _members(path, archive))


def _refuse_many_names(path: Path, file: BinaryIO) -> None:
    """Count the names before the list of names is read into objects: a million objects need a gigabyte."""
    size = os.fstat(file.fileno()).st_size
    file.seek(max(0, size - _LONGEST_END - _LONG_END_BYTES))
    tail = file.read()
    at = tail.rfind(_END)
    if at < 0:
        raise InputError(path, "", "is no whole archive", _FIX)
    length = int.from_bytes(tail[at + 12 : at + 16], "little")
    if tail[max(0, at - 20) : at].startswith(_LONG_END):
        length = int.from_bytes(tail[max(0, at - 36) : at - 28], "little")
    end = size - len(tail) + at
    file.seek(max(0, end - _LARGEST_DIRECTORY))
    names = file.read(min(end, _LARGEST_DIRECTORY)).count(_ENTRY)
    file.seek(0)
    if length > _LARGEST_DIRECTORY or names > MOST_NAMES:
        raise InputError(path, "", f"holds more than {MOST_NAMES} names", _FIX)


def _members(path: Path, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(archive.infolist()) > MOST_NAMES:
        raise InputError(path, "", f"holds more than {MOST_NAMES} names", _FIX)
    if sum(info.file_size for info in infos) > MOST_BYTES:
        raise InputError(path, "", f"unpacks to more than {MOST_BYTES // 10**9} GB", _FIX)
    members = {info.filename: info for info in infos}
    if len(members) < len(infos):
        raise InputError(path, "", "holds a name twice", _FIX)
    for info in archive.infolist():
        if why := _why_refused(info):
            raise InputError(path, one_line(info.filename, 80), why, _FIX)
    return members


def _why_refused(info: zipfile.ZipInfo) -> str:
    mode, name = info.external_attr >> 16, info.orig_filename
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link or a device"
    if "\\" in name or "\0" in name or ":" in name or name.startswith("/") or ".." in PurePosixPath(name).parts:
        return "leads out of the archive's folder"
    if info.flag_bits & 1:
        return "is encrypted"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is packed by an unknown method"
    if info.file_size > max(SMALL_BYTES, MOST_RATIO * info.compress_size):
        return f"unpacks to more than {MOST_RATIO} times its size"
    return ""
