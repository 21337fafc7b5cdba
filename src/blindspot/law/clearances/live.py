"""The authorisation as it is on the disk now. Removing or invalidating the file revokes it.

After any other change the cleared plan is judged again.
"""

from __future__ import annotations

import os
from pathlib import Path

from blindspot.core import InputError
from blindspot.law.signatures.authorisation import Authorisation, load_authorisation
from blindspot.law.signatures.signing import trusted_folder

Stat = tuple[int, ...] | None
Fingerprint = tuple[tuple[str, Stat], ...]


class LiveAuthorisation:
    """Checks authorisation, area, zones and trusted keys at each `look`, and reads changed files again. The constructor
    raises InputError if the authorisation is missing or invalid.

    A check costs a few `stat` calls. Size, inode, and the times of content and status are compared, so that replacing
    a file by another one of the same date is detected.
    """

    def __init__(self, path: Path, keys: Path | None = None) -> None:
        self._path, self._keys = path, keys or trusted_folder(os.environ)
        self.problem = ""
        """The reason why the authorisation is missing or invalid; empty while it is valid."""
        self._files: tuple[Path, ...] = (path,)
        self._seen: Fingerprint = ()
        self.now: Authorisation | None = self._read()

    def look(self) -> Authorisation | None:
        """The current authorisation; `None`, with a `problem`, if it is missing or invalid."""
        if self._fingerprint() != self._seen:
            self._look_again()
        return self.now

    def _look_again(self) -> None:
        """The next check finds a change that happens while the files are read."""
        self._seen = self._fingerprint()
        try:
            self.now, self.problem = self._read(), ""
        except (InputError, OSError, ValueError) as error:
            self.now, self.problem = None, str(error)

    def _read(self) -> Authorisation:
        read = load_authorisation(self._path, self._keys)
        act = self._path.resolve().parent / read.file.act.pdf if read.file.act and read.file.act.pdf else None
        zones = read.notices.zones_path if read.notices is not None else None
        others = (
            read.geozones_path, read.population_path, read.notices_path, zones, read.separation_path,
            read.revocations_path, act,
        )  # fmt: skip
        files = (self._path, read.area_path, *(other for other in others if other is not None))
        if files != self._files:
            self._files = files
            self._seen = ()  # it belongs to other files: the next check reads once more
        return read

    def _fingerprint(self) -> Fingerprint:
        keys = sorted(self._keys.glob("*.pub")) if self._keys.is_dir() else []
        return tuple((str(file), _stat(file)) for file in (*self._files, *keys))


def _stat(path: Path) -> Stat:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev
