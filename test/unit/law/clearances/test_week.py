"""The weekly limit of a place (PUR-04) over runs, restarts and a clock that is set back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from blindspot.evidence.journals.journal import Journal
from blindspot.evidence.journals.journal_check import FoldedAct
from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.counters import FLOWN_BEFORE, WATCHED, Counters, FlownDays
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.law.drafts.new_authorisation import as_yaml, make_test_range
from blindspot.law.files.authorisation_file import Signer
from blindspot.law.signatures.signing import sign
from blindspot.mission.plan_figures import Intrusion


@pytest.fixture
def authority(tmp_path):
    """A newly started authority over the journal and the ledger of this folder."""

    def start(simulated=True, states=False):
        path = tmp_path / "journal.jsonl"
        meter = DayMeter(Ledger(tmp_path / "state"))
        watched = FoldedAct(path, WATCHED, Counters, Counters.add)
        flown = FoldedAct(path, "withdrawal", FlownDays, FlownDays.add)
        stated = FoldedAct(path, FLOWN_BEFORE, FlownDays, FlownDays.add)
        days = (lambda: flown.read().after(stated.read(), path)) if states else flown.read
        made = Clearances(meter, simulated=simulated, watched=watched.read, flown=days)
        return made, Journal(path, "authority")

    return start


@pytest.fixture
def request_of(mission, plans):
    path = mission.authorisation_path
    path.write_text(path.read_text().replace("  max_flight", "  max_min_per_place_per_week: 0.2\n  max_flight"))

    def asked(run, drone="drone1", **changes):
        live = LiveAuthorisation(path)
        return replace(AskedPlan(plans[drone], mission, "a" * 64, "A", live, run), **changes)

    return asked


def clear(authority, asked, now_utc):
    clearances, journal = authority

    def enter(places):
        for facts in places:
            journal.write(WATCHED, **facts)

    return [verdict.rule for verdict in clearances.authorise(asked, now_utc, enter)]


def land(authority, asked):
    clearances, _ = authority
    clearances.withdraw(clearances.of_plan(asked.plan.sha256))


def test_the_cap_of_the_week_is_reached_and_still_reached_after_a_restart(authority, request_of, now_utc):
    """12 s a week are allowed, and a pass takes 5 s at its place."""
    first = authority()
    for run in ("one", "two"):
        assert clear(first, request_of(run), now_utc) == []
        assert clear(first, request_of(run), now_utc) == [], "a plan that asks again was counted before"
        land(first, request_of(run))
    assert clear(first, request_of("three"), now_utc) == ["PUR-04"]
    assert clear(authority(), request_of("three"), now_utc) == ["PUR-04"], "after a restart"


def test_the_rest_of_a_pass_goes_on_after_the_cap(authority, request_of, now_utc, rest):
    first = authority()
    assert clear(first, request_of("one"), now_utc) == []
    land(first, request_of("one"))
    assert clear(first, request_of("two"), now_utc) == []
    part, counted = request_of("two", plan=rest(request_of("two").plan)), []
    assert first[0].authorise(part, now_utc + timedelta(minutes=5), counted.append) == ()
    assert counted == [()], "the rest was counted with its plan"


def test_one_run_and_plan_counts_in_each_week_and_with_each_flight(authority, request_of, now_utc):
    """A stack that flies one mission has the run "" at every start. 12 s a week are allowed, 5 s a pass."""
    later, gate = now_utc + timedelta(days=7), authority()
    for at in (now_utc, later, now_utc, later):
        assert clear(gate, request_of(""), at) == []
        land(gate, request_of(""))
    for at in (now_utc, later):
        assert clear(gate, request_of(""), at) == ["PUR-04"]


def test_a_plan_that_asks_again_in_the_next_week_counts_there(authority, request_of, now_utc):
    later, gate = now_utc + timedelta(days=7), authority()
    for at in (now_utc, now_utc, later, later):
        assert clear(gate, request_of("one"), at) == []
    land(gate, request_of("one"))
    for at in (now_utc, later):
        assert clear(gate, request_of("two"), at) == []
        land(gate, request_of("two"))
        assert clear(gate, request_of("three"), at) == ["PUR-04"]


def test_a_plan_that_is_cleared_anew_after_a_restart_counts_twice(authority, request_of, now_utc):
    """The gate no longer knows how much of it was flown: twice is the safe side."""
    for _ in range(2):
        assert clear(authority(), request_of("one"), now_utc) == []
    assert clear(authority(), request_of("one"), now_utc) == ["PUR-04"]


def test_a_new_week_begins_empty_and_an_older_one_stays_full(authority, request_of, now_utc):
    """The clock goes back by a week: its counters are those that they were."""
    later = now_utc + timedelta(days=7)
    for run, at in (("one", now_utc), ("two", now_utc), ("three", later)):
        gate = authority()
        assert clear(gate, request_of(run), at) == []
    assert clear(authority(), request_of("four"), now_utc) == ["PUR-04"]
    assert clear(authority(), request_of("four"), later) == []


def test_two_drones_over_one_place_count_together(authority, request_of, now_utc, plans):
    """7 s each are under the limit of 12 s, and 14 s of both are over it, in one plan and in two."""
    [first], [second] = plans["drone1"].routes, plans["drone2"].routes
    view = first.steps[0].model_copy(update={"dwell_s": 7.0})
    both = [each.model_copy(update={"steps": (view,)}) for each in (first, second)]
    one, other, together = (
        plans["drone1"].model_copy(update={"routes": tuple(routes)}) for routes in (both[:1], both[1:], both)
    )
    assert "PUR-04" in clear(authority(), request_of("together", plan=together), now_utc)
    assert clear(authority(), request_of("other", plan=other), now_utc) == []
    assert "PUR-04" in clear(authority(), request_of("one", plan=one), now_utc)


def test_an_erased_ledger_gives_no_minute_of_the_day_back(authority, asked, plans, now_utc, tmp_path):
    """60 min a day are allowed and 51 were flown: a plan of 10 min is 1 min too long, with and without the ledger."""
    clearances, journal = authority()
    request = asked(plans["drone1"])
    for flown_s, refused in ((49.9 * 60, []), (1.2 * 60, ["PUR-04"])):
        journal.write("withdrawal", plan="a", run="x", reason="it was given back", day=f"{now_utc:%Y-%m-%d}",
                      flight_s=flown_s)  # fmt: skip
        journal.write("withdrawal", plan="a", run="x", reason="drone1: GEO-01")
        assert [verdict.rule for verdict in clearances.judge(request, now_utc)] == refused
    assert not list((tmp_path / "state").glob("flown-*"))
    assert clearances.judge(request, now_utc + timedelta(days=7)) == ()


def test_the_day_counts_from_the_journal_if_the_ledger_is_lost(authority, request_of, now_utc):
    """A plan of 10 min with 5 s of pictures, and 10.1 min a day: the third one is 4 s over it."""
    asked = request_of("one")
    path = asked.mission.authorisation_path
    limits = path.read_text().replace("per_week: 0.2", "per_week: 60")
    path.write_text(limits.replace("max_flight_min_per_day: 60", "max_flight_min_per_day: 10.1"))
    for at, refused in ((now_utc, []), (now_utc, []), (now_utc, ["PUR-04"]), (now_utc + timedelta(days=7), [])):
        gate = authority()
        assert clear(gate, asked, at) == refused
        if not refused:
            assert clear(gate, asked, at) == [], "its own sensor time is no time before it"
            land(gate, asked)


def test_an_entry_that_cannot_be_written_clears_nothing(authority, request_of, now_utc):
    clearances, _ = authority()

    def fails(_):
        raise OSError("full")

    with pytest.raises(OSError, match="full"):
        clearances.authorise(request_of("one"), now_utc, fails)
    assert clearances.now == ()


def test_a_changed_journal_refuses(authority, request_of, now_utc, tmp_path):
    gate = authority()
    assert clear(gate, request_of("one"), now_utc) == []
    land(gate, request_of("one"))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes().replace(b":5.0", b":0.0"))
    assert clear(authority(), request_of("two"), now_utc) == ["PUR-04"]


def test_a_missing_journal_beside_flights_of_the_week_refuses_a_real_flight(authority, request_of, now_utc, tmp_path):
    """Other rules refuse SIM-ONLY for real autopilots, too; the limit of the week is one of the reasons."""
    ledger, journal = Ledger(tmp_path / "state"), "the ledger has flights of this week"

    def refused(simulated):
        clearances, _ = authority(simulated)
        return any(journal in verdict.reason for verdict in clearances.judge(request_of("one"), now_utc))

    assert not refused(simulated=False), "nothing was flown"
    ledger.pay((now_utc - timedelta(days=7)).date(), "drone1", "A", now_utc)
    assert not refused(simulated=False), "flown in the week before"
    ledger.pay((now_utc - timedelta(days=2)).date(), "drone1", "A", now_utc)
    assert refused(simulated=False) and not refused(simulated=True)
    assert clear(authority(), request_of("one"), now_utc) == []
    assert not refused(simulated=False), "the journal counts places of this week"


def inspected(plan, seconds):
    """The plan with a look at the place of its view, on the way."""
    [route] = plan.routes
    look = route.steps[0].model_copy(update={"id": "inspection", "dwell_s": seconds})
    return plan.model_copy(update={"routes": (route.model_copy(update={"steps": (*route.steps, look)}),)})


def test_pur_04_an_inspection_counts_for_its_places_each_time(authority, request_of, now_utc):
    """12 s a week are allowed, and the pass takes 5 s at its place."""
    gate, journal = authority()
    assert clear((gate, journal), request_of("one"), now_utc) == []
    clearance = gate.of_drone("drone1")

    def refused(seconds):
        changed = inspected(clearance.gate.cleared, seconds)
        return changed, [verdict.rule for verdict in gate.refusals_of(clearance, changed, now_utc)]

    assert refused(7.1)[1] == ["PUR-04"]
    for _ in range(2):
        changed, rules = refused(3.0)
        assert rules == []
        for facts in gate.places_of_change(clearance, changed, now_utc):
            journal.write(WATCHED, **facts)
    assert refused(3.0)[1] == ["PUR-04"], "11 s are counted"
    land((gate, journal), request_of("one"))
    assert clear(authority(), request_of("two"), now_utc) == ["PUR-04"], "after a restart"


def test_pur_04_a_rest_that_watches_longer_than_its_plan_counts_for_the_difference(
    authority, request_of, now_utc, rest
):
    gate, journal = authority()
    assert clear((gate, journal), request_of("one"), now_utc) == []

    def asked(seconds):
        part = rest(request_of("one").plan)
        [route] = part.routes
        longer = route.steps[0].model_copy(update={"dwell_s": seconds})
        return request_of("one", plan=part.with_routes((route.model_copy(update={"steps": (longer,)}),)))

    assert clear((gate, journal), asked(12.1), now_utc) == ["PUR-04"]
    assert clear((gate, journal), asked(9.0), now_utc) == []
    land((gate, journal), asked(9.0))
    assert clear((gate, journal), request_of("two"), now_utc) == ["PUR-04"], "9 s are counted"


def test_pur_04_a_real_flight_without_a_limit_counts_for_a_later_one_with_a_limit(
    authority, request_of, now_utc, plans, mission, tmp_path
):
    """A try on the test range on Monday; its minutes in the ledger without its places would look like a lost journal.
    12 s a week are allowed then, and a pass takes 5 s."""
    key = Ed25519PrivateKey.generate()
    (tmp_path / "keys").mkdir()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "keys" / "engineer.pub").write_bytes(public)
    made = make_test_range(mission.perimeter_path, Signer(name="A", contact="B"), now_utc, 30, "Europe/Paris")
    path = mission.perimeter_path.parent / "range.yaml"
    path.write_text(as_yaml(made, sign(made, key)))
    seen = Intrusion(private_m2s=0.0, facade_m2s=0.0, highest_px_per_m=50.0)
    plan = plans["drone1"].model_copy(update={"intrusion": seen})
    for run in ("one", "two"):
        gate = authority(simulated=False)
        tried = AskedPlan(plan, mission, "a" * 64, "A", LiveAuthorisation(path, tmp_path / "keys"), run)
        assert clear(gate, tried, now_utc) == []
        clearance = gate[0].of_drone("drone1")
        for after_s in (0, 30):
            assert gate[0].count(clearance, {"drone1"}, now_utc + timedelta(seconds=after_s)) is None
        land(gate, tried)
    verdicts = authority(simulated=False)[0].judge(request_of("three"), now_utc)
    reasons = [verdict.reason for verdict in verdicts if verdict.rule == "PUR-04"]
    assert reasons == ["a place would be in pictures for 0.25 min this week"]


SUNDAY_NIGHT = datetime(2026, 11, 8, 22, 55, tzinfo=UTC)
"""Five minutes before the next ISO week in Paris."""


@pytest.fixture
def until_three(request_of):
    """The authorised slot ends at 3 h at night."""
    path = request_of("").mission.authorisation_path
    path.write_text(path.read_text().replace('end: "23:00"', 'end: "03:00"'))


def test_pur_04_a_flight_over_the_end_of_a_week_counts_in_both(authority, request_of, until_three):
    """It is cleared five minutes before the end of the week, and its view may come later. 12 s a week are allowed."""
    gate = authority()
    assert clear(gate, request_of("one"), SUNDAY_NIGHT) == []
    assert clear(gate, request_of("one"), SUNDAY_NIGHT) == [], "a plan that asks again was counted before"
    land(gate, request_of("one"))
    later = SUNDAY_NIGHT + timedelta(hours=2)
    assert clear(gate, request_of("two"), later) == []
    land(gate, request_of("two"))
    assert clear(gate, request_of("three"), later) == ["PUR-04"]
    assert clear(gate, request_of("four"), SUNDAY_NIGHT) == ["PUR-04"], "the new week is full"
    assert clear(gate, request_of("five"), SUNDAY_NIGHT - timedelta(hours=2)) == [], "the old one is not"


def test_pur_04_a_flight_whose_slot_ends_with_the_week_counts_in_that_week_alone(authority, request_of, until_three):
    path = request_of("").mission.authorisation_path
    path.write_text(path.read_text().replace('end: "03:00"', 'end: "00:00"'))
    counted = []
    asked, at = request_of("one"), SUNDAY_NIGHT - timedelta(minutes=10)
    assert authority()[0].authorise(asked, at, counted.append) == ()
    assert {facts["week"] for [*entries] in counted for facts in entries} == {"2026-W45"}


def test_pur_04_a_flight_over_the_end_of_a_week_does_not_close_the_next_one(
    authority, request_of, until_three, tmp_path
):
    """The ledger has its minutes of Monday, which the journal must know, or it would be taken for a lost one."""
    gate = authority()
    assert clear(gate, request_of("one"), SUNDAY_NIGHT) == []
    land(gate, request_of("one"))
    later = SUNDAY_NIGHT + timedelta(hours=2)
    Ledger(tmp_path / "state").pay(later.date(), "drone1", "A", SUNDAY_NIGHT)
    verdicts = authority(simulated=False)[0].judge(request_of("two"), later)
    assert not [str(verdict) for verdict in verdicts if "the ledger has flights of this week" in verdict.reason]


def test_pur_04_an_inspection_at_the_end_of_a_week_counts_in_both(authority, request_of, until_three):
    """The pass takes 5 s at its place, and another one has taken 5 s of the new week."""
    gate, journal = authority()
    assert clear((gate, journal), request_of("other"), SUNDAY_NIGHT + timedelta(hours=2)) == []
    land((gate, journal), request_of("other"))
    assert clear((gate, journal), request_of("one"), SUNDAY_NIGHT) == []
    clearance = gate.of_drone("drone1")
    short, long = (inspected(clearance.gate.cleared, seconds) for seconds in (1.0, 3.0))
    assert [verdict.rule for verdict in gate.refusals_of(clearance, long, SUNDAY_NIGHT)] == ["PUR-04"]
    assert gate.refusals_of(clearance, short, SUNDAY_NIGHT) == ()
    weeks = [facts["week"] for facts in gate.places_of_change(clearance, short, SUNDAY_NIGHT)]
    assert weeks == ["2026-W45", "2026-W46"]


def test_a_journal_without_a_statement_counts_no_day_and_clears_nothing(authority, asked, plans, now_utc, tmp_path):
    """60 min a day are allowed, and a plan takes 10: with 51 that a person has stated it is 1 min too long."""
    clearances, journal = authority(states=True)
    request, day = asked(plans["drone1"]), f"{now_utc:%Y-%m-%d}"
    assert ["another state folder" in str(each) for each in clearances.judge(request, now_utc)] == [True]
    for flown_s, refused in ((0.0, []), (51.0 * 60.0, ["PUR-04"])):
        journal.write(FLOWN_BEFORE, day=day, flight_s=flown_s, person="A. Martin", reason="a new computer")
        assert [verdict.rule for verdict in clearances.judge(request, now_utc)] == refused
    assert clearances.judge(request, now_utc + timedelta(days=7)) == ()
