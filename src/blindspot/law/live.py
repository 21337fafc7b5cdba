"""The authorisation as it lies on the disk now: taking the file away, or changing it, revokes it."""

from __future__ import annotations

import os
from pathlib import Path

from blindspot.core import InputError
from blindspot.law.authorisation import Authorisation, load_authorisation
from blindspot.law.leases.signing import trusted_folder

Stat = tuple[int, ...] | None
Fingerprint = tuple[tuple[str, Stat], ...]


class LiveAuthorisation:
    """Looks at the authorisation, its area, its zones and the trusted keys as often as it is asked, and reads them
    again when one of them has changed. Raises InputError where there is none to begin with.

    A look is a few `stat` calls; size, inode, times of content and of status are compared, so that a file that is put
    in place of another with the same date is noticed.
    """

    def __init__(self, path: Path, keys: Path | None = None) -> None:
        self._path, self._keys = path, keys or trusted_folder(os.environ)
        self.problem = ""
        """Why there is no authorisation now; empty if there is one."""
        self._files: tuple[Path, ...] = (path,)
        self._seen: Fingerprint = ()
        self.now: Authorisation | None = self._read()

    def look(self) -> Authorisation | None:
        """The authorisation of this moment, None with a `problem` if there is none."""
        if self._fingerprint() != self._seen:
            self._look_again()
        return self.now

    def _look_again(self) -> None:
        """A change while the files are read is found by the next look."""
        self._seen = self._fingerprint()
        try:
            self.now, self.problem = self._read(), ""
        except (InputError, OSError, ValueError) as error:
            self.now, self.problem = None, str(error)

    def _read(self) -> Authorisation:
        read = load_authorisation(self._path, self._keys)
        files = (self._path, read.area_path, *((read.geozones_path,) if read.geozones_path is not None else ()))
        if files != self._files:
            self._files = files
            self._seen = ()  # of other files: looked at once more
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
