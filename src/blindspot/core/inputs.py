"""Files that a user names, read as a whole: a pipe or a device in a file's place is refused, because a pipe never
ends."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

MOST_BYTES = 2_000_000_000
"""Largest size of a file that is read as a whole."""
_PART_BYTES = 1 << 22


def open_file(path: Path) -> BinaryIO:
    """Open a file of a disk for reading. The call never waits.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    BinaryIO
        The open file.

    Raises
    ------
    OSError
        The path is missing, or a pipe, a device, a socket or a folder; `strerror` holds the reason.

    Example
    -------
    >>> with open_file(Path("LICENSE")) as file:
    ...     file.readable()
    True
    """
    try:
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe would wait for its writer
    except ValueError as error:
        raise OSError(errno.EINVAL, "its name holds a null character", str(path)) from error
    kind = os.fstat(opened).st_mode
    if stat.S_ISREG(kind):
        return cast(BinaryIO, os.fdopen(opened, "rb"))
    os.close(opened)
    if stat.S_ISDIR(kind):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is a pipe or a device", str(path))


def read_file(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Read a file of a disk as a whole.

    Parameters
    ----------
    path
        The file.
    most_bytes
        Largest size; a larger file is refused.

    Returns
    -------
    bytes
        The content.

    Raises
    ------
    OSError
        As in `open_file`, and for a larger file.

    Example
    -------
    >>> b"Apache License" in read_file(Path("LICENSE"))
    True
    """
    parts, left = [], most_bytes + 1
    with open_file(path) as file:
        if os.fstat(file.fileno()).st_size > most_bytes:
            left = 0
        while left and (part := file.read(min(left, _PART_BYTES))):  # one read of all would reserve `most_bytes`
            parts.append(part)
            left -= len(part)
    if not left:
        raise OSError(errno.EFBIG, f"it is larger than {most_bytes / 1e6:g} MB", str(path))
    return b"".join(parts)
