"""A pilot's mandate: passes of one evening, by one scheduler, until a stop, and nothing else."""

from __future__ import annotations

import base64
import json
from dataclasses import fields, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.unit.law.orders.test_signed_order import MARTIN, NOW_NS, PEOPLE, ROY, Clock, S, fleet

from blindspot.law.orders.mandate import LONGEST_SIGNATURE, Mandate, read_mandate
from blindspot.law.orders.signed_order import (
    FLY_WITHIN_S,
    LASTS_S,
    Ordered,
    OrderSigner,
    OrderVerifier,
    key_text,
    mandated,
)

SCHEDULER = Ed25519PrivateKey.generate()
NOW_S = NOW_NS // S
RUN = "Evenings-2026-11-28-late-1"
UNSIGNED = Mandate(
    "A. Martin", "evening rounds", ("drone1", "drone2"), "ab" * 32, "Evenings/2026-11-28/late", NOW_S - 60,
    NOW_S + 3600, 3, "../missions/patrol.yaml", "cd" * 32, key_text(SCHEDULER.public_key()),
)  # fmt: skip
PASS = Ordered("fly", "A. Martin", "evening rounds", (), (UNSIGNED.mission, UNSIGNED.mission_sha256, RUN, "ef" * 32))


def signed(mandate=UNSIGNED, key=MARTIN, *, at_ns=NOW_NS - S, simulated=False, fleet="Ours"):
    signer = OrderSigner(key, fleet, simulated, lambda: at_ns)
    return replace(mandate, signature=signer.sign(mandated(mandate)))


def sent(mandate, ordered=PASS, key=SCHEDULER, *, at_ns=NOW_NS + S):
    """The signature of a pass's order."""
    return mandate.with_pass(OrderSigner(key, "Ours", False, lambda: at_ns).sign(ordered))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def verifier(clock):
    made = OrderVerifier(fleet(*PEOPLE), simulated=False, now_ns=clock)
    clock.ns += S
    return made


def now(verifier, mandate, run=RUN, runs=(), stopped_ns=-1):
    return verifier.why_not_mandate_now(mandate, run, frozenset(runs), stopped_ns)


def test_a_pass_in_its_mandate_counts_once(verifier):
    mandate = signed()
    signature = sent(mandate)
    assert len(signature) < LONGEST_SIGNATURE
    assert verifier.why_not(PASS, signature) == now(verifier, mandate) == ""
    assert "has arrived before" in verifier.why_not(PASS, signature)


def test_a_pass_begins_a_mission_for_a_moment_as_any_order_to_fly(verifier, clock):
    signature = sent(signed(), at_ns=clock.ns)
    assert verifier.why_late(signature) == ""
    clock.ns += int((FLY_WITHIN_S + 1.0) * S)
    assert verifier.why_late(signature) == "the order to fly is 16 s old: give it again"


@pytest.mark.parametrize("field", [each.name for each in fields(Mandate) if each.name != "signature"])
def test_no_field_of_a_mandate_can_be_changed(verifier, field):
    value = getattr(UNSIGNED, field)
    others = {"drones": ("drone1", "drone2", "drone3"), "key": key_text(ROY.public_key())}
    other = others.get(field) or (value + 1 if isinstance(value, int) else f"{value}x")
    wider = replace(signed(), **{field: other})
    assert verifier.why_not(PASS, sent(wider)) != ""
    assert verifier.why_not(PASS, sent(wider, key=ROY)) != "", "also with the key that was put in"


def test_a_mandate_of_another_person_fleet_or_kind_of_stack_is_none(verifier):
    for wrong in (
        signed(key=ROY),
        signed(fleet="Theirs"),
        signed(simulated=True),
        UNSIGNED,
        signed(replace(UNSIGNED, person="B. Roy"), ROY),
        signed(replace(UNSIGNED, person="C. Durand")),
    ):
        asked = replace(PASS, person=wrong.person)
        assert verifier.why_not(asked, sent(wrong, asked)) != ""
    assert "is observer and no pilot" in verifier.why_not(replace(PASS, person="B. Roy"), sent(signed()))
    twin = OrderVerifier(fleet(PEOPLE[0], {"name": "B. Roy", "key": PEOPLE[1]["key"]}), simulated=False)
    assert "of another person" in twin.why_not(replace(PASS, person="B. Roy"), sent(signed()))


def test_who_has_heard_a_mandate_can_order_nothing_by_it(verifier):
    """It travels with each pass, so that every process can read it; the scheduler's key does not."""
    mandate = signed()
    forger = Ed25519PrivateKey.generate()
    assert "not signed with the key in the mandate" in verifier.why_not(PASS, sent(mandate, key=forger))
    assert "not signed with the key in the mandate" in verifier.why_not(PASS, sent(mandate, key=MARTIN))
    real = sent(mandate)
    for field, value in (("reason", "another"), ("drones", ("drone1",)), ("details", (*PASS.details[:3], "00" * 32))):
        assert "or was changed" in verifier.why_not(replace(PASS, **{field: value}), real)
    assert "not signed" in verifier.why_not(replace(PASS, order="resume"), real), "it is for missions alone"


@pytest.mark.parametrize("order", ["resume", "jump", "inspect", "swapped", "mandate"])
def test_a_scheduler_signs_no_other_order_than_to_fly_by_a_mandate(verifier, order):
    asked = replace(PASS, order=order)
    assert "is not signed: give" in verifier.why_not_signed(asked, sent(signed(), asked))


@pytest.mark.parametrize(
    "run", ["Evenings-2026-11-29-late-1", "Evenings-2026-11-28-early-1", "Evenings-2026-11-28-late", "", "x",
            "Other-2026-11-28-late-1", "Evenings-2026-11-28-late-1/../x", "Evenings-2026-11-28-late-1-again"],
)  # fmt: skip
def test_a_mandate_of_another_day_or_evening_is_none(verifier, run):
    asked = replace(PASS, details=(*PASS.details[:2], run, PASS.details[3]))
    assert "for no other evening" in verifier.why_not(asked, sent(signed(), asked))


def test_a_repeated_pass_belongs_to_the_evening(verifier):
    asked = replace(PASS, details=(*PASS.details[:2], f"{RUN}-again1", PASS.details[3]))
    assert verifier.why_not(asked, sent(signed(), asked)) == ""


@pytest.mark.parametrize("at", [0, 1])
def test_another_mission_or_another_version_of_it_is_none(verifier, at):
    details = list(PASS.details)
    details[at] = "other"
    asked = replace(PASS, details=tuple(details))
    assert "for another mission" in verifier.why_not(asked, sent(signed(), asked))


def test_other_drones_than_the_named_ones_do_not_fly():
    assert UNSIGNED.why_not_drones(["drone1", "drone2"]) == UNSIGNED.why_not_drones([]) == ""
    assert "does not name drone3" in UNSIGNED.why_not_drones(["drone1", "drone3"])


def test_on_board_a_drone_that_the_mandate_does_not_name_begins_no_pass(verifier):
    signature, plan = sent(signed()), PASS.details[3]
    assert verifier.why_not_begun(PASS, signature, plan, "drone2") == ""
    assert "does not name drone3" in verifier.why_not_begun(PASS, signature, plan, "drone3")


def test_its_hours_count_at_both_ends_and_a_simulation_has_its_own_time(verifier, clock):
    mandate, outside = signed(), "outside of the hours"
    for at_s, is_in in ((mandate.begins_s, True), (mandate.ends_s, True), (mandate.ends_s + 1, False)):
        clock.ns = at_s * S
        assert (now(verifier, signed(at_ns=(mandate.begins_s - 1) * S)) == "") == is_in
    clock.ns = mandate.begins_s * S - 1000
    assert outside in now(verifier, signed(at_ns=clock.ns - S))
    simulated = OrderVerifier(fleet(*PEOPLE), simulated=True, now_ns=clock)
    assert now(simulated, signed(at_ns=clock.ns - S)) == ""


def test_a_mandate_spans_a_day_at_most(verifier):
    day = 24 * 3600
    assert now(verifier, signed(replace(UNSIGNED, ends_s=UNSIGNED.begins_s + day))) == ""
    assert "spans more than a day" in now(verifier, signed(replace(UNSIGNED, ends_s=UNSIGNED.begins_s + day + 1)))
    assert "spans more than a day, or no time" in now(verifier, signed(replace(UNSIGNED, ends_s=UNSIGNED.begins_s)))
    second = replace(UNSIGNED, begins_s=NOW_S + 1, ends_s=NOW_S + 2)
    assert now(verifier, signed(second)) == "", "an evening of one second"


def test_more_passes_than_it_permits_do_not_fly(verifier):
    mandate = signed()
    assert now(verifier, mandate, runs=("a", "b")) == ""
    assert "it permits 3 passes" in now(verifier, mandate, runs=("a", "b", "c"))
    for most in (0, -1):
        assert "used up" in now(verifier, signed(replace(UNSIGNED, most_passes=most)))


def test_a_run_is_flown_once(verifier):
    assert "has been flown by this mandate" in now(verifier, signed(), runs=(RUN,))


def test_a_stop_ends_it_also_after_a_restart_and_a_new_one_counts(verifier, clock):
    before = signed(at_ns=clock.ns - 10)
    assert now(verifier, before, stopped_ns=clock.ns - 11) == ""
    assert "were stopped or called home" in now(verifier, before, stopped_ns=clock.ns - 10)
    clock.ns += S
    verifier.stopped()
    assert "were stopped or called home" in now(verifier, before)
    clock.ns += S
    assert now(verifier, signed(at_ns=clock.ns - 1)) == ""


def test_a_mandate_is_of_the_last_day_and_not_of_the_future(verifier, clock):
    assert now(verifier, signed(at_ns=clock.ns - round(LASTS_S * S))) == ""
    assert "ago" in now(verifier, signed(at_ns=clock.ns - round(LASTS_S * S) - 1))
    assert now(verifier, signed(at_ns=clock.ns + 2 * S)) == "", "the clocks of two computers differ"
    assert "in the future" in now(verifier, signed(at_ns=clock.ns + 2 * S + 1))


def test_the_order_of_a_pass_is_of_this_minute_and_after_the_last_stop(verifier, clock):
    old = sent(signed())
    clock.ns += 61 * S
    assert "60 s ago" in verifier.why_not(PASS, old)
    verifier.stopped()
    assert "drones were stopped" in verifier.why_not(PASS, sent(signed(), at_ns=clock.ns))


@pytest.mark.parametrize(
    "said", ["[]", "{}", "3", "[" * 50_000, json.dumps([1] * 12), json.dumps(["a"] * 12),
             json.dumps(["a", "b", [1], "c", "d", 1, 2, 3, "e", "f", "ab" * 32, "g"]),
             json.dumps(["a", "b", ["c"], "c", "d", 1.5, 2, 3, "e", "f", "ab" * 32, "g"]),
             json.dumps(["a", "b", ["c"], "c", "d", True, 2, 3, "e", "f", "ab" * 32, "g"]),
             json.dumps(["a", "b", ["c"], "c", "d", 1, 2, 3, "e", "f", "ab", "g"]),
             json.dumps(["a", "b", ["c"], "c", "d", 1, 2, 3, "e", "f", 7, "g"])],
)  # fmt: skip
def test_garbage_is_no_mandate(said):
    text = base64.urlsafe_b64encode(said.encode()).decode()[:3600]
    assert read_mandate(f"mandate:{text}:1:{'A' * 86}==") is None


@pytest.mark.parametrize("text", ["", "mandate:", "mandate:AAAA", "1:" + "A" * 86 + "==", "mandate:%:1:x"])
def test_another_signature_is_no_mandate(text):
    assert read_mandate(text) is None


def test_a_mandate_is_read_as_it_was_sent():
    mandate = signed()
    found, signature = read_mandate(sent(mandate))
    assert found == mandate and signature.startswith(f"{NOW_NS + S}:")


def test_a_mandate_needs_a_signature_where_keys_are_named(verifier):
    assert "not signed" in verifier.why_not_signed(mandated(UNSIGNED), "")
