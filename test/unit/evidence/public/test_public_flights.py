"""The published facts of a flight, and the delay before the publication."""

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.acts.receipts import Receipt
from blindspot.evidence.public.public_flights import flight_of, is_due, reference_of

WEEK, DELAY = timedelta(hours=168), timedelta(hours=48)
SUMMARY = {
    "simulated": False, "outcome": "completed",
    "coverage": {"fixed_fraction": 0.25, "seen_blind_fraction": 0.5},
    "drones": [{"name": "drone1", "flight_time_s": 120.0}, {"name": "drone2", "flight_time_s": 180.0}],
    "proportion": {"seen_m2": 3000.0, "miss_rate": {"value": "1.1 % at 60 px/m (synthetic)"}},
}  # fmt: skip


@pytest.mark.parametrize(
    "ended",
    [
        datetime(2026, 11, 27, 20, 6, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 7, tzinfo=UTC),  # the last second of a clock of 32 bits is inside the delay
        datetime(2028, 2, 28, 12, tzinfo=UTC),  # a leap day is inside
        datetime(2026, 10, 24, 22, tzinfo=UTC),  # the clocks go back inside
    ],
)
def test_a_flight_is_due_to_the_second_when_its_delay_is_over(use, ended):
    flown = use(begun=ended - timedelta(minutes=6), ended=ended)
    assert is_due(flown, ended + DELAY, DELAY)
    assert not is_due(flown, ended + DELAY - timedelta(seconds=1), DELAY)


def test_the_week_of_a_recording_is_a_week_of_hours_over_a_change_of_clocks_and_a_leap_day(use):
    for ended in (datetime(2026, 10, 24, 22, tzinfo=UTC), datetime(2028, 2, 26, tzinfo=UTC)):
        flown = use(ended=ended, recordings=(("drone1", "drone1-1.mcap"),))
        assert flight_of(flown, SUMMARY, WEEK, may_record=True).erase_by == ended + timedelta(seconds=604_800)


def test_a_flight_without_a_noted_end_counts_as_ended_a_day_after_its_begin(use):
    flown = use(ended=None)
    assert not is_due(flown, flown.begun + timedelta(hours=71), DELAY)
    assert is_due(flown, flown.begun + timedelta(hours=72), DELAY)


def test_figures_are_those_of_the_summary_and_unknown_without_one(use):
    found = flight_of(use(), SUMMARY, WEEK, may_record=True)
    assert (found.seen_m2, found.flown_min, found.before, found.after) == (3000.0, 5.0, 0.25, 0.625)
    assert (found.drones, found.miss_rate, found.simulated) == (2, "1.1 % at 60 px/m (synthetic)", False)
    deleted = flight_of(use(), None, WEEK, may_record=True)
    assert (deleted.seen_m2, deleted.flown_min, deleted.after, deleted.simulated) == (None, None, None, None)


def test_one_unknown_flight_time_makes_the_minutes_unknown(use):
    summary = SUMMARY | {"drones": [{"name": "drone1", "flight_time_s": 120.0}, {"name": "drone2"}]}
    assert flight_of(use(), summary, WEEK, may_record=True).flown_min is None


def test_a_flight_was_not_recorded_if_the_journal_has_each_take_off_and_no_recording(use):
    def recorded(*, may_record=True, **changed):
        return flight_of(use(**changed), SUMMARY, WEEK, may_record=may_record).recorded

    assert recorded() == "no"
    assert recorded(armed=("drone1",)) == "unknown", "the other drone has a computer of its own"
    assert recorded(armed=(), may_record=False) == "no"
    assert recorded(armed=(), recorded_s=0.0, recorded_is="measured") == "no"
    assert recorded(armed=(), recorded_s=250.0, recorded_is="measured") == "yes"
    assert recorded(recordings=(("drone1", "drone1-1.mcap"),)) == "yes"


def test_a_flight_is_erased_when_the_last_of_all_its_recordings_is(use):
    first, second = (("drone1", f"drone1-{number}.mcap") for number in (1, 2))
    at = datetime(2026, 12, 4, tzinfo=UTC)
    gone = [Receipt(*one, at + timedelta(minutes=number), late=False) for number, one in enumerate((first, second))]

    def erased(receipts, **changed):
        flown = use(recordings=(first, second), receipts=tuple(receipts), **changed)
        return flight_of(flown, SUMMARY, WEEK, may_record=True).erased

    assert erased(gone) == at + timedelta(minutes=1)
    assert erased(gone[:1]) is None
    assert erased(gone, armed=("drone1",)) is None, "another computer may keep a recording"
    assert erased([Receipt("", "", at, late=False)]) == at, "the whole run was deleted"


def test_a_reference_names_nothing_and_differs_for_each_flight(use):
    begun = use().begun.isoformat()
    references = {reference_of("PP-1", run, begun) for run in ("", "evening", "night")}
    assert len(references) == 3 and not any("evening" in one for one in references)
