"""No entry, no act: neither arming nor a picture without its entry in the journal."""

from __future__ import annotations

import pytest

from blindspot.flight.vehicle.vehicle import Reply


class Journal:
    """Remembers what it was asked to write, and answers all the same: ok, refused or pending."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.replies: list[Reply] = []
        self.answer = "ok"

    def note(self, act: str, reason: str) -> Reply:
        self.asked.append((act, reason))
        self.replies.append(Reply())
        if self.answer != "pending":
            self.replies[-1].settle(self.answer, "" if self.answer == "ok" else "the disk is full")
        return self.replies[-1]

    @property
    def acts(self) -> list[str]:
        return [act for act, _ in self.asked]


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def flight(new_flight, vehicle, route, settings, journal):
    return new_flight(vehicle, route, settings, note=journal.note)


def test_a_flight_that_can_not_be_noted_is_not_armed(flight, vehicle, parked, journal):
    journal.answer, vehicle.now = "pending", parked
    flight.start(0.0)
    for tick in range(1, 20):
        flight.step(tick / 10, "ok")
    journal.replies[0].settle("refused", "the disk is full")
    flight.step(2.0, "ok")
    assert flight.outcome == "refused" and "the disk is full" in flight.reason
    assert "arm" not in vehicle.asked and vehicle.asked[-1] == "AUTO.LOITER", "else the next arming starts the mission"


def test_it_arms_once_the_entry_is_written_and_only_if_the_lease_still_holds(flight, vehicle, parked, journal):
    journal.answer, vehicle.now = "pending", parked
    flight.start(0.0)
    for tick in range(1, 20):
        flight.step(tick / 10, "ok")
    assert flight.phase == "preflight" and flight.preflight_check == "journal" and "arm" not in vehicle.asked
    journal.replies[0].settle("ok")
    flight.step(2.0, "inhibit")
    assert flight.outcome == "refused" and "lease" in flight.reason and "arm" not in vehicle.asked


def test_the_arming_is_noted_before_it_is_requested(flight, vehicle, parked, journal):
    vehicle.now = parked
    flight.start(0.0)
    flight.step(0.1, "ok")
    assert flight.phase == "armed" and vehicle.asked[-1] == "arm" and journal.acts == ["arming"]


@pytest.mark.parametrize("answer", ["refused", "pending"])
def test_a_release_that_is_not_in_the_journal_leaves_the_sensor_inhibited(
    flight, fly_to_view, vehicle, journal, answer
):
    fly_to_view(flight)
    journal.answer = answer
    flight.hold()
    assert flight.resume("A. Martin") == ""
    for tick in range(202, 300):
        flight.step(tick / 10, "ok")
        assert flight.sensor_inhibited
    assert flight.phase == "en_route", "the flight goes on"
    assert ("no pictures: the disk is full" in flight.reason) == (answer == "refused")
    assert journal.acts[2:] == ["sensor_release"], "asked once, although the view lasts"
    journal.replies[-1].settle("ok")
    flight.step(30.0, "ok")
    assert flight.sensor_inhibited == (answer == "refused")


def test_a_release_is_one_entry_from_view_to_view_and_a_new_one_after_a_breach(
    flight, fly_to_view, vehicle, flying, journal
):
    fly_to_view(flight)
    assert not flight.sensor_inhibited and flight.released
    vehicle.now = flying(gimbal_pitch_deg=-10.0)  # as between two views
    flight.step(20.2, "ok")
    assert flight.sensor_inhibited and flight.released
    vehicle.now = flying()
    flight.step(20.3, "ok")
    assert not flight.sensor_inhibited and journal.asked[1:] == [("sensor_release", "on its route")]
    flight.step(20.4, "inhibit")
    assert flight.sensor_inhibited and not flight.released and flight.why_inhibited == "the lease has lapsed"
    for tick in range(205, 240):
        flight.step(tick / 10, "ok")
    assert not flight.sensor_inhibited and journal.acts[1:] == ["sensor_release"] * 2
    flight.hold("held by A. Martin: a crane")
    assert not flight.released and flight.why_inhibited == "held by A. Martin: a crane"
