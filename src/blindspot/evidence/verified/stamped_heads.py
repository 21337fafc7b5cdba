"""The check of the time stamps in a journal."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.x509 import Certificate

from blindspot.core import one_line
from blindspot.evidence.journals.anchored import anchors_in, entry_with_hash
from blindspot.evidence.journals.journal import Entry


def stamps_in(journal: Path, certificates: Sequence[Certificate]) -> Iterator[tuple[bool, str]]:
    """For each time stamp of a journal, whether it fits the entry that it names, and a sentence. Without certificates
    anybody may have signed it. Raises InputError for an unreadable file."""
    anchors = list(anchors_in(journal))
    if not anchors:
        return
    from blindspot.evidence.verified.time_stamp import check_stamp, imprint_of, read_stamp  # seldom needed

    for entry in anchors:
        number, sha256 = entry.facts.get("number"), str(entry.facts.get("hash"))
        where = f"line {entry.number}: the time stamp over entry {number}"
        stamped = entry_with_hash(journal, lambda found, wanted=sha256: found == wanted)  # type: ignore[misc]
        try:
            answer = base64.b64decode(str(entry.facts.get("token")), validate=True)
            stamp = check_stamp(answer, certificates) if certificates else read_stamp(answer)
        except (ValueError, binascii.Error) as error:
            yield False, f"{where} is broken: {one_line(error, 120)}"
            continue
        if not _fits(entry, stamped) or imprint_of(sha256) != stamp.imprint:
            yield False, f"{where} fits another entry"
        elif certificates:
            yield True, f"{where} is confirmed: the entry existed at {stamp.at:%Y-%m-%d %H:%M:%S} UTC"
        else:
            yield True, f"{where} says {stamp.at:%Y-%m-%d %H:%M:%S} UTC: name its certificate with --certificate"


def _fits(entry: Entry, stamped: Entry | None) -> bool:
    return stamped is not None and stamped.number == entry.facts.get("number") and stamped.number < entry.number
