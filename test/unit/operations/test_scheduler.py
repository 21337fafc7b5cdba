"""Evenings from the draw to the last landing: flown once, refused, missed, skipped, confirmed, interrupted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.core.errors import BlindspotError
from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import entries_of_act
from blindspot.operations.ledger import FencedError, Ledger, LedgerError

MINUTE = timedelta(minutes=1)


def test_three_evenings_fly_unattended_pass_after_pass(evenings):
    flown = evenings()
    flown.until(flown.calendar[-1].slot_until + timedelta(hours=3))
    assert [occurrence.state for occurrence in flown.ledger.occurrences()] == ["done"] * 3
    assert [flown.states(day) for day in range(3)] == [["done"] * 3] * 3
    assert len(flown.fleet.orders) == len({run for run, _, _ in flown.fleet.orders}) == 9
    assert {person for _, _, person in flown.fleet.orders} == {"A. Martin"}
    for row in flown.passes():
        assert timedelta() <= row.took_off - row.start <= MINUTE
        assert row.runs == "/runs/stack"


def test_the_draw_is_committed_before_the_first_pass_and_revealed_after_the_last(evenings):
    flown = evenings()
    flown.until(flown.calendar[0].slot_until + timedelta(hours=3))
    assert flown.journal.acts() == ["draw", "pass", "pass", "pass", "draw_revealed"]
    assert flown.journal.entries[0][1]["commitment"] == f"hash of {flown.calendar[0].id}"
    assert flown.journal.entries[-1][1]["seed"] == f"seed of {flown.calendar[0].id}"


def test_nothing_is_drawn_earlier_than_a_quarter_of_an_hour_before_the_slot(evenings):
    flown = evenings()
    flown.until(flown.calendar[0].slot_from - 16 * MINUTE)
    assert flown.passes() == ()
    flown.until(flown.calendar[0].slot_from - 14 * MINUTE)
    assert flown.states() == ["drawn"] * 3


def test_a_changed_operation_file_draws_no_further_evening_and_ends_none(evenings):
    """A day that a person has just excepted must not be flown by the file of last week."""
    flown = evenings()
    flown.until(lambda: flown.states()[:1] == ["flying"])
    flown.fleet.draws_nothing = "the operation file was changed"
    flown.until(flown.calendar[1].slot_until + MINUTE)
    assert flown.states(0) == ["done"] * 3 and flown.passes(1) == ()
    second = flown.ledger.occurrences()[1]
    assert (second.state, second.reason) == ("missed", "the operation file was changed")
    flown.fleet.draws_nothing = ""
    flown.until(flown.calendar[2].slot_until + 3 * 60 * MINUTE)
    assert flown.states(2) == ["done"] * 3


def test_an_evening_whose_broken_promises_are_long_ends_all_the_same(evenings, tmp_path):
    """An entry has at most 20 kB, and each Greek letter takes 6 bytes: the refused entry held up all later evenings."""
    flown = evenings(slots=[{"name": "evening", "from": "19:00", "until": "20:00", "passes": 1}])
    flown.journal = Journal(tmp_path / "journal.jsonl", "scheduler")
    flown.promises = lambda _: [f"pass {number}: aborted: " + "Ω" * 300 for number in range(1, 25)]
    flown.until(lambda: flown.ledger.occurrences()[0].state == "done")
    [entry] = entries_of_act(tmp_path / "journal.jsonl", "draw_revealed")
    assert len(entry.facts["broken"]) == 24 and entry.facts["broken"][0].startswith("pass 1: aborted: Ω")


def test_no_pass_starts_before_the_journal_has_the_commitment(evenings):
    flown = evenings()
    flown.journal.broken = True
    with pytest.raises(BlindspotError, match="disk is full"):
        flown.until(flown.calendar[0].slot_until)
    assert flown.states() == ["drawn"] * 3
    assert flown.fleet.orders == []


def test_a_pass_whose_order_is_not_in_the_journal_is_not_flown(evenings):
    flown = evenings()
    flown.until(lambda: flown.states() == ["drawn"] * 3)
    flown.journal.broken = True
    flown.until(lambda: flown.states()[0] == "interrupted")
    assert flown.fleet.orders == []
    assert "not in the journal" in flown.passes()[0].reason
    flown.journal.broken = False
    flown.until(lambda: flown.states()[2] == "done")
    assert [run[-2:] for run, _, _ in flown.fleet.orders] == ["-2", "-3"]


class TestAPerson:
    @pytest.fixture
    def real(self, evenings):
        flown = evenings()
        flown.fleet.unattended, flown.fleet.wind_mps = "", None
        flown.until(lambda: flown.states()[:1] == ["awaiting_person"])
        return flown

    def confirm(self, flown, number=1, wind_mps=4.0, what="confirm"):
        flown.ledger.order(flown.now, flown.calendar[0].id, number, what, "C. Durand", "ready", wind_mps)

    def test_each_pass_waits_for_a_named_person(self, real):
        self.confirm(real)
        real.until(lambda: real.states()[1] == "awaiting_person")
        assert [person for _, _, person in real.fleet.orders] == ["C. Durand"]
        order = next(facts for act, facts in real.journal.entries if act == "order")
        assert order == {"order": "confirm", "person": "C. Durand", "reason": "ready", "run": real.passes()[0].id}

    def test_a_pass_that_nobody_confirms_is_missed(self, real):
        real.until(lambda: real.states()[0] == "missed")
        assert real.passes()[0].reason == "no person confirmed it within 15 min"
        assert real.fleet.orders == []

    @pytest.mark.parametrize(
        ("wind_mps", "reason"), [(9.5, "the wind of 9.5 m/s is above 9 m/s"), (None, "the wind is unknown")]
    )
    def test_too_much_wind_and_unknown_wind_miss_the_pass(self, real, wind_mps, reason):
        self.confirm(real, wind_mps=wind_mps)
        real.until(lambda: real.states()[0] == "missed")
        assert (real.passes()[0].reason, real.fleet.orders) == (reason, [])

    def test_a_confirmation_counts_once_and_for_its_pass_alone(self, real):
        self.confirm(real, number=2)
        real.until(real.now + MINUTE)
        assert real.ledger.orders() == ()
        assert any("is refused: pass" in sentence for sentence in real.said)
        self.confirm(real)
        self.confirm(real)
        real.until(lambda: real.states()[0] == "done")
        assert len(real.fleet.orders) == 1
        assert real.ledger.orders() == ()

    @pytest.mark.parametrize("person", ["B. Leroy", ""])
    def test_somebody_who_is_no_pilot_can_neither_confirm_nor_skip(self, real, person):
        for number, what in ((1, "confirm"), (1, "skip"), (0, "skip")):
            real.ledger.order(real.now, real.calendar[0].id, number, what, person, "ready", 4.0)
        real.until(real.now + MINUTE)
        assert real.states()[0] == "awaiting_person"
        assert real.fleet.orders == []
        assert sum("is no pilot of the operation" in sentence for sentence in real.said) == 3

    def test_an_order_of_hours_ago_starts_nothing_when_a_scheduler_comes_back(self, real):
        self.confirm(real)
        real.fleet.now += timedelta(hours=3)
        real.restart()
        real.until(lambda: real.states()[0] == "missed")
        assert real.fleet.orders == []
        assert any("it came too late for pass" in sentence for sentence in real.said)

    def test_nor_does_it_start_an_interrupted_pass_that_is_settled_only_then(self, real):
        self.confirm(real)
        real.until(lambda: real.states()[0] == "flying")
        ordered = list(real.fleet.orders)
        real.fleet.started.clear()
        real.fleet.heard_s = 1.0
        real.restart()
        real.until(lambda: real.states()[0] == "interrupted")
        self.confirm(real)
        real.fleet.now += timedelta(minutes=30)
        real.fleet.heard_s = 60.0
        real.until(real.now + MINUTE)
        assert (real.states()[0], real.fleet.orders) == ("interrupted", ordered)
        assert any("it came too late for pass" in sentence for sentence in real.said)

    def test_a_refused_order_is_in_the_journal_and_with_its_evening_in_the_ledger(self, real):
        self.confirm(real, number=2)
        real.until(real.now + MINUTE)
        reason = f"pass {real.passes()[1].id} is drawn"
        assert real.journal.entries[-1] == (
            "order",
            {"order": "confirm", "person": "C. Durand", "reason": "ready", "run": f"{real.calendar[0].id}/2",
             "outcome": f"refused: {reason}"},
        )  # fmt: skip
        assert real.ledger.occurrences()[0].refusals == (f"confirm 2 by C. Durand: {reason}",)
        real.journal.broken = True
        self.confirm(real, number=3)
        with pytest.raises(BlindspotError, match="disk is full"):
            real.until(real.now + MINUTE)
        assert len(real.ledger.orders()) == 1

    def test_an_order_from_a_clock_that_ran_ahead_is_refused(self, real):
        real.ledger.order(real.now + timedelta(hours=5), real.calendar[0].id, 1, "confirm", "C. Durand", "ready", 4.0)
        real.until(real.now + MINUTE)
        assert (real.states()[0], real.ledger.orders()) == ("awaiting_person", ())

    def test_a_person_skips_a_pass_or_what_is_left_of_the_evening(self, real):
        self.confirm(real, what="skip")
        real.until(lambda: real.states()[0] == "skipped")
        assert real.states() == ["skipped", "drawn", "drawn"]
        self.confirm(real, number=0, what="skip")
        real.until(lambda: real.ledger.occurrences()[0].state == "done")
        assert real.states() == ["skipped"] * 3
        assert {row.person for row in real.passes()} == {"C. Durand"}
        assert real.ledger.orders() == ()

    def test_a_confirmation_ends_with_the_landing_of_a_pass_that_was_thought_to_be_over(self, real):
        self.confirm(real)
        real.until(lambda: real.states()[0] == "flying")
        [run_name] = real.fleet.started
        real.fleet.started.clear()
        real.until(lambda: real.states()[1] == "awaiting_person")
        self.confirm(real, number=2)
        real.until(lambda: real.states()[1] == "cleared")
        real.fleet.started[run_name] = real.now  # a restarted mission manager reports it again
        real.until(lambda: real.states()[:2] == ["done", "awaiting_person"])
        assert len(real.fleet.orders) == 1
        assert "has landed since it was confirmed" in real.passes()[1].reason
        self.confirm(real, number=2)
        real.until(lambda: real.states()[1] == "done")

    def test_a_confirmation_ends_when_somebody_flies_the_drones_before_the_start(self, real):
        """The pass took off as soon as they were back, with the crew at the drones."""
        self.confirm(real)
        real.until(lambda: real.states()[0] == "cleared")
        real.fleet.taken = "drone1 flies run north-street"
        real.until(lambda: real.states()[0] == "awaiting_person")
        assert real.passes()[0].reason == "drone1 flies run north-street"
        self.confirm(real)
        real.until(lambda: real.ledger.orders() == ())
        assert (real.states()[0], real.fleet.orders) == ("awaiting_person", [])
        real.fleet.taken = ""
        self.confirm(real)
        real.until(lambda: real.states()[0] == "done")

    def test_a_confirmed_pass_takes_off_from_no_stack_that_was_started_since(self, real):
        """The crew ended the stack to stop it, started it again, and the drones took off."""
        self.confirm(real)
        real.until(lambda: real.states()[0] == "cleared")
        real.restart()
        real.until(lambda: real.states()[0] == "missed")
        assert real.fleet.orders == []


def test_a_person_skips_an_evening_ahead(evenings):
    flown = evenings()
    flown.ledger.order(flown.now, flown.calendar[1].id, 0, "skip", "C. Durand", "a concert")
    flown.until(flown.calendar[-1].slot_until + timedelta(hours=3))
    assert [occurrence.state for occurrence in flown.ledger.occurrences()] == ["done", "skipped", "done"]
    assert flown.ledger.occurrences()[1].reason == "a concert"


def test_wind_of_a_simulation_above_the_limit_misses_the_pass(evenings):
    flown = evenings()
    flown.fleet.wind_mps = 9.1
    flown.until(lambda: flown.states()[:1] == ["missed"])
    flown.fleet.wind_mps = 3.0
    flown.until(lambda: flown.ledger.occurrences()[0].state == "done")
    assert flown.states() == ["missed", "done", "done"]
    assert flown.journal.entries[-1][1]["broken"] == ["pass 1 missed"]
    assert any("promise is broken: pass 1 missed" in sentence for sentence in flown.said)


def test_a_silent_stack_and_a_busy_fleet_miss_a_pass_with_the_reason(evenings):
    flown = evenings()
    flown.fleet.heard_s = 0.0
    flown.until(lambda: flown.states()[:1] == ["missed"])
    flown.fleet.heard_s, flown.fleet.not_ready = 60.0, "drone1 flies run x"
    flown.until(lambda: flown.states()[1] == "missed")
    assert flown.passes()[0].reason == "the stack was not heard within 15 min"
    assert flown.passes()[1].reason == "the fleet was not ready within 15 min: drone1 flies run x"


def test_a_refused_plan_refuses_the_pass(evenings):
    flown = evenings()
    flown.fleet.refuses_plans = "the site has changed since"
    flown.until(lambda: flown.ledger.occurrences()[0].state == "done")
    assert flown.states() == ["refused"] * 3
    assert flown.passes()[0].reason == "the site has changed since"


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("completed", "done"), ("degraded", "done"), ("refused", "refused"), ("returned", "interrupted"),
     ("aborted", "interrupted"), ("unaccounted", "interrupted")],
)  # fmt: skip
def test_only_a_whole_flight_is_done(evenings, outcome, state):
    flown = evenings()
    run = flown.calendar[0].id.replace("/", "-") + "-1"
    flown.fleet.outcomes[run] = (outcome, "so it was")
    flown.until(lambda: flown.ledger.occurrences()[0].state == "done")
    assert flown.states() == [state, "done", "done"]
    assert "so it was" in flown.passes()[0].reason


def test_a_swap_within_a_run_is_a_state_of_its_own(evenings):
    flown = evenings()
    flown.until(lambda: flown.states()[:1] == ["flying"])
    flown.fleet.swapping.add(flown.passes()[0].run)
    flown.until(lambda: flown.states()[0] == "swapping")
    flown.fleet.swapping.clear()
    flown.until(lambda: flown.states()[0] == "flying")
    assert len(flown.fleet.orders) == 1


class TestARestart:
    def test_a_flight_that_goes_on_is_followed_again_and_not_started_again(self, evenings):
        flown = evenings()
        flown.until(lambda: flown.states()[:1] == ["flying"])
        flown.restart()
        flown.until(lambda: flown.states() == ["done"] * 3)
        assert len(flown.fleet.orders) == 3
        assert flown.changes() == ["due", "cleared", "flying", "interrupted", "flying", "done"]

    def test_a_flight_that_ended_meanwhile_has_its_outcome(self, evenings):
        flown = evenings()
        flown.until(lambda: flown.states()[:1] == ["flying"])
        flown.fleet.now += 12 * MINUTE
        flown.restart()
        flown.until(flown.now)
        assert flown.states()[0] == "done"

    def test_a_flight_that_the_stack_never_got_stays_interrupted_until_a_person_confirms_it(self, evenings):
        flown = evenings()
        flown.until(lambda: flown.states()[:1] == ["flying"])
        flown.fleet.started.clear()
        flown.fleet.orders.clear()
        flown.fleet.heard_s = 1.0
        flown.restart()
        flown.until(flown.now + MINUTE)
        assert not flown.passes()[0].is_settled
        flown.fleet.heard_s = 60.0
        flown.until(flown.now + 5 * MINUTE)
        assert flown.passes()[0].is_settled
        assert flown.states()[0] == "interrupted"
        assert flown.fleet.orders == []
        flown.ledger.order(flown.now, flown.calendar[0].id, 1, "confirm", "C. Durand", "the crew is ready", 4.0)
        flown.until(lambda: flown.states() == ["done"] * 3)
        assert next((run[-8:], person) for run, _, person in flown.fleet.orders) == ("1-again1", "C. Durand")

    def test_an_evening_without_a_scheduler_is_missed(self, evenings):
        flown = evenings()
        flown.fleet.now = flown.calendar[0].slot_until + MINUTE
        flown.until(flown.now)
        assert flown.ledger.occurrences()[0].state == "missed"
        assert flown.ledger.occurrences()[0].reason == "no scheduler ran in its slot"

    def test_a_clock_that_was_set_back_flies_nothing_twice(self, evenings):
        flown = evenings()
        flown.until(lambda: flown.states() == ["done"] * 3)
        flown.fleet.now = flown.calendar[0].slot_from - 20 * MINUTE
        flown.restart()
        flown.until(flown.calendar[0].slot_until + timedelta(hours=2))
        assert len(flown.fleet.orders) == 3

    def test_an_older_scheduler_is_fenced_off(self, evenings, tmp_path):
        flown = evenings()
        flown.until(lambda: flown.states() == ["drawn"] * 3)
        other = Ledger(tmp_path / "state")
        other.claim(flown.now, "another", flown.file.parent)
        with pytest.raises(FencedError, match="scheduler 1 is replaced by scheduler 2"):
            flown.until(flown.calendar[0].slot_until)
        other.close()
        assert flown.fleet.orders == []


def test_a_night_when_the_clocks_change_is_flown_once(evenings):
    flown = evenings(
        recurrence={"from": "2026-10-24", "until": "2026-10-26"},
        slots=[{"name": "night", "from": "02:15", "until": "02:45", "passes": 1}],
    )
    flown.until(flown.calendar[-1].slot_until + timedelta(hours=1))
    starts = [occurrence.passes[0].took_off for occurrence in flown.ledger.occurrences()]
    assert [f"{start:%d %H:%M}" for start in starts] == ["24 00:30", "25 00:30", "26 01:30"]
    assert len(flown.fleet.orders) == 3


def test_a_changed_calendar_moves_only_what_is_not_drawn(evenings):
    flown = evenings()
    flown.until(lambda: flown.states() == ["drawn"] * 3)
    later = evenings(slots=[{"name": "evening", "from": "21:00", "until": "22:00", "passes": 2}])
    later.fleet.now = flown.now
    later.until(flown.now)
    rows = later.ledger.occurrences()
    assert [f"{row.slot_from:%H:%M}" for row in rows] == ["18:00", "20:00", "20:00"]
    assert [row.passes_asked for row in rows] == [3, 2, 2]


def test_a_state_that_may_not_follow_is_refused(evenings):
    flown = evenings()
    flown.until(lambda: flown.states() == ["done"] * 3)
    with pytest.raises(LedgerError, match="is done and can't become flying"):
        flown.ledger.move(datetime.now(UTC), flown.passes()[0], "flying")
