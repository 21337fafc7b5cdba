"""One archive of everything that a run left, with the SHA-256 of each file."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from shutil import copyfileobj
from types import MappingProxyType
from typing import IO, Any, BinaryIO, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.acts.journals import journal_with
from blindspot.acts.run_acts import act_on, refuse_act, refuse_due
from blindspot.acts.run_folders import Run
from blindspot.core import InputError, plain
from blindspot.evidence.acts import JOURNALLED, SEALED, Actor
from blindspot.evidence.journals import entries_of_run, verify_journal
from blindspot.evidence.kept import OPENED, is_as_recorded
from blindspot.evidence.sealed import KEYS, SUFFIX, open_part
from blindspot.evidence.verified import ENTRIES, MANIFEST, VERIFIER, sign_manifest, verifier_text
from blindspot.law.keys import own_computer_key

PRIVATE = frozenset({".key", KEYS})
"""Ends of the names that stay out: private keys, and the halves of sealed keys, which must not outlive the erasure."""
_PACKED = frozenset({".mcap", ".sealed", ".npz", ".png", ".zip"})
_OLDEST, _NEWEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, 23, 59, 58, tzinfo=UTC)
"""The first and the last time that an archive can hold."""


def export_run(
    run: Run, path: Path, who: Actor, keys: Mapping[str, X25519PrivateKey] = MappingProxyType({})
) -> Mapping[str, Any]:
    """Write the archive: the run's files in the order of their names, the verifier for strangers, the run's journal
    entries, and the manifest.

    The entry of the export holds the SHA-256 of the archive: before that entry, the archive is a draft under another
    name. Links, private keys, and names with control codes or backslashes stay out. Returns the manifest.

    With `keys`, the private recording keys by holder, the clear text of each sealed part is added in a folder `opened`.
    An entry comes before anything is opened, too.

    Raises InputError for a person who may not, for a recording that is due, for a missing or another key, if the
    archive exists, and if it can't be written or the run can't be read. The draft is then removed.
    """
    refuse_act(run, "communication", who)
    refuse_due(run)
    if path.resolve().is_relative_to(run.folder.resolve()):
        raise InputError(path, "", "lies in the run's own folder", "name a file elsewhere")
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        _refuse_present(path)
        draft.unlink(missing_ok=True)
        file = os.fdopen(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
    except OSError as error:
        raise InputError(path, "", f"can't be written ({error.strerror})", "name another file") from error
    try:
        if keys:
            act_on(run, "communication", "runs export", who, archive=path.name, opens=", ".join(keys))
        with file:
            with zipfile.ZipFile(file, "w") as archive:
                manifest = _fill(archive, run, os.environ, keys)
            file.flush()
            os.fsync(file.fileno())
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        act_on(run, "communication", "runs export", who, archive=path.name, sha256=sha256)
        _refuse_present(path)
        draft.rename(path)
    except OSError as error:
        where = error.filename or path
        raise InputError(where, "", f"can't be archived ({error.strerror or error})", "see its disk") from error
    finally:
        draft.unlink(missing_ok=True)
    return {**manifest, "archive_sha256": sha256}


def _refuse_present(path: Path) -> None:
    if path.exists() or path.is_symlink():
        raise InputError(path, "", "is there already", "name another file: no archive is overwritten")


def _fill(
    archive: zipfile.ZipFile, run: Run, environ: Mapping[str, str], keys: Mapping[str, X25519PrivateKey]
) -> Mapping[str, Any]:
    files, left_out = [], []
    folder = run.folder.resolve().name
    for source in run.files():
        name = source.relative_to(run.folder).as_posix()
        if source.suffix in PRIVATE or name != plain(name) or "\\" in name:  # a backslash may lead out of a folder
            left_out.append(plain(name))
            continue
        with source.open("rb") as opened:
            changed_s = min(max(os.fstat(opened.fileno()).st_mtime, _OLDEST.timestamp()), _NEWEST.timestamp())
            changed = datetime.fromtimestamp(changed_s, UTC)
            files.append(_add(archive, f"{folder}/{name}", changed, partial(copyfileobj, opened)))
        if keys and source.suffix == SUFFIX:
            files.append(_add(archive, f"{folder}/{OPENED}/{source.stem}", changed, partial(open_part, source, keys)))
    verifier = io.BytesIO(verifier_text().encode())
    files.append(_add(archive, VERIFIER, _OLDEST, partial(copyfileobj, verifier)))
    manifest: dict[str, Any] = {"schema": "blindspot.export/1", "run": run.name, "files": files, "left_out": left_out}
    if (journal := journal_with(run.stack_dir, run.id, environ)) is not None:
        manifest |= _add_entries(archive, journal, run.id, files)
    manifest = sign_manifest(manifest, own_computer_key())
    archive.writestr(_info(MANIFEST, _OLDEST), json.dumps(manifest, indent=1) + "\n")
    return manifest


def _add_entries(archive: zipfile.ZipFile, journal: Path, run: str, files: list[dict[str, Any]]) -> dict[str, Any]:
    """Add the journal's entries of the run to the archive and to its files. Returns the facts of the journal, and the
    recordings that differ from it."""
    check, number, sealed, begun = verify_journal(journal), 0, dict[str, str](), set[str]()

    def write(target: BinaryIO) -> None:
        nonlocal number
        for entry in entries_of_run(journal, run):
            target.write(entry.line)
            number += 1
            recording = str(entry.facts.get("file"))
            if entry.act == SEALED:
                sealed[recording] = str(entry.facts.get("sha256"))
            if "file" in entry.facts and entry.act in (*JOURNALLED["collection"], SEALED):
                begun.add(recording)
            elif entry.act in JOURNALLED["erasure"]:
                begun.discard(recording)

    entries = _add(archive, ENTRIES, check.last or _OLDEST, write)
    missing = sorted(begun - {Path(file["name"]).name for file in files})
    changed = _changed(files, sealed)
    files.append(entries)
    whole = {"entries_of_run": number, "entries": check.entries, "head": check.head, "whole": check.is_whole}
    return {"changed": changed, "missing": missing, "journal": whole}


def _changed(files: Iterable[Mapping[str, Any]], sealed: Mapping[str, str]) -> list[str]:
    """The recordings that differ from the hash in the journal, or that the journal does not hold as closed."""
    recordings = ((file["name"], file["sha256"]) for file in files if is_as_recorded(Path(file["name"])))
    return [name for name, sha256 in recordings if sealed.get(Path(name).name) != sha256]


class _Hashed(io.RawIOBase):
    """A target that hashes what goes through."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target, self.digest, self.size = target, hashlib.sha256(), 0

    def write(self, data: Any) -> int:
        self.digest.update(data)
        self.size += len(data)
        return self._target.write(data)


def _add(archive: zipfile.ZipFile, name: str, changed: datetime, write: Callable[[BinaryIO], object]) -> dict[str, Any]:
    """Name, size and hash of the bytes that `write` puts into the archive; a file may still grow."""
    with archive.open(_info(name, changed), "w", force_zip64=True) as target:
        hashed = _Hashed(target)
        write(cast(BinaryIO, hashed))
    return {"name": name, "bytes": hashed.size, "sha256": hashed.digest.hexdigest()}


def _info(name: str, changed: datetime) -> zipfile.ZipInfo:
    at = min(max(changed, _OLDEST), _NEWEST)
    info = zipfile.ZipInfo(name, (at.year, at.month, at.day, at.hour, at.minute, at.second))
    info.compress_type = zipfile.ZIP_STORED if Path(name).suffix in _PACKED else zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info
