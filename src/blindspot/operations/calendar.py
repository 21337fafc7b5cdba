"""The dated occurrences of an operation: one for each day of the recurrence and each slot of this day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from blindspot.operations.operation_file import Operation, Slot
from blindspot.operations.states import ENDED, OccurrenceRow, PassRow

SOON = timedelta(hours=2)
"""A pass within this time is announced in minutes, a later pass by date."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One slot of one day; `id` is `<operation>/<date>/<slot>`. The first pass starts from `slot_from` to
    `slot_until`, UTC."""

    id: str
    day: date
    slot: Slot
    slot_from: datetime
    slot_until: datetime


def occurrences(operation: Operation) -> tuple[Occurrence, ...]:
    """All occurrences of an operation, by earliest start; for an operation without a last day, the occurrences of a
    year.

    When the clocks change, the first of two equal times of day counts. A slot that begins in a gap moves by the
    length of the gap; the slot's length stays the same (RFC 5545). So each slot takes place once on each of its days.
    """
    zone = operation.file.recurrence.zone
    found = [
        Occurrence(f"{operation.id}/{day.isoformat()}/{slot.name}", day, slot, *_span(day, slot, zone))
        for day in operation.file.recurrence.days(operation.since) for slot in operation.file.slots
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda occurrence: (occurrence.slot_from, occurrence.id)))


def next_start(rows: Sequence[OccurrenceRow], longest_s: float) -> datetime | None:
    """The moment until which the next pass is due, UTC; None without one, and while a pass is due or flies.

    The forecast follows from public facts: the slots, the flown starts, and `longest_s`, the longest time
    from one start to the next, s. The drawn starts are secret, and stay unread.
    """
    for row in sorted(rows, key=lambda one: one.slot_from):
        if row.state == "planned":
            return row.slot_until
        passes = row.passes if row.state == "drawn" else ()
        if any(one.state not in {"drawn", *ENDED} for one in passes):
            return None
        if left := [one.number for one in passes if one.state == "drawn"]:
            return min(_bounds(row, left[0], timedelta(seconds=longest_s)))
    return None


def _bounds(row: OccurrenceRow, number: int, longest: timedelta) -> Iterator[datetime]:
    """Moments after the start of a pass: one moment by the slot, and one by each earlier flown pass."""
    yield row.slot_until + (number - 1) * longest
    for one in row.passes:
        if one.took_off is not None and one.number < number:
            yield one.took_off + (number - one.number) * longest


def announcement(
    rows: Sequence[OccurrenceRow], longest_s: float, now: datetime, local: Callable[[datetime], datetime]
) -> str:
    """The sentence about the latest time of the next pass, as of `now`; empty for an unknown time.

    `rows` and `longest_s` are those of `next_start`; `local` gives a moment in the time zone of the operation.
    """
    by = next_start(rows, longest_s)
    if by is None or by < now:
        return ""
    if by - now >= SOON:
        return f"the next pass is due by {local(by):%a %d %b %Y %H:%M}"
    return f"the next pass is due within {ceil((by - now) / timedelta(minutes=1))} min"


def _span(day: date, slot: Slot, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Earliest and latest start of a slot, UTC."""
    first = datetime.combine(day, slot.from_)
    last = datetime.combine(day if slot.until > slot.from_ else day + timedelta(days=1), slot.until)
    start = first.replace(tzinfo=zone).astimezone(UTC)
    begins_in_gap = start.astimezone(zone).replace(tzinfo=None) != first
    end = start + (last - first) if begins_in_gap else last.replace(tzinfo=zone).astimezone(UTC)
    # A slot from the second of two equal hours back to the first would be empty.
    return start, end if end > start else start + (last - first)


def occurrence_document(one: Occurrence | OccurrenceRow, row: OccurrenceRow | None) -> dict[str, Any]:
    """An occurrence as a JSON document, with the row of the ledger (None without a row). Secret starts are null."""
    return {
        "occurrence": one.id,
        "from": one.slot_from.isoformat(timespec="seconds"),
        "until": one.slot_until.isoformat(timespec="seconds"),
        "state": "planned" if row is None else row.state,
        "reason": "" if row is None else row.reason,
        "person": "" if row is None else row.person,
        "commitment": "" if row is None else row.commitment,
        "refusals": [] if row is None else list(row.refusals),
        "passes": [_pass_document(p) for p in (() if row is None else row.passes)],
    }


def _pass_document(row: PassRow) -> dict[str, Any]:
    is_secret = row.state == "drawn"
    return {
        "pass": row.id,
        "start": None if is_secret else row.start.isoformat(timespec="seconds"),
        "variant": None if is_secret else row.variant,
        "state": row.state,
        "took_off": None if row.took_off is None else row.took_off.isoformat(timespec="seconds"),
        "run": row.run,
        "person": row.person,
        "reason": row.reason,
    }
