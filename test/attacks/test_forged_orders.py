"""A fleet file with a pilot's key: a process on the domain that forges, changes or repeats orders lets no drone fly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from blindspot_msgs.srv import Authorise, Order
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.attacks.test_edited_plans import Attacker
from test.node.conftest import order_of

from blindspot.law.orders import OrderSigner, key_text
from blindspot.mission.plan import Plan, load_plan
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.orders.signed_orders import mission_ordered, ordered
from blindspot.stack.bringup import stack
from blindspot.stack.programs.dds import LOOPBACK
from blindspot.stack.programs.processes import Options
from blindspot.stack.supervisor import Supervisor

PILOT = Ed25519PrivateKey.generate()
SIGNER = OrderSigner(PILOT, "Keyed", True)
FORGER = OrderSigner(Ed25519PrivateKey.generate(), "Keyed", True)
WORDS = {"person": "A. Martin", "reason": "a test"}

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


@pytest.fixture
def sound(planned: tuple[str, str]) -> Plan:
    return load_plan(Path(planned[1]))


@pytest.fixture
def attacker(patrol: Path, stack_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attacker]:
    monkeypatch.setenv("ROS_DOMAIN_ID", str(stack_domain))
    for name, value in LOOPBACK.items():
        monkeypatch.setenv(name, value)
    mission = yaml.safe_load(patrol.read_text())
    people = [{"name": "A. Martin", "key": key_text(PILOT.public_key())}, {"name": "B. Roy", "role": "observer"}]
    fleet = {"schema": "blindspot.fleet/1", "name": "Keyed", "site": str((patrol.parent / mission["site"]).resolve()),
             "drones": mission["fleet"], "operators": people}  # fmt: skip
    file, run_dir = patrol.with_name("fleet.yaml"), tmp_path / "run"
    file.write_text(yaml.safe_dump(fleet))
    with Supervisor(stack("embedded", file, Options(run_dir=run_dir, speed_factor=4.0)), run_dir):
        made = Attacker(stack_domain, patrol, run_dir)
        made.order = order_of(patrol, fleet=file, person="A. Martin")
        made.wait_for(lambda: made.statuses and made.states)
        yield made
        made.close()


def test_who_has_no_pilot_s_key_neither_starts_nor_resumes_a_flight(attacker: Attacker, sound: Plan) -> None:
    message = plan_message(sound)
    attacker.order.plans = [sound.sha256]
    signature = SIGNER.sign(mission_ordered(attacker.order))
    for words, why in (
        ({}, "is not signed"),
        ({"signature": FORGER.sign(mission_ordered(attacker.order))}, "not signed with the key"),
        ({"signature": signature, "reason": "another"}, "or was changed"),
        ({"signature": signature, "run": "another"}, "or was changed"),
        ({"person": "B. Roy"}, "no pilot"),
    ):
        outcome, reason = attacker.run(sound, **words)
        assert outcome == "refused" and why in reason
    asked = attacker.ask(Authorise, "/blindspot/authorise", mission=attacker.order, plan=message, requester="x")
    assert not asked.granted and "is not signed" in asked.verdicts[0]
    assert not any(state.armed for state in attacker.states)

    flight = attacker.start(sound, signature=SIGNER.sign(mission_ordered(attacker.order)))
    attacker.wait_for(lambda: attacker.statuses[-1].phase == "en_route")
    early = SIGNER.sign(ordered(Order.Request(order="resume", **WORDS)))
    assert attacker.ask(Order, "/blindspot/order", order="hold", person="B. Roy", reason="a stop needs no key").success
    attacker.wait_for(lambda: attacker.statuses[-1].phase == "hold")
    for service in ("/blindspot/order", "/drone1/order"):
        for signed, why in (("", "is not signed"), (early, "drones were stopped")):
            assert why in attacker.ask(Order, service, order="resume", signature=signed, **WORDS).message
    resume = SIGNER.sign(ordered(Order.Request(order="resume", **WORDS)))
    assert attacker.ask(Order, "/blindspot/order", order="resume", signature=resume, **WORDS).success
    attacker.wait_for(lambda: attacker.statuses[-1].phase == "en_route")
    for service in ("/blindspot/order", "/drone1/order"):
        assert "arrived before" in attacker.ask(Order, service, order="resume", signature=resume, **WORDS).message
    attacker.wait_for(flight.done)
    assert flight.result().result.outcome == "completed"
    attacker.states.clear()
    outcome, reason = attacker.run(sound, signature=signature)
    assert outcome == "refused" and "give it again" in reason
    assert not any(state.armed for state in attacker.states)
