"""How long the rows of the failsafe table count, which of them count together, and that each is reported once."""

from __future__ import annotations

STEP_S = 0.5
"""Between two looks of a flight that `begin` begins."""


def test_a_silent_vehicle_is_judged_by_its_silence_alone(begin):
    due = begin().due(12.0, state_age_s=12.0, position_age_s=12.0, battery_age_s=12.0, motion_age_s=12.0)
    assert due == {"vehicle silent", "position unsure", "motion unsure"}


def test_a_cause_that_flickers_goes_on_counting_and_one_that_is_gone_starts_anew(begin):
    flickering, gone = begin(), begin()
    for flight, well_s in ((flickering, 0.5), (gone, 3.0)):
        for _ in range(6):
            flight.due(1.0, position_ok=False)
            flight.due(well_s)
    assert "position lost" in flickering.due(0.5, position_ok=False)
    assert "position lost" not in gone.due(0.5, position_ok=False)


def test_an_inhibited_sensor_stays_inhibited_for_the_dwell(begin, settings):
    flight = begin()
    flight.due(position_ok=False)
    assert flight.due(settings.dwell_s - 2 * STEP_S) == {"position unsure"}
    assert flight.due(STEP_S) == set()


def test_every_row_is_reported_once(begin):
    flight = begin()
    assert flight.ladder.news() == ()
    flight.due(1.0, lease="hold")
    assert [row.name for row in flight.ladder.news()] == ["lease lapsed", "lease lost"]
    flight.due(1.0, lease="return")
    assert [row.name for row in flight.ladder.news()] == ["lease gone"]
    flight.due(5.0)
    assert flight.ladder.news() == ()
    flight.due(lease="inhibit")
    assert [row.name for row in flight.ladder.news()] == ["lease lapsed"]
