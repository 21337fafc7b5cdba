"""The manifest of an archive: its files with their hashes, signed with the key of the computer that exported it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

from blindspot.law.keys import ComputerKey, is_signed

MANIFEST, ENTRIES = "manifest.json", "journal-entries.jsonl"
SCHEMA = "blindspot.export/1"
LARGEST = 50_000_000
_SIGNED = "signed"
_CHUNK = 1 << 20


def sign_manifest(manifest: Mapping[str, Any], key: ComputerKey | None) -> dict[str, Any]:
    """The manifest with the signature of the computer's key over all other values; without a key as it is."""
    if key is None:
        return dict(manifest)
    return {**manifest, _SIGNED: {"key_id": key.key_id, "signature": key.sign(SCHEMA, _digest(manifest))}}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that was read."""

    files: Mapping[str, tuple[int, str]]
    """Size in bytes and SHA-256 of each file."""
    entries_of_run: int | None
    """Number of journal entries in the archive; None without a journal."""
    entries: int
    """Number of the journal's last entry at the export."""
    head: str
    is_journal_whole: bool
    missing: tuple[str, ...]
    key_id: str
    """Of the key that the signature names; empty without a signature."""
    is_signed: bool


def read_manifest(content: bytes) -> Manifest:
    """Raises ValueError for another form."""
    try:
        read = json.loads(content)
        files = {_text(one["name"]): (_number(one["bytes"]), _text(one["sha256"])) for one in read["files"]}
        journal, signed = read.get("journal"), read.get(_SIGNED, {})
        if read["schema"] != SCHEMA or len(files) != len(read["files"]):
            raise ValueError("schema, or a file twice")
        rest = {name: value for name, value in read.items() if name != _SIGNED}
        return Manifest(
            files,
            None if journal is None else _number(journal["entries_of_run"]),
            0 if journal is None else _number(journal["entries"]),
            "" if journal is None else _text(journal["head"]),
            journal is None or journal["whole"] is True,
            tuple(map(_text, read.get("missing", ()))),
            _text(signed.get("key_id", "")) if _SIGNED in read else "",
            is_signed(signed.get("key_id"), signed.get("signature"), SCHEMA, _digest(rest)),
        )
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError("it has another form than a manifest") from error


def digest_of(file: IO[bytes]) -> tuple[int, str]:
    """Size in bytes and SHA-256 of a file that is read to its end."""
    digest, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _digest(manifest: Mapping[str, Any]) -> str:
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError("no number")
    return value
