"""The journal of a stack: an append-only file of entries, each with the hash of the entry before it.

No entry, no act: an act whose entry can't be written does not happen. An entry is one line of canonical JSON (ASCII,
sorted keys), schema `blindspot.journal/1`: the number (counted from 1, so the number of the line), the hash of the
previous entry, the UTC time of the computer, the act, the writing node or command, the facts of the act, and the
entry's SHA-256 over all of these.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from blindspot.core import BlindspotError, outputs
from blindspot.law.keys import ComputerKey, is_signed

Fact = str | int | float | bool | None | Sequence[str]

FIRST = "0" * 64
"""Hash before the first entry."""
LONGEST = 20_000
"""Bytes of the longest entry, with its line end."""
LOOKED_BACK = 10 * LONGEST
LOCK_S = 2.0
"""Longest wait for another process that writes to the same file, s."""
REPAIRED = "repaired"
MISSION_ENDED, HEAD_SIGNED = "mission_ended", "head_signed"
"""After each end of a mission, the computer signs the head of the journal in an entry of its own."""
_HEAD = "blindspot.head/1"
"""Purpose of a signature over the number and the hash of an entry."""
_KEYS = {"act", "at", "by", "facts", "n", "previous", "sha256"}
_TEXTS = _KEYS - {"facts", "n"}
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)
_CUT_SHOWN = 1000
"""Characters of a cut-off line that the entry `repaired` shows."""
_BEGIN = b'{"act":"'
"""Of each entry; after a power cut zeros may follow or replace it."""
_LOOK = "check it with blindspot verify, rename it to journal-*.jsonl in its folder, and start the stack again"


class JournalError(BlindspotError):
    """The disk holds no entry, for the reason in the sentence: the act must stay undone."""

    def __init__(self, path: Path, problem: str, fix: str) -> None:
        super().__init__(f"{path}: no entry can be written, so nothing is done: {problem}; {fix}")


class ChangedError(ValueError):
    """A line has the form of an entry, and a hash of another content."""

    def __init__(self, number: int, previous: str, sha256: str) -> None:
        super().__init__("the hash of the line does not fit the content")
        self.number, self.previous, self.sha256 = number, previous, sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry; `line` is its line in the file, with the line end."""

    number: int
    previous: str
    at: datetime
    act: str
    by: str
    facts: Mapping[str, Fact]
    sha256: str
    line: bytes

    @property
    def happened_at(self) -> datetime:
        """The time of the act: the fact `happened_at` if the disk refused the entry at first, otherwise the entry's
        time."""
        try:
            at = datetime.fromisoformat(str(self.facts.get("happened_at", "")))
        except ValueError:
            return self.at
        return self.at if at.utcoffset() is None else at


class Journal:
    """One writer of a journal. Several processes and threads may write to one file.

    Parameters
    ----------
    path
        The file. File and folder are made with the first entry, readable by the user alone.
    by
        Name of the node or command that writes.
    key
        The computer's key. With it, the entry `head_signed` follows each end of a mission, in one write.
    """

    def __init__(self, path: Path, by: str, key: ComputerKey | None = None) -> None:
        self._path, self._by, self._key = path, by, key
        self._written = 0

    def write(self, act: str, /, **facts: Fact) -> None:
        """Append one entry; it is on the disk when this returns.

        A cut-off last line, as a power cut leaves it, is removed first, and an entry `repaired` records this.

        Raises
        ------
        JournalError
            The disk or the folder refuses, another process holds the file for `LOCK_S`, a fact has another type than
            `Fact`, the entry is longer than `LONGEST`, the last line is invalid, or the file has lost entries
            that this object wrote. The file then stays as it was.
        """
        try:
            with _locked(self._path) as file:
                self._append(file, act, facts)
        except OSError as error:
            raise JournalError(self._path, error.strerror or str(error), "see the folder and the disk") from error

    def _append(self, file: int, act: str, facts: Mapping[str, Fact]) -> None:
        last, cut = self._tail(file)
        if last[0] < self._written:
            raise JournalError(
                self._path, f"it ends at entry {last[0]}, and entry {self._written} was written before",
                "restore the file, or keep it and start the stack again",
            )  # fmt: skip
        lines = b""
        if cut:
            shown = cut[:_CUT_SHOWN].decode("ascii", "backslashreplace")
            lines, last = self._sealed(last, REPAIRED, {"bytes": len(cut), "text": shown})
        line, last = self._sealed(last, act, facts)
        if act == MISSION_ENDED and self._key is not None:
            signed, last = self._sealed(last, HEAD_SIGNED, _signed_head(self._key, *last, facts.get("run")))
            line += signed
        end = os.fstat(file).st_size - len(cut)
        try:
            os.ftruncate(file, end)
            _write_all(file, lines + line)
            os.fsync(file)
            if end == 0:
                _sync_folder(self._path.parent)
        except OSError:
            with suppress(OSError):  # the act stays undone: its entry goes
                os.ftruncate(file, end)
                _write_all(file, cut)
            raise
        self._written = last[0]

    def _tail(self, file: int) -> tuple[tuple[int, str], bytes]:
        """Number and hash of the last entry, and the cut-off line after it."""
        size = os.fstat(file).st_size
        tail = os.pread(file, 2 * LONGEST, max(0, size - 2 * LONGEST))
        whole, end, cut = tail.rpartition(b"\n")
        if not is_begun(cut) or (not end and size > LONGEST):
            raise JournalError(self._path, "its end is no part of an entry", _LOOK)
        if not end:
            return (0, FIRST), cut
        try:
            entry = read_entry(whole.rpartition(b"\n")[2] + end)
        except ValueError as error:
            raise JournalError(self._path, f"its last line is no valid entry ({error})", _LOOK) from error
        return (entry.number, entry.sha256), cut

    def _sealed(self, last: tuple[int, str], act: str, facts: Mapping[str, Fact]) -> tuple[bytes, tuple[int, str]]:
        """The line of the next entry, and its number and hash."""
        wrong = [name for name, fact in facts.items() if not _is_fact(fact)]
        if wrong or not isinstance(act, str):
            raise JournalError(
                self._path, f"the fact {wrong[0] if wrong else 'act'} has an unknown type", "give a text or a number"
            )
        at = datetime.now(UTC).isoformat(timespec="microseconds")
        content = {"act": act, "at": at, "by": self._by, "facts": facts, "n": last[0] + 1, "previous": last[1]}
        try:
            line, sha256 = line_of(content)
        except ValueError as error:  # an infinite number, or one of thousands of digits
            raise JournalError(self._path, f"the act {act[:40]!r} has a fact without a value", "give it one") from error
        if len(line) > LONGEST:
            raise JournalError(
                self._path, f"the entry of {act[:40]!r} has {len(line)} bytes of {LONGEST}", "give shorter facts"
            )
        return line, (last[0] + 1, sha256)


def read_entry(line: bytes) -> Entry:
    """The entry of a whole line, with its line end.

    Raises ChangedError for the hash of another content, and ValueError for another form: both name the fault.
    """
    try:
        read = json.loads(line.decode("ascii"))
        if not (isinstance(read, dict) and read.keys() == _KEYS and _has_types(read)):
            raise ValueError("keys or types")
        at = datetime.fromisoformat(read["at"])
        sha256 = read.pop("sha256")
        fits, real = line_of(read)
        if at.utcoffset() != timedelta(0) or at.isoformat(timespec="microseconds") != read["at"]:
            raise ValueError("time")
    except (ValueError, RecursionError) as error:
        raise ValueError("it has another form than an entry") from error
    if real != sha256 or fits != line:
        raise ChangedError(read["n"], read["previous"], sha256)
    return Entry(read["n"], read["previous"], at, read["act"], read["by"], read["facts"], sha256, line)


def is_head_signed(entry: Entry) -> bool:
    """Whether an entry `head_signed` names the entry before it, and carries the signature of its key over this."""
    before = entry.number - 1, entry.previous
    return (entry.facts.get("number"), entry.facts.get("hash")) == before and is_head_of(entry.facts)


def is_head_of(head: Mapping[str, object]) -> bool:
    """Whether a head (`number`, `hash`, `key_id`, `signature`), as other files quote it, has its key's signature."""
    number, sha256 = head.get("number"), head.get("hash")
    if not isinstance(number, int) or not isinstance(sha256, str):
        return False
    return is_signed(head.get("key_id"), head.get("signature"), _HEAD, number, sha256)


def _signed_head(key: ComputerKey, number: int, sha256: str, run: Fact) -> dict[str, Fact]:
    signature = key.sign(_HEAD, number, sha256)
    return {"run": run, "number": number, "hash": sha256, "key_id": key.key_id, "signature": signature}


def is_begun(line: bytes) -> bool:
    """Whether a last line without an end may belong to an entry left unfinished by a power cut."""
    return len(line) <= LONGEST and _BEGIN.startswith(line.rstrip(b"\0")[: len(_BEGIN)])


def last_entries(path: Path) -> Iterator[Entry]:
    """Read the valid entries among the last `LOOKED_BACK` bytes of a journal.

    Parameters
    ----------
    path
        A journal; an unreadable file has no entries.

    Returns
    -------
    iterator of Entry
        The entries, the newest first.

    Example
    -------
    >>> next(last_entries(Path("journal.jsonl"))).act  # doctest: +SKIP
    'mission_ended'
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LOOKED_BACK))
            lines = file.read(LOOKED_BACK).splitlines(keepends=True)
    except OSError:
        return
    for line in reversed(lines):
        with suppress(ValueError):
            yield read_entry(line)


def _has_types(read: Mapping[str, object]) -> bool:
    facts, number = read["facts"], read["n"]
    return (
        all(isinstance(read[key], str) for key in _TEXTS)
        and type(number) is int
        and isinstance(facts, dict)
        and all(map(_is_fact, facts.values()))
    )


def _is_fact(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(isinstance(each, str) for each in value)
    return value is None or isinstance(value, (str, int, float))


def line_of(content: Mapping[str, object]) -> tuple[bytes, str]:
    """The canonical line of an entry, and the hash. `sha256` is the last of the sorted keys, so `sha256` goes to the
    end."""
    text = _CANONICAL.encode(content)
    sha256 = hashlib.sha256(text.encode("ascii")).hexdigest()
    return f'{text[:-1]},"sha256":"{sha256}"}}\n'.encode("ascii"), sha256


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """The file, made if it is missing, locked against other processes. Raises OSError."""
    missing = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in missing:
        _sync_folder(folder.parent)
    until_s = time.monotonic() + LOCK_S
    while True:
        file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise OSError(0, "it is no file")
            outputs.lock_until(file, until_s, LOCK_S)
            if _is_there(path, file):
                yield file
                return
        finally:
            os.close(file)


def _is_there(path: Path, file: int) -> bool:
    """Whether the path still leads to the open file: another process may have moved the file before the lock."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file))
    except FileNotFoundError:
        return False


def _write_all(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
