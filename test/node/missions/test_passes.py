"""Passes of an operation: ordered by the real scheduler, taken by the real mission manager."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from blindspot_msgs.srv import PlanCoverage
from test.node.conftest import CONFIG
from test.node.missions.conftest import WATCHED
from test.node.test_scheduler import operation_file, with_library

from blindspot.evidence.journals.journal import Journal
from blindspot.law.orders.mandate import Mandate
from blindspot.law.orders.signed_order import OrderSigner, key_text, mandated
from blindspot.mission.mission_copy import MissionRef
from blindspot.nodes.clients import patrol_stack
from blindspot.nodes.graph.messages import plan_message
from blindspot.nodes.scheduler import SchedulerNode
from blindspot.operations.calendar import occurrences
from blindspot.operations.ledger import Ledger, read_ledger
from blindspot.operations.mandates import keep_mandate, operation_sha256, pass_key
from blindspot.operations.operation_file import load_operation

RUN = "Crossroads__evenings-2026-11-02-evening-1"


class Evening:
    """A stack whose scheduler has passes to fly at once."""

    def __init__(self, stack, fleet, passes: int = 1, *, simulated: bool = True, **changes) -> None:
        self.stack, self.state, self.simulated = stack, stack.folder / "state", simulated
        self.operation = load_operation(operation_file(stack.folder, fleet, passes, **changes))
        self.evening = occurrences(self.operation)[0]
        stack.fleet_file, stack.alive = fleet, list(WATCHED)
        stack.with_gate()
        stack.graph.peer.create_service(PlanCoverage, "plan_coverage", self._on_plan)
        stack.with_manager(simulated=simulated)

    def _on_plan(self, _, response):
        response.success, response.plan = True, plan_message(self.stack.plan)
        return response

    def start(self) -> None:
        operation, folder = self.operation, str(self.stack.folder)
        self.stack.graph.start(
            SchedulerNode, fleet=str(operation.fleet.path), operation=str(operation.path), library=folder,
            run_dir=folder, state_dir=str(self.state), person="A. Martin", simulated=self.simulated,
        )  # fmt: skip

    @property
    def states(self) -> list[str]:
        return [row.state for one in read_ledger(self.state)[:1] for row in one.passes]

    @property
    def reasons(self) -> list[str]:
        return [row.reason for one in read_ledger(self.state)[:1] for row in one.passes]

    def fly(self, outcome: str) -> None:
        """Wait until a pass flies, and let it end."""
        drone = self.stack.drones["drone1"]
        self.stack.until(lambda: drone.phase == "en_route" or "refused" in self.states)
        assert self.states.count("flying") == 1, self.reasons
        drone.land(outcome)

    def mandate(self, **changes) -> None:
        """Keep a mandate of A. Martin for the evening, as `operation mandate` does; `changes` are not signed."""
        operation, ref = self.operation, MissionRef.of(self.operation.fleet, self.operation.mission)
        span_s = [int(moment.timestamp()) for moment in (self.evening.slot_from, self.evening.slot_until)]
        made = Mandate(
            "A. Martin", "on duty", operation.drones, operation_sha256(operation), self.evening.id, *span_s, 1,
            ref.file, ref.sha256, key_text(pass_key(self.state).public_key()),
        )  # fmt: skip
        signature = OrderSigner(self.key, "Keyed", self.simulated).sign(mandated(made))
        Journal(self.stack.folder / "journal.jsonl", "operation mandate").write("mandate", signature=signature)
        keep_mandate(self.state, replace(made, signature=signature, **changes))


@pytest.fixture
def evening(bare, monkeypatch):
    monkeypatch.setattr(patrol_stack, "FULL_FRACTION", 0.5)
    with_library(monkeypatch)
    return Evening(bare, CONFIG / "fleets" / "crossroads.yaml")


@pytest.fixture
def keyed(bare, monkeypatch, keyed_fleet, pilot_key):
    """Two passes of a fleet with keys."""
    monkeypatch.setattr(patrol_stack, "FULL_FRACTION", 0.5)
    with_library(monkeypatch)
    made = Evening(bare, keyed_fleet, passes=2)
    made.key = pilot_key
    return made


@pytest.fixture
def real_evening(bare, monkeypatch):
    """Makes one pass of a fleet with real autopilots, on this day."""
    with_library(monkeypatch)
    begin = datetime.now(UTC) - timedelta(minutes=1)
    days = {"rule": "FREQ=DAILY", "from": begin.date(), "until": begin.date(), "time_zone": "UTC"}
    times = {"from": f"{begin:%H:%M}", "until": f"{begin + timedelta(minutes=30):%H:%M}"}
    slots = [{"name": "evening", "passes": 1, **times}]
    return lambda fleet: Evening(bare, fleet, simulated=False, recurrence=days, slots=slots)


@pytest.fixture
def real(real_evening, keyed_fleet, pilot_key):
    """One pass of a fleet with keys and real autopilots."""
    made = real_evening(keyed_fleet)
    made.key = pilot_key
    return made


def test_a_real_pass_flies_once_a_pilot_who_has_signed_the_evening_confirms_it(real):
    real.mandate()
    real.start()
    real.stack.until(lambda: real.states == ["awaiting_person"])
    with closing(Ledger(real.state)) as ledger:
        ledger.order(datetime.now(UTC), real.evening.id, 1, "confirm", "A. Martin", "crew ready", 3.0)
    real.fly("completed")
    real.stack.until(lambda: real.states == ["done"])
    [goal] = real.stack.drones["drone1"].flown
    assert (goal.mission.person, goal.mission.reason) == ("A. Martin", f"{real.evening.id}/1: crew ready")
    real.stack.until(lambda: real.stack.journal("order"))
    [order] = real.stack.journal("order")
    assert (order["order"], order["person"], order["run"]) == ("confirm", "A. Martin", f"{real.evening.id}/1")


def test_a_stop_ends_the_confirmation_of_a_real_pass_without_keys(real_evening):
    """The manager answered that no drone flies a mission, and the drones took off a minute later."""
    real = real_evening(CONFIG / "fleets" / "crossroads.yaml")
    real.start()
    real.stack.until(lambda: real.states == ["awaiting_person"])
    real.stack.drones["drone1"].autopilot = "up"  # the pass waits
    with closing(Ledger(real.state)) as ledger:
        ledger.order(datetime.now(UTC), real.evening.id, 1, "confirm", "A. Martin", "crew ready", 3.0)
        real.stack.until(lambda: real.states == ["cleared"])
        assert real.stack.order("hold", person="B. Roy").message == "no drone flies a mission"
        real.stack.until(lambda: real.states == ["awaiting_person"])
        assert real.reasons == ["B. Roy ordered hold since it was confirmed"]
        real.stack.drones["drone1"].autopilot = "down"
        ledger.order(datetime.now(UTC), real.evening.id, 1, "confirm", "A. Martin", "crew ready", 3.0)
        real.stack.until(lambda: real.states == ["flying"])


def test_a_pass_is_taken_cleared_flown_and_done(evening):
    evening.start()
    evening.fly("completed")
    evening.stack.until(lambda: evening.states == ["done"])
    [goal] = evening.stack.drones["drone1"].flown
    assert (goal.mission.run, goal.mission.person) == (RUN, "A. Martin")
    assert [entry["outcome"] for entry in evening.stack.journal("mission_ended")] == ["completed"]


def test_the_passes_of_a_mandate_are_taken_and_no_more(keyed):
    keyed.mandate()
    keyed.start()
    keyed.fly("completed")
    keyed.stack.until(lambda: keyed.states == ["done", "refused"])
    assert "is used up: it permits 1 pass" in keyed.reasons[1]
    assert len(keyed.stack.drones["drone1"].flown) == len(keyed.stack.judged) == 1


@pytest.mark.slow
@pytest.mark.thorough
@pytest.mark.parametrize("changes", [None, {"most_passes": 2}])
def test_without_a_mandate_or_with_a_changed_one_no_pass_of_a_fleet_with_keys_is_taken(keyed, changes):
    if changes is not None:
        keyed.mandate(**changes)
    keyed.start()
    keyed.stack.until(lambda: keyed.states == ["refused", "refused"])
    assert all("signed" in reason for reason in keyed.reasons)
    assert keyed.stack.judged == [] and keyed.stack.drones["drone1"].flown == []
