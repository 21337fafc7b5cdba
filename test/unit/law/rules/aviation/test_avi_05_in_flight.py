"""AVI-05 in flight: a lease is withheld while the drone's broadcast is unknown, off, or of other numbers."""

from types import SimpleNamespace

import pytest

from blindspot.law.clearances.monitor import breach_by_facts
from blindspot.law.rules.facts import Flying, RemoteIdState

RIGHT = RemoteIdState(True, "FIN87astrdge12k8", ("EX92AABCDE12345",))

NOTHING_BELOW = {"zone": "", "emergency": "", "green_light": True}


@pytest.fixture
def breach(question):
    def found(state, links=(), facts=(), journal_works=True, **changes):
        ctx = question(**changes)
        flying = Flying(remote_id=state, links_out=links, separated_at=ctx.now_utc, **(NOTHING_BELOW | dict(facts)))
        clearance = SimpleNamespace(
            gate=SimpleNamespace(authorisation=ctx.auth, known=(ctx.ready, ctx.book)), flown=ctx.plan
        )
        verdict = breach_by_facts(clearance, flying, ctx.now_utc, journal_works=journal_works)
        return f"{verdict.rule} {verdict.reason}" if verdict is not None else ""

    return found


def test_avi_05_holds_in_flight_for_the_authorised_broadcast(breach):
    assert breach(RIGHT) == ""


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (None, "unknown whether remote identification"), (RemoteIdState(False, "", ()), "is not active"),
        (RemoteIdState(True, RIGHT.operator, ("EX92AABCDE12346",)), "other numbers"),
    ],
)  # fmt: skip
def test_avi_05_is_broken_in_flight_by_another_state(breach, state, why):
    assert breach(state).startswith("AVI-05") and why in breach(state)


def test_avi_05_in_flight_is_the_drone_s_own_check_on_a_test_range(breach):
    assert breach(None, doc={"profile": "TEST-RANGE"}) == ""


@pytest.mark.parametrize(("links", "why"), [(None, "unknown whether another system"), (("/spy",), "/spy is connected")])
def test_int_03_is_broken_in_flight_by_a_link_and_by_an_unknown_one(breach, links, why):
    assert breach(RIGHT, links).startswith("INT-03") and why in breach(RIGHT, links)
    assert breach(RIGHT, links, doc={"profile": "TEST-RANGE"}) == ""


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"zone": "LFPB"}, "AVI-02"), ({"zone": None}, "AVI-02"), ({"green_light": False}, "AVI-06"),
        ({"green_light": None}, "AVI-06"), ({"emergency": "fire 12"}, "AVI-08"), ({"emergency": None}, "AVI-08"),
    ],
)  # fmt: skip
def test_avi_02_avi_06_and_avi_08_are_judged_at_each_lease_of_a_real_flight(breach, facts, rule):
    assert breach(RIGHT, facts=facts).startswith(rule)
    assert breach(RIGHT, facts=facts, doc={"profile": "TEST-RANGE"}) == ""


@pytest.mark.parametrize("works", [False, None])
def test_log_01_is_broken_in_flight_by_a_journal_that_takes_no_entry(breach, works):
    assert breach(RIGHT, journal_works=works).startswith("LOG-01")
    assert breach(RIGHT, journal_works=works, doc={"profile": "TEST-RANGE"}) == ""


def test_log_01_needs_in_flight_what_was_known_of_the_books(breach):
    assert breach(RIGHT, book=None).startswith("LOG-01")
    assert breach(RIGHT, book={"writable": None}).startswith("LOG-01")


def test_without_an_authorisation_the_gate_itself_refuses():
    clearance = SimpleNamespace(gate=SimpleNamespace(authorisation=None), flown=None)
    assert breach_by_facts(clearance, Flying(), None) is None
