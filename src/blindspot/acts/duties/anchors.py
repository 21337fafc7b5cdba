"""Anchors: time stamps over the head of a journal, asked for by a file and taken back by a file."""

from __future__ import annotations

import base64
import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.acts.duties.ended_runs import journal_of_real_drones
from blindspot.core import InputError, one_line, read_file, readable_or_error, writable_or_error, write_private
from blindspot.evidence import Journal, JournalError, last_entries
from blindspot.evidence.journals import ANCHORED, entry_with_hash
from blindspot.evidence.verified import LARGEST_STAMP, certificates_in, check_stamp, imprint_of, request_for
from blindspot.stack import stack_record

COMMAND = "authority anchor"
TIMEOUT_S = 30.0
_QUERY = {"Content-Type": "application/timestamp-query"}


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry of a journal, and the time at which the clock of a time-stamp authority has seen its hash; None for a
    request."""

    journal: Path
    number: int
    sha256: str
    at: datetime | None = None


def request_anchor(out: Path, journal: Path | None) -> Anchor:
    """Write a request for a time stamp over the head of a journal. Raises InputError for a journal without an entry,
    and for a file that is there."""
    head = _head_of(journal)
    with writable_or_error(out, "--request"):
        write_private(out, request_for(head.sha256))
    return head


def take_anchor(answer: Path, certificate: Path, journal: Path | None) -> Anchor:
    """Enter an answer to a request, which the certificate confirms, into the journal. Raises InputError for an answer
    that the certificate does not confirm, or over a hash that is not in the journal."""
    with readable_or_error(answer, "name the answer of the time-stamp authority", "--take"):
        content = read_file(answer, LARGEST_STAMP)
    return _entered(content, str(answer), certificate, journal_of_real_drones(journal, COMMAND))


def fetch_anchor(url: str, certificate: Path, journal: Path | None) -> Anchor:
    """Ask a time-stamp authority over the network, and enter its answer. Raises InputError while a stack of real drones
    runs on this computer, and for an authority that gives no answer."""
    if _real_drones_may_fly():
        problem = "is refused while a stack of real drones runs: it stays without outside connections"
        raise InputError(COMMAND, "--tsa", problem, "use --request and --take, or wait until the stack is down")
    head = _head_of(journal)
    if not url.startswith(("http://", "https://")):
        raise InputError(COMMAND, "--tsa", f"is no address: {one_line(url, 80)}", "begin it with https:// or http://")
    asked = urllib.request.Request(url, request_for(head.sha256), _QUERY)
    try:
        with urllib.request.urlopen(asked, timeout=TIMEOUT_S) as opened:
            content = opened.read(LARGEST_STAMP + 1)
    except (OSError, ValueError) as error:
        problem = f"gives no answer: {one_line(getattr(error, 'reason', error), 120)}"
        raise InputError(COMMAND, "--tsa", problem, "try again later, or use --request and --take") from error
    return _entered(content, url, certificate, head.journal)


def _head_of(journal: Path | None) -> Anchor:
    path = journal_of_real_drones(journal, COMMAND)
    head = next(last_entries(path), None)
    if head is None:
        raise InputError(path, "--journal", "has no entry", "name a journal with an entry")
    return Anchor(path, head.number, head.sha256)


def _entered(answer: bytes, source: str, certificate: Path, journal: Path) -> Anchor:
    try:
        stamp = check_stamp(answer, certificates_in(certificate))
    except ValueError as error:
        problem = f"is no time stamp that {certificate} confirms ({one_line(error, 120)})"
        way_out = f"compare: openssl ts -verify -in ANSWER -queryfile REQUEST -CAfile {certificate}"
        raise InputError(source, "", problem, way_out) from error
    entry = entry_with_hash(journal, lambda sha256: imprint_of(sha256) == stamp.imprint)
    if entry is None:
        raise InputError(source, "", f"stamps a hash that is not in {journal}", "name the journal of the request")
    try:
        Journal(journal, COMMAND).write(
            ANCHORED, number=entry.number, hash=entry.sha256, stamped_at=stamp.at.isoformat(),
            token=base64.b64encode(answer).decode(),
        )  # fmt: skip
    except JournalError as error:
        raise InputError(journal, "", str(error), "see the disk of the journal") from error
    return Anchor(journal, entry.number, entry.sha256, stamp.at)


def _real_drones_may_fly() -> bool:
    """A stack of an unknown kind counts as one of real drones."""
    return any(each.is_running and each.simulated is not True for each in stack_record.stacks_here(os.environ))
