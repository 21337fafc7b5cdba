"""A stranger without a key repeats a pilot's order during the change of packs, with a plan of its own as sortie 2: the
gate clears nothing, and on board nothing takes off, whatever the gate has cleared.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from blindspot_msgs.action import FlyRoute
from blindspot_msgs.msg import MissionOrder
from blindspot_msgs.srv import Authorise, GiveBack
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.node.conftest import Graph, fleet_with_key, order_of
from test.node.flight_control.conftest import World

from blindspot.evidence.journals.journal import Journal
from blindspot.mission.plan import Plan, load_plan
from blindspot.mission.plan_figures import Sortie
from blindspot.nodes.authority import Authority
from blindspot.nodes.graph.messages import plan_message


@pytest.fixture
def first(planned: tuple[str, str]) -> Plan:
    """The first of two sorties that a pilot orders."""
    sortie = Sortie(number=1, of=2, begins_s=0.0, flown_s=0.0)
    return load_plan(Path(planned[1])).model_copy(update={"sortie": sortie})


def later(plan: Plan, **changes: Any) -> Plan:
    """A plan as sortie 2."""
    sortie = Sortie(number=2, of=2, begins_s=600.0, flown_s=300.0)
    return plan.model_copy(update={"id": "later", "sortie": sortie, **changes})


@pytest.fixture
def strange(first: Plan) -> Plan:
    """The stranger's: lawful, and ordered by nobody."""
    return later(first, id="strange", seed=666)


@pytest.fixture
def fleet(patrol: Path, tmp_path: Path, pilot_key: Ed25519PrivateKey) -> Path:
    return fleet_with_key(tmp_path / "keyed", patrol.parents[1], pilot_key)


@pytest.fixture
def gate(graph: Graph, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(entry for entry in sys.path if entry))  # of its checker
    key = str(graph.leasing.private)
    graph.start(Authority, fleet=str(fleet), simulated=True, run_dir=str(tmp_path), lease_key=key)


@pytest.fixture
def world(graph: Graph, patrol: Path, fleet: Path, tmp_path: Path) -> World:
    """A drone's flight_control, and leases for each plan that it is to fly."""
    return World(graph, patrol, tmp_path, fleet=fleet)


@pytest.fixture
def signed(patrol: Path, fleet: Path, first: Plan, sign_as_pilot: Callable[[Any], str]) -> MissionOrder:
    """The pilot's order of both sorties, as each process on the network hears it."""
    order = order_of(patrol, run="evening", person="A. Martin", fleet=fleet)
    order.plans = [first.sha256, later(first).sha256]
    order.signature = sign_as_pilot(FlyRoute.Goal(mission=order, plan=plan_message(first)))
    return order


Ask = Callable[..., str]


@pytest.fixture
def ask(graph: Graph, signed: MissionOrder) -> Ask:
    """The gate's answer about a plan under the pilot's order: the sentences of a refusal, "" for a grant."""

    def asked(plan: Plan, requester: str = "stranger") -> str:
        request = Authorise.Request(mission=signed, plan=plan_message(plan), requester=requester)
        answer = graph.ask(Authorise, "authorise", request)
        assert answer.granted == (not answer.verdicts)
        return "; ".join(answer.verdicts)

    return asked


def test_the_gate_clears_no_other_plan_by_an_old_order(
    gate: None, graph: Graph, ask: Ask, first: Plan, strange: Plan
) -> None:
    assert ask(first, "manager") == ""
    assert graph.ask(GiveBack, "give_back", GiveBack.Request(plan=first.sha256, requester="manager")).success
    assert "names another plan" in ask(strange), "packs are changed, and the run goes on"
    assert "is over" in ask(first), "nor the flown one, beside which a person works"
    assert ask(later(first)) == "", "the ordered one is cleared"


def test_on_board_no_order_without_its_signature_takes_off(world: World, signed: MissionOrder, strange: Plan) -> None:
    """Although a lease holds for the stranger's plan."""
    words = {field: getattr(signed, field) for field in signed.get_fields_and_field_types()}
    for changes, why in (
        ({"signature": ""}, "is not signed"),
        ({"signature": "", "plans": []}, "is not signed"),
        ({"plans": [strange.sha256]}, "or was changed"),
        ({}, "names another plan"),
    ):
        world.order = MissionOrder(**{**words, **changes})
        outcome, reason, armed = world.fly(strange, world.play)
        assert (outcome, armed) == ("refused", False) and why in reason
        outcome, reason, armed = world.fly(strange, world.play, reattach="en_route")
        assert (outcome, armed) == ("refused", False) and why in reason
    assert "takeoff" not in world.phases


def test_on_board_a_later_sortie_takes_off_once_and_after_a_restart_too(
    graph: Graph, patrol: Path, fleet: Path, tmp_path: Path, signed: MissionOrder, first: Plan
) -> None:
    """A change of packs restarts the drone's computer. Its journal knows which plans it has flown."""
    Journal(tmp_path / "journal.jsonl", "/drone1/flight_control").write(
        "arming", drone="drone1", plan=later(first).sha256, run="evening", person="A. Martin"
    )
    world = World(graph, patrol, tmp_path, fleet=fleet)
    world.order = signed
    outcome, reason, armed = world.fly(later(first), world.play)
    assert (outcome, armed) == ("refused", False) and "was flown in this run" in reason
    outcome, reason, armed = world.fly(first, world.play)
    assert (outcome, armed) == ("refused", False) and "before this node started" in reason
    (tmp_path / "journal.jsonl").unlink()
    world.send(later(first))
    graph.spin_until(lambda: "takeoff" in world.phases, world.play)
