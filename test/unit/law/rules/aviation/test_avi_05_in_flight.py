"""AVI-05 in flight: a lease is withheld while the drone's broadcast is unknown, off, or of other numbers."""

from types import SimpleNamespace

import pytest

from blindspot.law.clearances.monitor import broadcast_breach
from blindspot.law.rules.facts import RemoteIdState

RIGHT = RemoteIdState(True, "FIN87astrdge12k8", "EX92AABCDE12345")


@pytest.fixture
def breach(question):
    def found(state, **changes):
        ctx = question(**changes)
        clearance = SimpleNamespace(gate=SimpleNamespace(authorisation=ctx.auth), flown=ctx.plan)
        verdict = broadcast_breach(clearance, state, ctx.now_utc)
        return f"{verdict.rule} {verdict.reason}" if verdict is not None else ""

    return found


def test_avi_05_holds_in_flight_for_the_authorised_broadcast(breach):
    assert breach(RIGHT) == ""


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (None, "unknown whether remote identification"), (RemoteIdState(False, "", ""), "is not active"),
        (RemoteIdState(True, RIGHT.operator, "EX92AABCDE12346"), "other numbers"),
    ],
)  # fmt: skip
def test_avi_05_is_broken_in_flight_by_another_state(breach, state, why):
    assert breach(state).startswith("AVI-05") and why in breach(state)


def test_avi_05_in_flight_is_the_drone_s_own_check_on_a_test_range(breach):
    assert breach(None, doc={"profile": "TEST-RANGE"}) == ""


def test_without_an_authorisation_the_gate_itself_refuses():
    clearance = SimpleNamespace(gate=SimpleNamespace(authorisation=None), flown=None)
    assert broadcast_breach(clearance, None, None) is None
