"""The check of a journal's chain, and the entries of one run."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Generic, TypeVar

from blindspot.core import InputError, open_file, readable_or_error
from blindspot.evidence.journals.followed import Followed, lines_of
from blindspot.evidence.journals.journal import FIRST, REPAIRED, ChangedError, Entry, Fact, is_begun, read_entry
from blindspot.evidence.journals.look_entries import LookEntries
from blindspot.evidence.journals.signed_heads import why_not_signed

State = TypeVar("State")

_BEGIN = re.compile(rb'\{"act":"([^"\\]*)","at":"')
_END = re.compile(rb',"n":(\d{1,18}),"previous":"([0-9a-f]{64})"(,"sha256":"([0-9a-f]{64})"\}\n)\Z')
"""Begin and end of the canonical line of an entry."""
_LONGEST_END = 200
MOST_SENTENCES = 100
"""Of the breaks, and of the remarks; the rest is counted."""


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """The state of a journal.

    Attributes
    ----------
    entries
        Number of valid entries.
    first, last
        Time of the first and of the last valid entry; None for an empty journal.
    head
        SHA-256 of the entry with the highest number; 64 zeros for an empty journal.
    breaks
        Sentences on lines that were edited, dropped, inserted, moved or repeated, on draws with a revealed seed
        unlike the commitment, and on rights to look above the authorised number or entered too late.
    remarks
        Sentences on events that leave the chain whole: a cut-off last line, a repair, a clock set back, a pass
        without a draw.
    latest
        Latest time of a valid entry: that of `last`, unless the clock was set back.
    """

    entries: int
    first: datetime | None
    last: datetime | None
    head: str
    breaks: tuple[str, ...]
    remarks: tuple[str, ...]
    latest: datetime | None = None

    @property
    def is_whole(self) -> bool:
        return not self.breaks


def verify_journal(path: Path) -> JournalCheck:
    """Check each entry of a journal, the chain of their hashes, the draws of patrols and the rights to look. Linear in
    time; in memory it keeps one line for each drawn evening and each flown route.

    A whole chain proves that the head was computed from the entries before the head: each edited, dropped, inserted,
    moved or repeated entry breaks the chain. The chain is unsigned. A person with write access can rewrite
    the whole file with new hashes, or cut entries off its end, and the chain is whole again. The head, published or
    noted elsewhere, pins all entries up to it: a rewritten file has another head. The times come from the computer's
    clock, and the facts from the nodes; the chain proves neither.

    Parameters
    ----------
    path
        The journal.

    Returns
    -------
    JournalCheck
        Head, number of entries, and one sentence for each break.

    Raises
    ------
    InputError
        The file is missing or unreadable.

    Example
    -------
    >>> verify_journal(Path("journal.jsonl")).breaks  # doctest: +SKIP
    ()
    """
    chain, cut = _followed(path).chain.read(path)
    if cut:
        chain = deepcopy(chain)
        chain.take(chain.lines + 1, 0, cut)
    return chain.result()


def entries_of_run(path: Path, run: str, *, strict: bool = False) -> Iterator[Entry]:
    """The valid entries of one run, by their facts `run` and `plan`, in the order of the file.

    An entry with only a plan belongs to the run if an earlier entry of the run names the plan. `run` is "" for the
    run of a stack that flies one mission in the stack's folder. Raises InputError for an unreadable file, and with
    `strict` for a whole invalid line with the run's name: the line may say who may see the run.
    """
    plans: set[object] = set()
    marks = [_mark("run", run)]
    for number, line in enumerate(_lines(path), 1):
        if not any(mark in line for mark in marks):
            continue  # reading it would take fifty times as long
        try:
            entry = read_entry(line)
        except ValueError as error:
            if strict and line.endswith(b"\n"):
                raise _invalid(path, f"line {number}", error) from error
            continue
        named, plan = entry.facts.get("run"), entry.facts.get("plan")
        is_of_plan = named is None and isinstance(plan, str) and plan in plans
        if named == run or is_of_plan:
            if isinstance(plan, str) and plan and plan not in plans:
                plans.add(plan)
                marks.append(_mark("plan", plan))
            yield entry


def _mark(fact: str, text: str) -> bytes:
    """The bytes that the canonical line of an entry with this fact holds."""
    return json.dumps({fact: text}, separators=(",", ":"))[1:-1].encode()


def entries_of_act(path: Path, *acts: str) -> Iterator[Entry]:
    """The entries of an act, or of several acts, in the order of the file; none for a missing file.

    Raises InputError for an unreadable file, for a line that is no valid entry, and for a gap in the chain: each may
    have been an entry of the act. Entries of other acts are checked by place and hash alone, and known lines are
    read again only after a change: a gate reads the journal of years while drones wait for
    their leases.
    """
    yield from entries_of_acts(path, acts)


def entries_of_acts(path: Path, acts: Collection[str]) -> Iterator[Entry]:
    """The entries of several acts in the order of the file, as it is at one moment. Raises as `entries_of_act`."""
    places = _places_of(path)
    if places is not None:
        yield from _read_places(path, sorted(place for act in acts for place in places.of_act.get(act, ())))


def _places_of(path: Path) -> _Places | None:
    """The places of a journal's entries, None for a missing file; raises InputError as `entries_of_act`."""
    if not path.exists():
        return None
    followed = _followed(path).places
    try:
        places, cut = followed.read(path)
        if cut:
            raise ValueError("it is cut off")
    except ValueError as error:
        raise _invalid(path, f"line {followed.state.lines + 1}", error) from error
    return places


def _read_places(path: Path, places: Sequence[_Place]) -> Iterator[Entry]:
    with path.open("rb") as file:
        for line_number, offset, length in places:
            try:
                yield read_entry(os.pread(file.fileno(), length, offset))
            except ValueError as error:
                raise _invalid(path, f"line {line_number}", error) from error


class FoldedAct(Generic[State]):
    """A state that takes the facts of one act's entries, in the order of the file. The state takes each entry once:
    after a change of known lines, a new state takes all entries.

    Parameters
    ----------
    path, act
        As of `entries_of_act`.
    begin, take
        A new state, and what takes the facts of an entry into it. If that raises an exception, the state must be as
        before: the entry comes again at the next reading.
    """

    def __init__(
        self, path: Path, act: str, begin: Callable[[], State], take: Callable[[State, Mapping[str, Fact]], None]
    ) -> None:
        self._path, self._act, self._begin, self._take = path, act, begin, take
        self._of: _Places | None = None
        self._state, self._taken = begin(), 0

    def read(self) -> State:
        """The state after all entries that the file has now. Raises the exceptions of `entries_of_act` and of
        `take`."""
        places = _places_of(self._path)
        if places is not self._of:
            self._of, self._state, self._taken = places, self._begin(), 0
        new = [] if places is None else places.of_act.get(self._act, [])[self._taken :]
        for entry in _read_places(self._path, new) if new else ():
            self._take(self._state, entry.facts)
            self._taken += 1
        return self._state


def _invalid(path: Path, where: str, error: ValueError) -> InputError:
    return InputError(path, where, f"is no valid entry ({error})", "check it with blindspot verify")


_Place = tuple[int, int, int]
"""Number of a line, offset and length in bytes."""


@dataclass(slots=True)
class _Places:
    """The places of the entries of a whole chain, by act."""

    lines: int = 0
    head: str = FIRST
    of_act: dict[str, list[_Place]] = field(default_factory=dict)

    def take(self, line_number: int, offset: int, line: bytes) -> None:
        """Raises ValueError for a line that is no entry, or does not continue the previous entry."""
        act, number, previous, sha256 = _link_of(line) or _link_of_entry(read_entry(line))
        if (number, previous) != (self.lines + 1, self.head):
            raise ValueError("it does not continue the entry before it")
        self.lines, self.head = line_number, sha256
        self.of_act.setdefault(act, []).append((line_number, offset, len(line)))


_Link = tuple[str, int, str, str]
"""Act and number of an entry, hash of the previous entry, and the entry's hash."""


def _link_of(line: bytes) -> _Link | None:
    """The link of an entry whose hash is that of its content; None for any other line."""
    begin, end = _BEGIN.match(line), _END.search(line, max(0, len(line) - _LONGEST_END))
    if begin is None or end is None or hashlib.sha256(line[: end.start(3)] + b"}").hexdigest() != end[4].decode():
        return None
    return begin[1].decode("ascii", "replace"), int(end[1]), end[2].decode(), end[4].decode()


def _link_of_entry(entry: Entry) -> _Link:
    return entry.act, entry.number, entry.previous, entry.sha256


def entries_with(path: Path, mark: bytes) -> Iterator[Entry]:
    """The valid entries whose line holds these bytes, in the order of the file; invalid lines are left out. Raises
    InputError for an unreadable file."""
    for line in _lines(path):
        if mark in line:
            with suppress(ValueError):
                yield read_entry(line)


def _lines(path: Path) -> Iterator[bytes]:
    """Each line, of an overlong one its start."""
    with readable_or_error(path, "name a journal file"), open_file(path) as file:
        for parts in lines_of(file):
            yield parts[0]


@dataclass(slots=True)
class _Chain:
    """The check, line by line. Only the entry with the highest number moves the head."""

    lines: int = 0
    entries: int = 0
    number: int = 0
    head: str = FIRST
    first: datetime | None = None
    last: datetime | None = None
    latest: datetime | None = None
    draws: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By occurrence: the line of its commitment, and the commitment."""
    passes: dict[str, str] = field(default_factory=dict)
    """By occurrence: the line of its first pass."""
    looks: LookEntries = field(default_factory=LookEntries)
    breaks: _Sentences = field(default_factory=lambda: _Sentences())
    remarks: _Sentences = field(default_factory=lambda: _Sentences())

    def take(self, line_number: int, _offset: int, line: bytes) -> None:
        self.lines, where = line_number, f"line {line_number}"
        if not line.endswith(b"\n") and is_begun(line):
            self.remarks.add(f"{where} is cut off, as after a power cut; the next entry repairs this")
            return
        try:
            entry = read_entry(line)
        except ChangedError as error:
            self.breaks.add(f"{where} was edited: {error}")
            self._follow(where, error.number, error.previous, error.sha256)
        except ValueError as error:
            self.breaks.add(f"{where} is no entry: {error}")
        else:
            self.entries += 1
            self._follow(where, entry.number, entry.previous, entry.sha256)
            self._note(where, entry)
            if entry.act == "pass":
                self._pass(where, str(entry.facts.get("occurrence")))
            elif entry.act in ("draw", "draw_revealed"):
                self._draw(where, entry)
            elif problem := why_not_signed(where, entry) or self.looks.take(where, entry):
                self.breaks.add(problem)

    def _follow(self, where: str, number: int, previous: str, sha256: str) -> None:
        if number <= self.number:
            self.breaks.add(f"{where} is entry {number}, after entry {self.number}: it is repeated, moved or inserted")
            return
        if number > self.number + 1:
            missing = f"entry {number - 1} is" if number == self.number + 2 else (
                f"entries {self.number + 1} to {number - 1} are"
            )  # fmt: skip
            self.breaks.add(f"{where} is entry {number}: {missing} missing before it")
        elif previous != self.head:
            self.breaks.add(f"{where} does not continue the entry before it: one of the two is another than first")
        self.number, self.head = number, sha256

    def _note(self, where: str, entry: Entry) -> None:
        if self.last is not None and entry.at < self.last:
            back_s = (self.last - entry.at).total_seconds()
            self.remarks.add(f"{where}: the clock was set back by {back_s:.3g} s before this entry")
        if entry.act == REPAIRED:
            self.remarks.add(f"{where} records a repair: the line before it was cut off")
        self.first, self.last = self.first or entry.at, entry.at
        self.latest = max(self.latest or entry.at, entry.at)

    def _pass(self, where: str, evening: str) -> None:
        if evening not in self.passes and evening not in self.draws:
            self.remarks.add(f"{where}: the first pass of {evening} has no draw before it in this journal")
        self.passes.setdefault(evening, where)

    def _draw(self, where: str, entry: Entry) -> None:
        """The seed of an evening's draw must have the hash in the journal before the evening's first pass."""
        evening = str(entry.facts.get("occurrence"))
        line, committed = self.draws.get(evening, ("", ""))
        if entry.act == "draw":
            commitment = str(entry.facts.get("commitment"))
            self.draws.setdefault(evening, (where, commitment))
            if not line and evening in self.passes:
                self.breaks.add(f"{where}: {evening} is drawn after its first pass, {self.passes[evening]}")
            if line and commitment != committed:
                self.breaks.add(f"{where}: the commitment of {evening} is another than that of {line}")
        elif not line:
            self.breaks.add(f"{where}: the seed of {evening} has no commitment before it")
        elif _hash_of_seed(str(entry.facts.get("seed"))) != committed:
            self.breaks.add(f"{where}: the seed of {evening} is another than the one that {line} commits to")

    def result(self) -> JournalCheck:
        return JournalCheck(
            self.entries, self.first, self.last, self.head, self.breaks.as_tuple(), self.remarks.as_tuple(), self.latest
        )


def _hash_of_seed(seed: str) -> str:
    """SHA-256 of a seed in hex; empty for a text that is no hex."""
    try:
        return hashlib.sha256(bytes.fromhex(seed)).hexdigest()
    except ValueError:
        return ""


@dataclass(slots=True)
class _Sentences:
    """The first sentences, and the number of the others."""

    kept: list[str] = field(default_factory=list)
    others: int = 0

    def add(self, sentence: str) -> None:
        if len(self.kept) < MOST_SENTENCES:
            self.kept.append(sentence)
        else:
            self.others += 1

    def as_tuple(self) -> tuple[str, ...]:
        return (*self.kept, *([f"and {self.others} more of the kind"] if self.others else []))


@dataclass(slots=True)
class _FollowedJournal:
    """The readings of one journal, which this process continues."""

    chain: Followed[_Chain] = field(default_factory=lambda: Followed(_Chain, _Chain.take))
    places: Followed[_Places] = field(default_factory=lambda: Followed(_Places, _Places.take))


@lru_cache(maxsize=4)
def _followed(path: Path) -> _FollowedJournal:
    return _FollowedJournal()
