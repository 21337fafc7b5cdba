"""The revisit promise of an evening, by the ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.operations.promise import breaches
from blindspot.operations.states import OccurrenceRow, PassRow

BEGIN = datetime(2026, 11, 2, 18, tzinfo=UTC)
LIBRARY = SimpleNamespace(
    revisit_s=1800.0, variants=[SimpleNamespace(id="v01"), SimpleNamespace(id="v02")],
    gap_s=np.array([[100.0, 300.0], [500.0, 100.0]]),
)  # fmt: skip


def evening(*flown: tuple[str, float, str]) -> OccurrenceRow:
    """Passes (variant, minutes from the begin, state)."""
    passes = tuple(
        PassRow(
            "o", number, BEGIN, variant, state, "wind" if state != "done" else "",
            took_off=BEGIN + timedelta(minutes=minutes),
        )
        for number, (variant, minutes, state) in enumerate(flown, 1)
    )  # fmt: skip
    return OccurrenceRow("o", BEGIN, BEGIN, len(passes), "done", passes=passes)


def test_an_evening_in_time_keeps_its_promise():
    assert breaches(evening(("v01", 0, "done"), ("v02", 24, "done"), ("v01", 44, "done")), LIBRARY) == ()


def test_the_slack_is_not_part_of_the_promise():
    """An order is no take-off: a flight may begin up to a minute later than its order."""
    [breach] = breaches(evening(("v01", 0, "done"), ("v02", 24.5, "done")), LIBRARY)
    assert breach.late_s == pytest.approx(30.0)
    assert str(breach) == (
        "pass 2: its flight was ordered 24.5 min after that of pass 1, so some place may have been seen up to 0.5 min "
        "too late"
    )


def test_a_late_pass_says_how_late_a_place_may_have_been_seen():
    [breach] = breaches(evening(("v01", 0, "done"), ("v02", 26, "done")), LIBRARY)
    assert (breach.number, breach.late_s) == (2, pytest.approx(120.0))
    assert breach.reason == "its flight was ordered 26.0 min after that of pass 1"


def test_a_missed_pass_breaks_the_promise_and_so_does_the_gap_that_it_leaves():
    found = breaches(evening(("v01", 0, "done"), ("v02", 20, "missed"), ("v01", 40, "done")), LIBRARY)
    assert [(breach.number, breach.reason) for breach in found] == [
        (2, "missed: wind"), (3, "its flight was ordered 40.0 min after that of pass 1"),
    ]  # fmt: skip


def test_an_evening_that_did_not_take_place_is_one_breach():
    skipped = replace(evening(), state="skipped", reason="a concert")
    assert [breach.reason for breach in breaches(skipped, LIBRARY)] == ["the evening was skipped: a concert"]
