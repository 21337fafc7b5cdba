"""A slot that gets another name on a day on which it has flown, or was skipped: it is the same evening."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blindspot.operations.calendar import occurrences
from blindspot.operations.operation_file import load_operation

SLOT = {"name": "evening", "from": "19:00", "until": "20:00", "passes": 3}
HOUR = timedelta(hours=1)


def rename(flown, operation_with, **changes):
    """Start the scheduler again with another slot."""
    flown.calendar = occurrences(load_operation(operation_with(slots=[SLOT | {"name": "late"} | changes])))
    flown.restart()


def of_day(flown, day=0):
    """(slot, state) of each evening of a day."""
    known = [row.id.split("/") for row in flown.ledger.occurrences()]
    days = sorted({name[1] for name in known})
    rows = [row for row in flown.ledger.occurrences() if row.id.split("/")[1] == days[day]]
    return {row.id.split("/")[2]: row.state for row in rows}


@pytest.mark.parametrize("changes", [{}, {"from": "19:50", "until": "21:00"}, {"from": "20:10", "until": "21:00"}])
def test_the_passes_of_a_renamed_slot_do_not_fly_again(evenings, operation_with, changes):
    """Only the minutes of the authorisation stood against it."""
    flown = evenings()
    flown.until(lambda: flown.states()[:1] == ["done"])
    rename(flown, operation_with, **changes)
    flown.until(flown.calendar[0].slot_until + 3 * HOUR)
    assert of_day(flown) == {"evening": "done", "late": "missed"}
    assert len(flown.fleet.orders) == 3
    [reason] = [row.reason for row in flown.ledger.occurrences() if row.state == "missed"]
    assert reason.endswith("/evening before, which is drawn: no evening takes place twice")
    flown.until(flown.calendar[1].slot_until + 3 * HOUR)
    assert of_day(flown, 1) == {"late": "done"}


def test_a_renamed_slot_stays_skipped(evenings, operation_with):
    flown = evenings()
    flown.restart()
    flown.ledger.order(flown.now, flown.calendar[0].id, 0, "skip", "C. Durand", "a concert")
    flown.until(lambda: flown.ledger.occurrences()[0].state == "skipped")
    rename(flown, operation_with)
    flown.until(flown.calendar[0].slot_until + HOUR)
    assert of_day(flown) == {"evening": "skipped", "late": "missed"}


def test_another_time_of_the_day_is_another_evening(evenings, operation_with):
    flown = evenings()
    flown.until(lambda: flown.states()[2:] == ["flying"])
    rename(flown, operation_with, **{"from": "22:00", "until": "22:30", "passes": 1})
    flown.until(flown.calendar[0].slot_until + HOUR)
    assert of_day(flown) == {"evening": "done", "late": "done"}


def test_a_second_slot_at_the_time_of_the_first_is_none_that_was_renamed(evenings, operation_with):
    flown = evenings()
    flown.until(lambda: flown.states()[:1] == ["done"])
    slots = [SLOT, SLOT | {"name": "late", "from": "19:50", "until": "21:00", "passes": 1}]
    flown.calendar = occurrences(load_operation(operation_with(slots=slots)))
    flown.restart()
    assert of_day(flown) == {"evening": "drawn", "late": "planned"}
