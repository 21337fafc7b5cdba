"""The gate of a fleet whose file names keys: it clears a plan by the signed order of a pilot alone."""

from dataclasses import replace
from time import time

import pytest
from blindspot_msgs.srv import Authorise, GiveBack
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.node.conftest import order_of

from blindspot.evidence.journals.journal import Journal
from blindspot.law.orders import Mandate, OrderSigner, key_text, mandated
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.orders.signed_orders import mission_ordered


@pytest.fixture
def plan(sound_plan):
    return sound_plan


@pytest.fixture
def start(graph, keyed_fleet, tmp_path):
    def started():
        return graph.start(Authority, fleet=str(keyed_fleet), simulated=True, run_dir=str(tmp_path),
                           lease_key=str(graph.leasing.private))  # fmt: skip

    return started


@pytest.fixture
def ask(graph, plan, mission_path, keyed_fleet):
    """The sentence of a refusal, "" for a grant."""

    def asked(signature, person="A. Martin", plan=plan, requester="manager", run="evening", plans=()):
        order = order_of(mission_path, run=run, person=person, fleet=keyed_fleet)
        order.plans = list(plans) or [plan.sha256]
        order.signature = signature(Authorise.Request(mission=order, plan=plan_message(plan))) if signature else ""
        request = Authorise.Request(mission=order, plan=plan_message(plan), requester=requester)
        answer = graph.ask(Authorise, "authorise", request)
        assert answer.granted == (not answer.verdicts)
        return "; ".join(answer.verdicts)

    return asked


def test_the_gate_clears_no_plan_by_an_order_that_a_pilot_has_not_signed(start, ask, sign_as_pilot):
    start()
    assert "is not signed" in ask(None)
    assert "not signed with the key of A. Martin" in ask(lambda _: f"1:{'A' * 86}==")
    assert "is observer and no pilot" in ask(sign_as_pilot, person="B. Roy")
    assert ask(sign_as_pilot) == ""


def test_a_run_in_progress_is_cleared_again_by_its_order_and_an_ended_one_is_not(
    start, ask, sign_as_pilot, plan, graph, tmp_path
):
    first, kept = start(), []
    before = plan.model_copy(update={"id": "another"})
    assert "names another plan" in ask(sign_as_pilot, plan=before, plans=[plan.sha256])
    assert ask(lambda request: kept.append(sign_as_pilot(request)) or kept[0]) == ""
    graph.end(first)
    second = start()
    assert ask(lambda _: kept[0]) == "", "its signature is older than this process, its run goes on"
    graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="manager"))
    assert "is over" in ask(lambda _: kept[0])
    graph.end(second)
    start()
    assert "is over" in ask(lambda _: kept[0])
    Journal(tmp_path / "journal.jsonl", "mission_manager").write("mission_ended", run="evening", outcome="completed")
    assert "signed before this node started" in ask(lambda _: kept[0])


@pytest.mark.slow
@pytest.mark.thorough
def test_a_pass_is_cleared_by_a_mandate_with_the_scheduler_s_key_until_a_stop(
    start, ask, plan, graph, mission_path, keyed_fleet, pilot_key, tmp_path
):
    """Attacks: without the scheduler's key, more passes, other drones, another evening, a replay, after a stop."""
    start()
    journal = Journal(tmp_path / "journal.jsonl", "mission_manager")
    scheduler, evening = Ed25519PrivateKey.generate(), "Ours/2026-11-28/late"
    named = order_of(mission_path, fleet=keyed_fleet)

    def mandate(**changes):
        begins_s, drones = int(time()) - 9, tuple(route.drone for route in plan.routes)
        made = Mandate("A. Martin", "on duty", drones, "ab" * 32, evening, begins_s, begins_s + 99, 2, named.file,
                       named.sha256, key_text(scheduler.public_key()))  # fmt: skip
        made = replace(made, **changes)
        made = replace(made, signature=OrderSigner(pilot_key, "Keyed", True).sign(mandated(made)))
        journal.write("mandate", person=made.person, signature=made.signature)
        return made

    def fly(mandate, number=1, key=scheduler, evening=evening):
        signer = OrderSigner(key, "Keyed", True)

        def sign(request):
            return mandate.with_pass(signer.sign(mission_ordered(request.mission)))

        return ask(sign, run=f"{evening.replace('/', '-')}-{number}")

    def over(number=1):
        graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="manager"))
        journal.write("mission_ended", run=f"{evening.replace('/', '-')}-{number}", outcome="completed")

    good = mandate()
    assert "not signed with the key in the mandate" in fly(good, key=pilot_key)
    assert "does not name" in fly(mandate(drones=("drone9",)))
    assert "for no other evening" in fly(good, evening="Ours/2026-11-29/late")
    assert "or was changed" in fly(replace(good, most_passes=99))
    assert "another mission" in fly(mandate(mission="other.yaml"))
    assert fly(good) == ""
    over()
    assert "has been flown by this mandate" in fly(good)
    assert fly(good, 2) == ""
    over(2)
    assert "it permits 2 passes" in fly(good, 3)
    second = mandate(most_passes=9)
    journal.write("order", order="hold", drones=[], person="B. Roy", reason="a crane", run="")
    assert "were stopped or called home" in fly(second, 3)
    assert fly(mandate(most_passes=9), 3) == ""
