"""Of the orders that anybody may send, those that let a drone fly count that a pilot has signed, once and now."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from blindspot.law.orders.signed_order import (
    CLOCKS_S,
    FLY_WITHIN_S,
    LASTS_S,
    MOVES,
    VALID_S,
    Ordered,
    OrderSigner,
    OrderVerifier,
    key_text,
    unsigned,
)
from blindspot.mission.fleet_file import Fleet, FleetFile

MARTIN, ROY = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
NOW_NS = 1_800_000_000_000_000_000
S = 1_000_000_000
PEOPLE = (
    {"name": "A. Martin", "key": key_text(MARTIN.public_key())},
    {"name": "B. Roy", "role": "observer", "key": key_text(ROY.public_key())},
    "C. Durand",
)
RESUME = Ordered("resume", "A. Martin", "the crane has gone", ("drone1",), (0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0))


def fleet(*operators: object) -> Fleet:
    drone = {"name": "drone1", "model": "reference", "pad": "north"}
    file = FleetFile.model_validate(
        {"schema": "blindspot.fleet/1", "name": "Ours", "site": "site", "drones": [drone], "operators": operators}
    )
    return Fleet(Path("fleet.yaml"), file, Path("site"), {})


class Clock:
    def __init__(self) -> None:
        self.ns = NOW_NS

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def verifier(clock):
    made = OrderVerifier(fleet(*PEOPLE), simulated=False, now_ns=clock)
    clock.ns += S
    return made


def signed(ordered: Ordered = RESUME, key=MARTIN, *, fleet="Ours", simulated=False, at_ns=NOW_NS + S) -> str:
    return OrderSigner(key, fleet, simulated, lambda: at_ns).sign(ordered)


def test_a_pilot_s_signed_order_counts_once(verifier):
    signature = signed()
    assert verifier.why_not(RESUME, signature, drone="drone1") == ""
    assert "has arrived before" in verifier.why_not(RESUME, signature, drone="drone1")
    assert verifier.why_not(RESUME, signed(at_ns=NOW_NS + S + 1)) == ""
    assert "a newer one has" in verifier.why_not(RESUME, signed())


@pytest.mark.parametrize(
    "signature", ["", "x", "1:", ":" + "A" * 86 + "==", "1:" + "A" * 86 + "==", "-1:" + "A" * 86 + "=="]
)
def test_an_unsigned_order_that_lets_a_drone_fly_is_refused(verifier, signature):
    for order in MOVES:
        assert "signed" in verifier.why_not(replace(RESUME, order=order), signature)


def test_an_order_that_stops_a_drone_needs_no_signature(verifier):
    for order in ("hold", "return_home", "abort", "stand_by"):
        for person in ("A. Martin", "B. Roy", "D. Stranger"):
            assert verifier.why_not(replace(RESUME, order=order, person=person), "") == ""


def test_an_observer_can_order_no_flight(verifier):
    for order in MOVES:
        asked = replace(RESUME, order=order, person="B. Roy")
        assert "is observer and no pilot" in verifier.why_not(asked, signed(asked, ROY))


def test_the_role_counts_without_keys_too():
    plain = OrderVerifier(fleet("A. Martin", {"name": "B. Roy", "role": "observer"}), simulated=True)
    assert "no pilot" in plain.why_not(replace(RESUME, person="B. Roy"), "")
    assert plain.why_not(RESUME, "") == plain.why_not_now("") == ""


def test_a_person_without_a_key_orders_no_flight_where_others_have_one(verifier):
    for person in ("C. Durand", "D. Stranger"):
        asked = replace(RESUME, person=person)
        assert f"no key of {person}" in verifier.why_not(asked, signed(asked))


CHANGES = {
    "order": "jump", "person": "A. Martin", "reason": "another", "drones": ("drone1", "drone2"),
    "details": (1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(Ordered) if each.name != "person"])
def test_no_part_of_an_order_can_be_changed(verifier, name):
    assert "or was changed" in verifier.why_not(replace(RESUME, **{name: CHANGES[name]}), signed())


def test_a_key_fleet_or_time_in_place_of_another_is_refused(verifier):
    signature = signed()
    later = f"{NOW_NS + 2 * S}:{signature.partition(':')[2]}"
    for wrong in (signed(key=ROY), signed(fleet="Theirs"), signed(simulated=True), later):
        assert "not signed with the key of A. Martin" in verifier.why_not(RESUME, wrong)
    assert verifier.why_not(RESUME, signature) == ""


def test_a_signature_in_another_s_name_is_refused(clock):
    both = OrderVerifier(fleet(PEOPLE[0], {"name": "B. Roy", "key": PEOPLE[1]["key"]}), simulated=False, now_ns=clock)
    clock.ns += S
    assert "not signed with the key of B. Roy" in both.why_not(replace(RESUME, person="B. Roy"), signed())


def test_the_order_of_a_mission_counts_for_a_minute(verifier, clock):
    fly = replace(RESUME, order="fly")
    clock.ns = NOW_NS + S + round(VALID_S * S)
    assert verifier.why_not(fly, signed(fly)) == ""
    clock.ns += 1
    assert "60 s ago" in verifier.why_not(fly, signed(fly))


@pytest.mark.parametrize("order", sorted(MOVES - {"fly"}))
@pytest.mark.parametrize("people", [PEOPLE, ()])
def test_an_order_that_its_person_has_given_up_lets_no_drone_fly_on(clock, order, people):
    """A node that stood still gets it late: the command has reported by then that nobody took it."""
    node = OrderVerifier(fleet(*people), simulated=False, now_ns=clock)
    asked = replace(RESUME, order=order)
    clock.ns += S
    given = signed(asked) if people else unsigned(clock)
    clock.ns = NOW_NS + S + round(FLY_WITHIN_S * S)
    assert node.why_not(asked, given) == ""
    clock.ns += S
    assert node.why_not(asked, given) == f"the order to {order} is 16 s old: give it again"
    assert node.why_not(replace(asked, order="hold"), given) == "", "a stop counts whenever it comes"
    assert people or node.why_not(asked, "") == "", "an order of another program may state no time"


def test_an_order_of_the_future_is_refused(verifier, clock):
    last_ns = clock.ns + round(CLOCKS_S * S)
    assert verifier.why_not(RESUME, signed(at_ns=last_ns)) == ""
    assert "in the future" in verifier.why_not(RESUME, signed(at_ns=last_ns + 1))


def test_an_order_from_before_the_start_of_the_node_is_refused(verifier):
    assert "before this node started" in verifier.why_not(RESUME, signed(at_ns=NOW_NS))
    assert verifier.why_not(RESUME, signed(at_ns=NOW_NS + 1)) == ""


FIRST, SECOND = "ab" * 32, "cd" * 32
MISSION = Ordered("fly", "A. Martin", "rounds", (), ("../missions/patrol.yaml", "ef" * 32, "evening", FIRST, SECOND))


def begun(verifier, signature, ordered=MISSION, plan=FIRST):
    return verifier.why_not_begun(ordered, signature, plan, "drone1")


def test_the_order_of_a_mission_begins_a_flight_later_but_under_no_later_node_and_after_no_stop(verifier, clock):
    given = signed(MISSION)
    clock.ns += 10 * round(VALID_S * S)
    assert begun(verifier, given) == ""
    assert "or was changed" in begun(verifier, given, replace(MISSION, reason="another"))
    assert "before this node started" in begun(verifier, signed(MISSION, at_ns=NOW_NS))
    verifier.stopped()
    assert "drones were stopped" in begun(verifier, given)
    plain = OrderVerifier(fleet(), simulated=True, now_ns=clock)
    assert begun(plain, unsigned(lambda: NOW_NS)) == ""


def test_an_order_is_for_the_plans_that_its_person_has_signed(verifier):
    """A later sortie flies after a restart of the drone's computer, whose pack is changed before it."""
    given, other = signed(MISSION, at_ns=NOW_NS), "00" * 32
    assert begun(verifier, given, plan=SECOND) == ""
    assert "names another plan" in begun(verifier, given, plan=other)
    assert "is not signed" in begun(verifier, "", plan=SECOND)
    wider = replace(MISSION, details=(*MISSION.details, other))
    assert "or was changed" in begun(verifier, given, wider, other)
    assert verifier.why_not_plan(MISSION, FIRST, is_first=True) == verifier.why_not_plan(MISSION, SECOND) == ""
    assert "another plan" in verifier.why_not_plan(MISSION, SECOND, is_first=True)
    none = replace(MISSION, details=MISSION.details[:3])
    assert "another plan" in verifier.why_not_plan(none, FIRST)
    assert OrderVerifier(fleet(), simulated=True).why_not_plan(none, FIRST) == "", "without keys nobody signs"


def test_an_order_of_yesterday_begins_no_sortie(verifier, clock):
    for age_s, counts in ((LASTS_S, True), (LASTS_S + 1e-6, False), (-CLOCKS_S, True), (-CLOCKS_S - 1e-6, False)):
        given = signed(MISSION, at_ns=clock.ns - round(age_s * S))
        assert (begun(verifier, given, plan=SECOND) == "") == counts


def test_an_order_signed_before_the_last_stop_is_refused(verifier, clock):
    late = signed()
    clock.ns += S
    verifier.stopped()
    assert "drones were stopped" in verifier.why_not(RESUME, late)
    clock.ns -= 2 * S  # a clock that is set back opens nothing
    verifier.stopped()
    assert "drones were stopped" in verifier.why_not(RESUME, late)


def test_a_stop_counts_from_its_own_moment_on(verifier, clock):
    assert not verifier.stopped_since(0), "none was heard"
    verifier.stopped()
    assert verifier.stopped_since(clock.ns) and not verifier.stopped_since(clock.ns + 1)


def test_an_order_to_another_drone_is_none(verifier):
    assert verifier.why_not(RESUME, signed(), drone="drone2") == "it is no order to drone2"
    to_all = replace(RESUME, drones=())
    assert verifier.why_not(to_all, signed(to_all), drone="drone2") == ""


def test_the_order_of_a_mission_lasts_for_a_day(verifier, clock):
    signature = signed()
    clock.ns = NOW_NS + S
    assert verifier.lasts(signature), "from its own moment on"
    clock.ns = NOW_NS + S + round(LASTS_S * S)
    assert verifier.lasts(signature)
    clock.ns += 1
    assert not verifier.lasts(signature)
    clock.ns = NOW_NS
    assert not verifier.lasts(signature)


@given(text=st.text(max_size=20), other=st.text(max_size=20))
def test_no_two_orders_are_signed_as_one(text, other):
    verifier = OrderVerifier(fleet(*PEOPLE), simulated=False, now_ns=lambda: NOW_NS)
    asked = replace(RESUME, reason=text, drones=(other,))
    found = verifier.why_not_signed(replace(RESUME, reason=other, drones=(text,)), signed(asked))
    assert (found == "") == (text == other)


def test_a_fleet_file_names_each_person_and_each_key_once():
    for wrong in ((*PEOPLE, "A. Martin"), (PEOPLE[0], {"name": "E. Copy", "key": PEOPLE[0]["key"]})):
        with pytest.raises(ValueError, match="two operators"):
            fleet(*wrong)


def test_an_order_to_fly_begins_a_mission_for_a_moment_only_signed_or_not(clock, verifier):
    signature, given_ns = unsigned(clock), clock.ns
    clock.ns = given_ns + int(FLY_WITHIN_S * S)
    assert verifier.why_late(signature) == ""
    clock.ns += S
    assert verifier.why_late(signature) == "the order to fly is 16 s old: give it again"
    clock.ns = given_ns - int(CLOCKS_S * S)
    assert verifier.why_late(signature) == ""
    clock.ns -= 1
    assert "of the future" in verifier.why_late(signature)
    for other in ("", ":", "soon:", "-1:", "1" * 21 + ":"):
        assert "has no time" in verifier.why_late(other)


def test_each_order_after_which_a_drone_flies_needs_a_signature(verifier):
    for order in ("fly", "resume", "jump", "inspect", "swapped"):
        assert "is not signed" in verifier.why_not(replace(RESUME, order=order), unsigned()), order


def test_the_order_of_a_mission_lasts_a_day():
    assert LASTS_S == 86_400.0


def test_an_order_to_fly_of_before_a_stop_begins_no_mission_signed_or_not(clock, verifier):
    """The goal of a pass was on its way while the manager answered a stop with "no drone flies a mission"."""
    signature = unsigned(clock)
    verifier.stopped()
    assert verifier.why_late(signature) == "drones were stopped since the order to fly was given: give it again"
    clock.ns += 1
    assert verifier.why_late(unsigned(clock)) == ""
