"""Output folders and files of a command: checked before the work starts, written completely or discarded."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from blindspot.core.errors import InputError
from blindspot.core.plain_text import plain


def from_here(text: object) -> str:
    """The text with paths relative to the current folder. A folder of the same name inside another path stays."""
    try:
        here = f"{Path.cwd()}{os.sep}"
    except FileNotFoundError:  # the folder itself is gone
        return str(text)
    return re.sub(rf"(?<![^\s'\"=(\[:,;]){re.escape(here)}", "", str(text))


def inside(folder: Path, name: str) -> Path:
    """Give the path of a file in a folder.

    Parameters
    ----------
    folder
        The folder.
    name
        The name of the file, from a message or another file.

    Returns
    -------
    Path
        The path inside the folder.

    Raises
    ------
    InputError
        The name leads elsewhere or is no file name.

    Example
    -------
    >>> inside(Path("runs"), "plan.json").name
    'plan.json'
    """
    if name != Path(name).name or name in ("", ".", "..") or name != plain(name):
        raise InputError(folder, "", f"holds no file named {name!r}", "a name has neither a folder nor a control code")
    return folder / name


@contextmanager
def output_folder(folder: Path, option: str = "--out") -> Iterator[Path]:
    """Give a draft folder for the block. The files of the draft move into `folder` at the end of the block, and are
    deleted if the block fails.

    Parameters
    ----------
    folder
        The final folder; missing folders are made.
    option
        Name of the user's option, for messages.

    Yields
    ------
    Path
        The draft folder.

    Raises
    ------
    InputError
        `folder` can't be created or written.

    Example
    -------
    >>> with output_folder(Path("out")) as draft:  # doctest: +SKIP
    ...     (draft / "plan.json").write_text("{}")
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    part = _part_of(folder, option)
    try:
        yield part
        with writable_or_error(folder, option):
            for file in sorted(part.iterdir()):
                file.replace(folder / file.name)
    except InputError as error:
        if not error.file.startswith(str(part)):
            raise
        named = error.file.replace(str(part), str(folder), 1)  # a user knows `folder`, and never sees the draft folder
        raise InputError(named, error.field, error.problem, error.fix) from error
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise InputError(folder, option, f"can't be written ({error.strerror})", "name another") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        for path in missing:
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _part_of(folder: Path, option: str) -> Path:
    if folder.is_file():
        raise InputError(folder, option, "is a file", "name a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(folder, option, f"can't be made ({error.strerror})", "name another folder") from error
    with writable_or_error(folder, option):
        return Path(tempfile.mkdtemp(prefix=".part-", dir=folder))


def moved(files: Iterable[Path], folder: Path) -> tuple[Path, ...]:
    """The final paths of files that were written into the draft of `folder`."""
    return tuple(folder / file.name for file in files)


def write_whole(path: Path, text: str) -> None:
    """Replace a file's content as a whole, as `whole_file` does. Raises OSError if the disk refuses."""
    with whole_file(path) as opened:
        opened.write(text.encode("utf-8"))


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A draft, open for writing, that replaces a file as a whole when the block ends; after an error the old content
    stays. The new content is on the disk before the replacement of the old content: after a power cut, the file holds
    either the old or the new content. Two processes may write it at the same time. The draft is a new file: a link of
    another user in the draft's place is not followed. Raises OSError if the disk refuses."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    draft.unlink(missing_ok=True)
    try:
        with draft.open("xb") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Write a new file for the owner's eyes alone, from the first byte on: whole or not at all.

    Parameters
    ----------
    path
        The new file.
    content
        The bytes, for example of a key.

    Raises
    ------
    OSError
        The file exists, or the disk refuses.

    Example
    -------
    >>> write_private(Path("key"), b"secret")  # doctest: +SKIP
    """
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(file, "wb") as opened:
            opened.write(content)
    except OSError:
        path.unlink(missing_ok=True)
        raise


@contextmanager
def writable_or_error(path: Path, option: str = "--out", fix: str = "name another") -> Iterator[None]:
    """A full or read-only disk becomes an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(path, option, f"can't be written ({error.strerror or error})", fix) from error


@contextmanager
def readable_or_error(path: Path, fix: str, field: str = "") -> Iterator[None]:
    """A file that is missing or can't be read becomes an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(path, field, f"can't be read ({error.strerror})", fix) from error


def close_to_others(file: int) -> None:
    """Take an open file or folder of this user from all other users: a reader could lock the file and keep the lock.
    Raises OSError."""
    found = os.fstat(file)
    is_plain = stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)
    if found.st_uid == os.geteuid() and is_plain and found.st_mode & 0o077:
        os.fchmod(file, stat.S_IMODE(found.st_mode) & 0o700)


def lock_until(file: int, until_s: float, limit_s: float, *, every_s: float = 0.002) -> None:
    """Lock an open file for this process alone, at the latest at `until_s` of the monotonic clock. A time-out, after
    `limit_s`, is a failure, a BlockingIOError: a stopped process may hold the lock for ever. The file is closed to
    other users first."""
    close_to_others(file)
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= until_s:
                raise BlockingIOError(0, f"another process held it for {limit_s:g} s") from error
            time.sleep(every_s)
        else:
            return
