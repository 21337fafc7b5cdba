"""Where a command's results go: refused before the work if they can't, and there as a whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from blindspot.core.errors import InputError
from blindspot.core.plain_text import plain


def from_here(told: object) -> str:
    """The words without the path to the folder in which they are read."""
    try:
        return str(told).replace(f"{Path.cwd()}{os.sep}", "")
    except FileNotFoundError:  # the folder itself is gone
        return str(told)


def inside(folder: Path, name: str) -> Path:
    """The file of that name in a folder; raises InputError for a name that leads elsewhere, or is none of a file."""
    if name != Path(name).name or name in ("", ".", "..") or name != plain(name):
        raise InputError(folder, "", f"holds no file named {name!r}", "a name has neither a folder nor a control code")
    return folder / name


@contextmanager
def output_folder(folder: Path, option: str = "--out") -> Iterator[Path]:
    """A folder to write into; its files go into `folder` once the work is done, and none does if the work stops.

    Raises InputError at once if `folder` can't be made or written.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    part = _part_of(folder, option)
    try:
        yield part
        with told_if_unwritable(folder, option):
            for file in sorted(part.iterdir()):
                file.replace(folder / file.name)
    except InputError as error:
        if not error.file.startswith(str(part)):
            raise
        told = error.file.replace(str(part), str(folder), 1)  # of the other a user knows nothing
        raise InputError(told, error.field, error.problem, error.fix) from error
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
    with told_if_unwritable(folder, option):
        return Path(tempfile.mkdtemp(prefix=".part-", dir=folder))


def moved(files: Iterable[Path], folder: Path) -> tuple[Path, ...]:
    """Where files that were written into the part of a folder lie in the end."""
    return tuple(folder / file.name for file in files)


def write_whole(path: Path, text: str) -> None:
    """The file is there as a whole, or as it was. Raises OSError where the disk refuses."""
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def told_if_unwritable(path: Path, option: str = "--out") -> Iterator[None]:
    """A full or read-only disk becomes an InputError."""
    try:
        yield
    except OSError as error:
        raise InputError(path, option, f"can't be written ({error.strerror or error})", "name another") from error
