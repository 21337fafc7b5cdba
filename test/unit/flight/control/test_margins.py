"""How near each row of the ladder is to its limit, as the crew sees it."""

from __future__ import annotations

from dataclasses import replace
from math import inf, isfinite, isnan, nan

import pytest

from blindspot.flight.control.margins import FALLING, LEASE_LIMITS_S, Margins
from blindspot.flight.watch.ladder import rows
from blindspot.flight.watch.surroundings import CALM, Other
from blindspot.law.leases.lease import HOLD_AFTER_S, INHIBIT_AFTER_S, RETURN_AFTER_S


@pytest.fixture
def look(begin):
    """Looks at a flight each second; the margins of the last look, by row."""

    def last(*situations, lease_silent_s=0.2):
        flight, margins, found = begin(), Margins(), {}
        for situation in situations:
            flight.due(0.5, **situation)
            found = {margin.row: margin for margin in margins.look(flight.ladder, lease_silent_s)}
        return found

    return last


def test_every_row_has_a_margin_and_a_well_flight_is_far_from_all_limits(look, settings):
    found = look({}, {})
    assert list(found) == [row.name for row in rows(settings)]
    assert {margin.progress for margin in found.values()} == {"quiet"}
    assert all(isnan(margin.used) or margin.used < 1.0 for margin in found.values())


def test_a_value_that_falls_says_when_it_reaches_its_limit(look):
    found = look(*({"battery_fraction": 0.60 - 0.01 * second} for second in range(6)))["battery low"]
    in_s = (found.value - found.limit) / 1.0 + 2.0  # a hundredth a second, and 2 s below the limit
    assert found.value == pytest.approx(55.0) and found.left_s == pytest.approx(in_s, rel=0.02)


def test_a_value_that_stays_has_no_time(look):
    assert look({}, {}, {})["battery low"].left_s == inf


def test_a_silence_counts_down_to_its_limit(look):
    found = look({"camera_silent_s": 1.0}, {"camera_silent_s": 2.0}, {"camera_silent_s": 3.0})["camera lost"]
    assert (found.value, found.unit, found.left_s) == (3.0, "s", pytest.approx(27.0))


def test_a_condition_that_lasts_counts_down_and_comes_due(look):
    counting = look(*[{"position_ok": False}] * 4)["position lost"]
    assert counting.progress == "counting" and 5.0 <= counting.left_s <= 7.0 and counting.used == 1.0
    due = look(*[{"position_ok": False}] * 12)["position lost"]
    assert (due.progress, due.left_s) == ("due", 0.0)


def test_another_drone_counts_by_its_distance(look):
    near = replace(CALM, others=(Other("drone2", 60.0, 40.0, 62.0, True, 0.1),))
    found = look({"around": near})["drone near"]
    assert found.unit == "m" and isfinite(found.value) and 0.0 < found.used < 1.0


def test_an_unknown_value_is_no_number(look):
    found = look({"battery_fraction": nan})["battery low"]
    assert isnan(found.value) and isnan(found.used)


def test_a_lease_counts_with_the_limits_of_the_law(look):
    assert tuple(LEASE_LIMITS_S.values()) == (INHIBIT_AFTER_S, HOLD_AFTER_S, RETURN_AFTER_S)
    assert look({}, lease_silent_s=1.5)["lease lapsed"].used == pytest.approx(0.5)


def test_the_rows_that_fall_are_rows_of_the_table(settings):
    assert {row.name for row in rows(settings)} >= FALLING
