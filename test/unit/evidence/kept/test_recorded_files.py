"""The time of a recording's erasure is an exact number of hours, whatever a calendar or a clock does meanwhile."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.evidence.kept.recorded_files import begun_at, due_facts, due_of, write_flag, write_hold
from blindspot.evidence.recording import Recording
from blindspot.evidence.sealed.halves import Sealing

SEALING = Sealing({"service": X25519PrivateKey.generate().public_key()}, Ed25519PrivateKey.generate())
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture(params=[
    datetime(2038, 1, 18, 20, 0, tzinfo=UTC),  # a clock of 32 bits ends seven hours later
    datetime(2028, 2, 26, 20, 0, tzinfo=UTC),  # a leap day is inside
    datetime(2026, 10, 24, 21, 30, tzinfo=PARIS),  # the clocks are set back five hours later
    datetime(2026, 10, 25, 2, 30, tzinfo=PARIS, fold=1),  # the second 02:30 of the night
    datetime(2027, 3, 27, 21, 30, tzinfo=PARIS),  # the clocks are set ahead
], ids=str)  # fmt: skip
def begun(request):
    return request.param


@pytest.fixture
def part(tmp_path, begun):
    """A sealed part that began then and was closed five minutes later."""
    path = tmp_path / "drone1-1.mcap.sealed"
    Recording(path, [], due_facts(168.0, begun), SEALING).close()
    os.utime(path, 2 * ((begun.astimezone(UTC) + timedelta(minutes=5)).timestamp(),))
    return path


def test_hard_12_a_part_is_due_after_a_week_of_hours(part, begun):
    assert begun_at(part) == begun.astimezone(UTC)
    assert due_of(part) - begun.astimezone(UTC) == timedelta(hours=168)


def test_hard_12_a_flagged_part_is_due_after_two_days_of_hours(part, begun):
    seen = begun.astimezone(UTC) + timedelta(minutes=2)
    write_flag(part, seen)
    assert due_of(part) - seen == timedelta(hours=48)


def test_hard_12_a_hold_stops_the_time_for_a_week_of_hours(part, begun):
    held = begun.astimezone(UTC) + timedelta(days=6)
    assert write_hold(part, held) - held == timedelta(hours=168)
    assert due_of(part) - begun.astimezone(UTC) == timedelta(hours=336)
