"""The occurrences of an operation: each slot once on each of its days, also when the clocks change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from blindspot.operations.calendar import announcement, next_start, occurrences
from blindspot.operations.operation_file import load_operation
from blindspot.operations.states import OccurrenceRow, PassRow

NIGHT = [{"name": "night", "from": "02:15", "until": "02:45"}]
AUTUMN = {"from": "2026-10-24", "until": "2026-10-26"}
SPRING = {"from": "2027-03-27", "until": "2027-03-29"}


def spans(path: Path) -> list[tuple[str, str]]:
    return [
        (f"{occurrence.slot_from:%m-%d %H:%M}", f"{occurrence.slot_until:%m-%d %H:%M}")
        for occurrence in occurrences(load_operation(path))
    ]


def test_each_slot_of_each_day_is_an_occurrence_with_a_name(operation_with: Callable[..., Path]) -> None:
    path = operation_with(
        recurrence={"except": ["2026-11-03"]},
        slots=[
            {"name": "late", "from": "23:30", "until": "00:30"},
            {"name": "noon", "from": "12:00", "until": "13:00"},
        ],
    )
    found = occurrences(load_operation(path))
    assert [occurrence.id for occurrence in found] == [
        "Crossroads__evenings/2026-11-02/noon", "Crossroads__evenings/2026-11-02/late",
        "Crossroads__evenings/2026-11-04/noon", "Crossroads__evenings/2026-11-04/late",
    ]  # fmt: skip
    late = found[1]
    assert late.slot_from == datetime(2026, 11, 2, 22, 30, tzinfo=UTC)
    assert late.slot_until == datetime(2026, 11, 2, 23, 30, tzinfo=UTC)


def test_a_slot_in_the_hour_that_comes_twice_takes_place_once(operation_with: Callable[..., Path]) -> None:
    assert spans(operation_with(recurrence=AUTUMN, slots=NIGHT)) == [
        ("10-24 00:15", "10-24 00:45"), ("10-25 00:15", "10-25 00:45"), ("10-26 01:15", "10-26 01:45"),
    ]  # fmt: skip


def test_a_slot_in_the_hour_that_is_left_out_takes_place_an_hour_later_by_the_clock(
    operation_with: Callable[..., Path],
) -> None:
    path = operation_with(recurrence=SPRING, slots=NIGHT)
    assert spans(path) == [
        ("03-27 01:15", "03-27 01:45"), ("03-28 01:15", "03-28 01:45"), ("03-29 00:15", "03-29 00:45"),
    ]  # fmt: skip
    operation = load_operation(path)
    assert [f"{operation.local(o.slot_from):%H:%M}" for o in occurrences(operation)] == ["02:15", "03:15", "02:15"]


@pytest.mark.parametrize(("season", "hours"), [(AUTUMN, (3, 4, 3)), (SPRING, (3, 2, 3))])
def test_a_slot_across_the_change_ends_at_its_time_of_day(
    operation_with: Callable[..., Path], season: dict[str, str], hours: tuple[int, ...]
) -> None:
    path = operation_with(recurrence=season, slots=[{"name": "night", "from": "01:00", "until": "04:00"}])
    found = occurrences(load_operation(path))
    assert tuple((o.slot_until - o.slot_from).total_seconds() / 3600 for o in found) == hours


def test_a_slot_that_begins_in_the_gap_keeps_its_length(operation_with: Callable[..., Path]) -> None:
    path = operation_with(recurrence=SPRING, slots=[{"name": "night", "from": "02:30", "until": "03:10"}])
    found = occurrences(load_operation(path))
    assert {(o.slot_until - o.slot_from).total_seconds() for o in found} == {2400.0}


def test_days_come_from_the_rule(operation_with: Callable[..., Path]) -> None:
    path = operation_with(recurrence={"rule": "FREQ=WEEKLY;BYDAY=FR,SA", "until": "2026-11-22"})
    days = [occurrence.day.isoformat() for occurrence in occurrences(load_operation(path))]
    assert days == ["2026-11-06", "2026-11-07", "2026-11-13", "2026-11-14", "2026-11-20", "2026-11-21"]


@pytest.fixture
def open_operation(operation_with: Callable[..., Path]) -> Path:
    return operation_with(recurrence={"until": None})


def test_an_operation_without_a_last_day_goes_on_whatever_the_date_is(open_operation: Path) -> None:
    operation = load_operation(open_operation)
    assert occurrences(operation)[0].day.isoformat() == "2026-11-02", "a simulation begins with the first evening"
    for now in (datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 5, 1, tzinfo=UTC), datetime(2310, 6, 5, tzinfo=UTC)):
        found = occurrences(operation.seen_from(now))
        assert len(found) == 366
        assert found[0].day == max(date(2026, 11, 2), now.date() - timedelta(days=1))


def test_the_evening_that_lasts_past_midnight_is_not_lost(operation_with: Callable[..., Path]) -> None:
    late = [{"name": "late", "from": "23:30", "until": "00:30"}]
    operation = load_operation(operation_with(recurrence={"until": None}, slots=late))
    now = datetime(2030, 1, 2, 0, 15, tzinfo=ZoneInfo("Europe/Paris"))
    first = occurrences(operation.seen_from(now))[0]
    assert first.slot_from <= now <= first.slot_until


def test_a_last_day_stays_the_last_one(operation_with: Callable[..., Path]) -> None:
    operation = load_operation(operation_with())
    assert occurrences(operation.seen_from(datetime(2300, 1, 1, tzinfo=UTC))) == occurrences(operation)


def test_a_day_that_comes_every_four_years_is_found(operation_with: Callable[..., Path]) -> None:
    rule = "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"
    operation = load_operation(operation_with(recurrence={"rule": rule, "until": None}))
    found = occurrences(operation.seen_from(datetime(2096, 3, 2, tzinfo=UTC)))
    assert found[0].day == date(2104, 2, 29), "2100 is no leap year"


SLOT = (datetime(2026, 11, 2, 18, tzinfo=UTC), datetime(2026, 11, 2, 19, tzinfo=UTC))
MINUTE, LONGEST_S = timedelta(minutes=1), 2400.0


def evening(*states: str, state: str = "drawn", drawn: datetime = SLOT[0]) -> OccurrenceRow:
    """An evening whose passes have these states; the flown ones took off every 25 min from half past on."""
    flown = [SLOT[0] + (5 + 25 * number) * MINUTE if one in {"done", "flying"} else None
             for number, one in enumerate(states, 1)]  # fmt: skip
    passes = [PassRow("E/2026-11-02/evening", number, start or drawn, "v01", one, took_off=start)
              for number, (one, start) in enumerate(zip(states, flown, strict=True), 1)]  # fmt: skip
    return OccurrenceRow("E/2026-11-02/evening", *SLOT, len(states), state, passes=tuple(passes))


@pytest.mark.parametrize(
    ("row", "by"),
    [
        (evening(state="planned"), SLOT[1]),
        (evening("drawn", "drawn", "drawn"), SLOT[1]),
        (evening("due", "drawn", "drawn"), None),
        (evening("flying", "drawn", "drawn"), None),
        (evening("done", "drawn", "drawn"), SLOT[0] + 70 * MINUTE),
        (evening("done", "done", "drawn"), SLOT[0] + 95 * MINUTE),
        (evening("done", "missed", "drawn"), SLOT[0] + 110 * MINUTE),
        (evening("skipped", "drawn", "drawn"), SLOT[1] + 40 * MINUTE),
        (evening("done", "done", "done"), None),
    ],
)
def test_the_next_pass_is_due_by_the_end_of_its_slot_or_the_longest_time_after_a_flown_one(row, by) -> None:
    assert next_start([row], LONGEST_S) == by


def test_an_announcement_never_reads_the_drawn_starts() -> None:
    now = SLOT[0] + 40 * MINUTE + timedelta(seconds=1)
    for drawn in (SLOT[0], SLOT[0] + 69 * MINUTE, datetime.max.replace(tzinfo=UTC)):
        said = announcement([evening("done", "drawn", drawn=drawn)], LONGEST_S, now, lambda moment: moment)
        assert said == "the next pass is due within 30 min"


def test_a_pass_of_another_day_is_announced_by_its_date_in_the_time_of_the_town() -> None:
    def say(now: datetime) -> str:
        rows = [evening("done"), evening(state="planned")]
        return announcement(rows, LONGEST_S, now, lambda moment: moment.astimezone(ZoneInfo("Europe/Paris")))

    assert say(SLOT[1] - timedelta(hours=2)) == "the next pass is due by Mon 02 Nov 2026 20:00"
    assert say(SLOT[1] - 119 * MINUTE) == "the next pass is due within 119 min"
    assert say(SLOT[1] + MINUTE) == "", "its slot is over"
