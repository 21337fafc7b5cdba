"""The journal says which passes a mandate has let fly, and whether drones were stopped since: for manager and gate."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from test.unit.law.orders.test_mandate import PASS, RUN, UNSIGNED, sent, signed
from test.unit.law.orders.test_signed_order import MARTIN, NOW_NS, PEOPLE, Clock, S, fleet

from blindspot.core.errors import InputError
from blindspot.evidence.journals import journal as journal_module
from blindspot.evidence.journals.journal import Journal
from blindspot.law.orders.signed_order import OrderSigner, OrderVerifier
from blindspot.nodes.orders.signed_orders import GateOrders, why_not_mandated

BOTH = ("drone1", "drone2")


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """A gate, a journal that dates its entries by the same clock, and orders of passes."""
    clock = Clock()
    verifier = OrderVerifier(fleet(*PEOPLE), simulated=False, now_ns=clock)
    clock.ns += S
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, "mission_manager")

    def order(run=RUN, mandate=None):
        details = (*PASS.details[:2], run, PASS.details[3])
        asked = PASS.__class__("fly", PASS.person, PASS.reason, (), details)
        mandate = mandate or signed()
        journal.write("mandate", person=PASS.person, signature=mandate.signature)
        signature = sent(mandate, asked, at_ns=clock.ns)
        return SimpleNamespace(
            file=details[0], sha256=details[1], run=run, person=PASS.person, reason=PASS.reason, signature=signature,
            plans=[details[3]],
        )  # fmt: skip

    def ask(one, drones=BOTH):
        routes = [SimpleNamespace(drone=drone, begin=None) for drone in drones]
        return GateOrders(verifier, path).why_not(
            one, SimpleNamespace(sha256=PASS.details[3], ordered_sha256=PASS.details[3], routes=routes, watch=None)
        )

    class Then(journal_module.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(clock.ns / S, tz)

    monkeypatch.setattr(journal_module, "datetime", Then)
    return SimpleNamespace(verifier=verifier, path=path, journal=journal, order=order, clock=clock, ask=ask)


def cleared(gate, order, *, granted=True):
    gate.journal.write(
        "clearance", run=order.run, plan=PASS.details[3], granted=granted, signature=order.signature, person="A. Martin"
    )


def test_the_passes_of_a_mandate_are_cleared_until_it_is_used_up(gate):
    for number in range(1, 4):
        order = gate.order(f"{RUN[:-1]}{number}")
        assert gate.ask(order) == ""
        cleared(gate, order)
        gate.journal.write("mission_ended", run=order.run, outcome="completed")
        gate.clock.ns += S
    assert "permits 3 passes" in gate.ask(gate.order(f"{RUN[:-1]}4"))


def test_a_refused_clearance_uses_no_pass(gate):
    for number in range(1, 5):
        cleared(gate, gate.order(f"{RUN[:-1]}{number}"), granted=False)
    assert gate.ask(gate.order()) == ""


def test_a_run_in_progress_is_cleared_again_also_after_a_stop_and_after_the_hours(gate):
    order = gate.order()
    cleared(gate, order)
    gate.journal.write("order", order="hold", drones=["drone1"], person="B. Roy", reason="a crane", run=RUN)
    gate.clock.ns = (UNSIGNED.ends_s + 60) * S
    assert gate.ask(order) == "", "a held drone gets the rest of its plan; its resume is signed"
    assert "does not name drone3" in gate.ask(order, ("drone1", "drone3"))
    gate.journal.write("mission_ended", run=RUN, outcome="returned")
    assert gate.ask(order) != "", "its run has ended"


def test_a_run_that_has_ended_is_not_flown_again(gate):
    cleared(gate, gate.order())
    gate.journal.write("mission_ended", run=RUN, outcome="completed")
    gate.clock.ns += S
    assert "has been flown by this mandate" in gate.ask(gate.order())


@pytest.mark.parametrize(
    ("stop", "ends"),
    [("hold", True), ("return_home", True), ("abort", True), ("unknown", True), ("resume", False), ("swapped", False),
     ("confirm", False), ("skip", False)],
)  # fmt: skip
def test_any_stop_in_the_journal_ends_the_mandates_that_were_signed_before(gate, stop, ends):
    gate.journal.write("order", order=stop, drones=[], person="B. Roy", reason="a crane", run="")
    gate.clock.ns += S
    assert ("were stopped" in gate.ask(gate.order(mandate=signed(at_ns=NOW_NS)))) == ends
    assert gate.ask(gate.order(mandate=signed(at_ns=gate.clock.ns - 1))) == ""


def test_other_drones_are_refused(gate):
    assert "does not name drone3" in gate.ask(gate.order(), ("drone3",))


def test_the_manager_counts_the_missions_that_it_has_begun(gate):
    order = gate.order()
    for number in range(1, 4):
        assert why_not_mandated(gate.verifier, gate.path, "mission", order, BOTH) == ""
        other = gate.order(f"{RUN[:-1]}{number + 1}")
        gate.journal.write("mission", run=other.run, signature=other.signature)
    assert "permits 3 passes" in why_not_mandated(gate.verifier, gate.path, "mission", order, BOTH)


def test_another_mandate_s_passes_do_not_count(gate):
    for number in range(1, 4):
        cleared(gate, gate.order(f"{RUN[:-1]}{number}", signed(at_ns=NOW_NS - 5 * S)))
    assert gate.ask(gate.order(f"{RUN[:-1]}4")) == ""


def test_a_damaged_journal_and_an_order_without_a_mandate(gate):
    plain = SimpleNamespace(signature="", run=RUN)
    assert why_not_mandated(gate.verifier, gate.path, "mission", plain, BOTH) == ""
    order = gate.order()
    gate.path.write_text("damaged\n")
    with pytest.raises(InputError):
        why_not_mandated(gate.verifier, gate.path, "mission", order, BOTH)


FIRST, SECOND = "ab" * 32, "cd" * 32


@pytest.fixture
def mission(gate):
    """A pilot's order of two sorties of drone1, with the gate's answer about the plan of a hash."""
    words = ("fly", "A. Martin", "rounds", (), ("m.yaml", "ef" * 32, "evening", FIRST, SECOND))
    signature = OrderSigner(MARTIN, "Ours", False, lambda: gate.clock.ns).sign(PASS.__class__(*words))
    order = SimpleNamespace(file="m.yaml", sha256="ef" * 32, run="evening", person="A. Martin", reason="rounds",
                            plans=[FIRST, SECOND], signature=signature)  # fmt: skip
    routes = [SimpleNamespace(drone="drone1", begin=None)]

    def ask(sha256):
        return GateOrders(gate.verifier, gate.path).why_not(
            order, SimpleNamespace(sha256=sha256, ordered_sha256=sha256, routes=routes, watch=None)
        )

    def grant(sha256):
        gate.journal.write("clearance", run="evening", plan=sha256, granted=True, signature=signature)

    return SimpleNamespace(ask=ask, grant=grant)


def test_a_later_sortie_of_real_drones_waits_for_the_word_about_each_pack(gate, mission):
    """Attack: whoever repeats the order has no drone started at which a person changes the pack."""
    assert "names another plan" in mission.ask(SECOND), "it begins with the first"
    mission.grant(FIRST)
    assert mission.ask(FIRST) == "", "after a restart of the gate"
    gate.journal.write("withdrawal", run="evening", plan=FIRST, over=FIRST, reason="it was given back")
    assert "is over" in mission.ask(FIRST)
    assert "another battery pack in drone1" in mission.ask(SECOND)
    for drone, run in (("drone2", "evening"), ("drone1", "night")):
        gate.journal.write("order", order="swapped", drones=[drone], run=run)
        assert "another battery pack in drone1" in mission.ask(SECOND)
    gate.journal.write("order", order="swapped", drones=["drone1"], run="evening")
    assert mission.ask(SECOND) == ""
    mission.grant(SECOND)
    assert mission.ask(SECOND) == "" and "is over" in mission.ask(FIRST)
    assert "names another plan" in mission.ask("00" * 32)
    gate.journal.write("mission_ended", run="evening", outcome="completed")
    assert "names another plan" in mission.ask(SECOND)
