"""The time for which the confirmation of a person counts, and the wind that was measured for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from blindspot.core.errors import InputError

MINUTE = timedelta(minutes=1)


@pytest.fixture
def real(evenings):
    """An evening of real drones, whose first pass waits for a person 5 minutes before its start."""
    flown = evenings()
    flown.draws.gap_s = 1000.0
    flown.fleet.unattended, flown.fleet.wind_mps = "", None
    flown.until(lambda: flown.states()[:1] == ["awaiting_person"])
    return flown


def confirm(flown, number=1, wind_mps=4.0):
    flown.ledger.order(flown.now, flown.calendar[0].id, number, "confirm", "C. Durand", "ready", wind_mps)


def test_a_pass_of_an_attended_simulation_waits_for_a_person_whose_order_has_the_date_of_today(evenings):
    """A simulation has a time of its own, and the person's command or page has the computer's."""
    flown = evenings()
    flown.fleet.unattended = ""
    flown.until(lambda: flown.states()[:1] == ["awaiting_person"])
    today = flown.now + timedelta(days=400)
    flown.ledger.order(today, flown.calendar[0].id, 1, "confirm", "C. Durand", "ready", 4.0)
    flown.fleet.not_ready = "drone1 is lost"
    flown.until(lambda: flown.states()[0] == "cleared")
    flown.until(lambda: flown.states()[0] == "awaiting_person")
    assert "its wind was measured more than 10 min ago" in flown.passes()[0].reason
    flown.ledger.order(today, flown.calendar[0].id, 1, "confirm", "C. Durand", "ready", 4.0)
    flown.fleet.not_ready = ""
    flown.until(lambda: flown.states()[0] == "flying")
    assert [person for _, _, person in flown.fleet.orders] == ["C. Durand"]


def test_an_interrupted_pass_is_not_flown_again_hours_after_its_start(real):
    """Its time began again with each start of the scheduler."""
    confirm(real)
    real.until(lambda: real.states()[0] == "flying")
    ordered = list(real.fleet.orders)
    real.fleet.started.clear()
    real.fleet.now += timedelta(hours=5)
    real.restart()
    real.until(lambda: real.states()[0] == "interrupted" and real.passes()[0].is_settled)
    confirm(real)
    real.until(real.now + MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("interrupted", ordered)
    assert any("confirm of C. Durand is refused" in sentence for sentence in real.said)
    assert real.ledger.occurrences()[0].state == "done"


def test_no_pass_takes_off_later_than_a_quarter_of_an_hour_after_its_start(real):
    """A confirmation at the last moment gave it another quarter of an hour, beyond the hours of a mandate."""
    start = real.passes()[0].start
    real.until(start + 14 * MINUTE)
    confirm(real)
    real.fleet.not_ready = "drone1 is lost"
    real.until(lambda: real.states()[0] == "cleared")
    real.until(start + 16 * MINUTE)
    real.fleet.not_ready = ""
    real.until(start + 20 * MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("missed", [])


def test_the_wind_of_a_confirmation_is_at_most_ten_minutes_old_at_the_take_off(real):
    """It could be 35 minutes old: 20 before the scheduler took it up, and 15 until the fleet was ready."""
    start = real.passes()[0].start
    confirm(real)
    real.fleet.not_ready = "drone1 is lost"
    real.until(start + 4 * MINUTE)
    assert real.states()[0] == "cleared"
    real.until(start + 6 * MINUTE)
    real.fleet.not_ready = ""
    real.until(start + 8 * MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("awaiting_person", [])
    assert real.passes()[0].reason == "its wind was measured more than 10 min ago"
    confirm(real, wind_mps=9.5)
    real.until(lambda: real.states()[0] == "missed")


def test_a_new_measurement_lets_it_take_off(real):
    confirm(real)
    real.fleet.not_ready = "drone1 is lost"
    real.until(lambda: real.states()[0] == "cleared")
    real.until(lambda: real.states()[0] == "awaiting_person")
    real.fleet.not_ready = ""
    confirm(real)
    real.until(lambda: real.states()[0] == "done")
    assert len(real.fleet.orders) == 1


def test_a_confirmation_that_waited_for_the_scheduler_counts_from_the_moment_it_was_given(real):
    confirm(real)
    real.fleet.now += 12 * MINUTE
    real.until(real.now + MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("awaiting_person", [])
    assert any("it came too late for pass" in sentence for sentence in real.said)


def test_the_next_pass_is_not_confirmed_while_an_interrupted_one_is_flown_again(real):
    """It took off in the second of that landing, by a confirmation of ten minutes before."""
    confirm(real)
    real.until(lambda: real.states()[0] == "flying")
    real.fleet.outcomes[real.passes()[0].run] = ("aborted", "a bird")
    real.until(lambda: real.states()[:2] == ["interrupted", "awaiting_person"])
    confirm(real)
    real.until(lambda: real.states()[0] == "flying")
    confirm(real, number=2)
    real.until(real.now + 11 * MINUTE)
    assert real.states()[0] == "done"
    assert (real.states()[1], len(real.fleet.orders)) == ("awaiting_person", 2)
    assert any(f"pass {real.passes()[0].id} is flying" in sentence for sentence in real.said)
    confirm(real, number=2)
    real.until(lambda: real.states()[1] == "flying")


@pytest.mark.parametrize("wind_mps", [9.5, None])
def test_a_second_measurement_above_the_limit_stops_a_confirmed_pass(real, wind_mps):
    """It was refused as "is cleared", and the pass took off by the first one."""
    confirm(real)
    real.until(lambda: real.states()[0] == "cleared")
    confirm(real, wind_mps=wind_mps)
    real.until(lambda: real.ledger.orders() == ())
    assert (real.states()[0], real.fleet.orders) == ("missed", [])
    assert real.passes()[0].person == "C. Durand"


def test_of_two_pilots_who_confirm_at_once_the_stronger_wind_counts(real):
    confirm(real, wind_mps=4.0)
    confirm(real, wind_mps=9.5)
    real.until(lambda: real.ledger.orders() == ())
    assert (real.states()[0], real.passes()[0].reason) == ("missed", "the wind of 9.5 m/s is above 9 m/s")


def test_a_second_confirmation_in_good_wind_changes_nothing(real):
    confirm(real)
    real.until(lambda: real.states()[0] == "cleared")
    confirm(real)
    real.until(lambda: real.states()[0] == "done")
    assert len(real.fleet.orders) == 1 and any("is cleared" in sentence for sentence in real.said)


def test_a_stop_ends_the_confirmation_of_a_pass_that_waits(real):
    """It took off a minute after a person had ordered all drones to hold."""
    confirm(real)
    real.until(lambda: real.states()[0] == "cleared")
    real.fleet.stopped = real.now
    real.until(real.passes()[0].start + 2 * MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("awaiting_person", [])
    assert real.passes()[0].reason == "B. Leroy ordered hold since it was confirmed"
    confirm(real)
    real.until(lambda: real.states()[0] == "done")
    assert len(real.fleet.orders) == 1


def test_a_stop_counts_for_a_confirmation_that_was_given_before_it_and_not_taken_up_yet(real):
    confirm(real)
    real.fleet.now += MINUTE
    real.fleet.stopped = real.now
    real.fleet.now += MINUTE
    real.until(real.passes()[0].start + 2 * MINUTE)
    assert (real.states()[0], real.fleet.orders) == ("awaiting_person", [])


def test_a_stop_in_a_simulation_ends_the_clearance_of_a_pass_until_a_person_confirms_it(evenings):
    flown = evenings()
    flown.until(lambda: flown.states()[:1] == ["cleared"])
    flown.fleet.stopped = flown.now
    flown.until(flown.passes()[0].start + MINUTE)
    assert (flown.states()[0], flown.fleet.orders) == ("awaiting_person", [])
    confirm(flown)
    flown.until(lambda: flown.states()[1] == "cleared")
    assert flown.states()[0] == "done"


@pytest.mark.parametrize("unattended", ["", "A. Martin"])
def test_a_drone_that_is_taken_out_of_the_fleet_file_flies_no_pass_and_the_ledger_has_the_reason(evenings, unattended):
    """The scheduler stood still at the take-off, and the pass was missed since "the fleet was not ready"."""
    flown, lost = evenings(), "fleet.yaml: drones: has no drone drone2; it has drone1"
    flown.fleet.unattended = unattended

    def packs(_):
        raise InputError("fleet.yaml", "drones", "has no drone drone2", "it has drone1")

    flown.packs = packs
    flown.until(lambda: flown.states()[:1] == ["cleared" if unattended else "awaiting_person"])
    if not unattended:
        confirm(flown)
    flown.until(flown.passes()[0].start + MINUTE)
    assert (flown.states()[0], flown.passes()[0].reason, flown.fleet.orders) == ("awaiting_person", lost, [])
    flown.until(lambda: flown.states()[0] == "missed")
    assert flown.passes()[0].reason == f"no person confirmed it within 15 min after: {lost}"
