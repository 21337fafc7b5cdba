"""The gate of a fleet whose file names keys: it clears a plan by the signed order of a pilot alone."""

import pytest
from blindspot_msgs.srv import Authorise, GiveBack
from test.node.conftest import order_of

from blindspot.evidence.journal import Journal
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph.messages import plan_message


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

    def asked(signature, person="A. Martin", plan=plan, requester="manager"):
        order = order_of(mission_path, run="evening", person=person, fleet=keyed_fleet)
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
    assert "or was changed" in ask(lambda request: sign_as_pilot(
        Authorise.Request(mission=request.mission, plan=plan_message(before))))  # fmt: skip
    assert ask(lambda request: kept.append(sign_as_pilot(request)) or kept[0]) == ""
    graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="manager"))
    graph.end(first)
    start()
    assert ask(lambda _: kept[0]) == "", "its signature is older than this process, its run goes on"
    graph.ask(GiveBack, "give_back", GiveBack.Request(plan=plan.sha256, requester="manager"))
    Journal(tmp_path / "journal.jsonl", "mission_manager").write("mission_ended", run="evening", outcome="completed")
    assert "signed before this node started" in ask(lambda _: kept[0])
