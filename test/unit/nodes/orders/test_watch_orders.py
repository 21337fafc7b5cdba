"""The order of a watch lets each of its drones fly its post again, real drones after a change of packs."""

from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from test.factories import plan_of, route_of, view_at

from blindspot.evidence import Journal
from blindspot.law.orders import OrderSigner, OrderVerifier, key_text
from blindspot.mission.fleet_file import Fleet, FleetFile
from blindspot.mission.plan_figures import WatchedTarget
from blindspot.nodes.autopilot.flight_journal import FlightJournal
from blindspot.nodes.orders.flight_orders import BoardOrders
from blindspot.nodes.orders.signed_orders import OVER, GateOrders, mission_ordered

PILOT, RUN = Ed25519PrivateKey.generate(), "market-1"


@pytest.fixture
def fleet(tmp_path):
    drones = [{"name": name, "model": "reference", "pad": name} for name in ("drone1", "drone2")]
    people = [{"name": "A. Martin", "key": key_text(PILOT.public_key())}]
    content = {"schema": "blindspot.fleet/1", "name": "Ours", "site": "site", "drones": drones, "operators": people}
    return Fleet(tmp_path / "fleet.yaml", FleetFile.model_validate(content), tmp_path, {})


def post(drone: str):
    plan = plan_of(route_of(view_at(0.0, 0.0, 60.0, dwell_s=900.0), drone=drone), id=drone)
    return plan.model_copy(update={"watch": WatchedTarget(target="stage", target_m2=600.0, seen_m2=580.0)})


POSTS = (post("drone1"), post("drone2"))


def shorter(plan, dwell_s: float = 300.0, **changes):
    """The post as a last turn: a shorter stay that keeps the ordered one."""
    (route,) = plan.routes
    steps = tuple(step.model_copy(update={"dwell_s": dwell_s} | changes) for step in route.steps)
    return plan.shortened(route.model_copy(update={"steps": steps}))


def ordered(*, simulated: bool):
    order = SimpleNamespace(
        file="watch.yaml", sha256="a" * 64, run=RUN, person="A. Martin", reason="a market",
        plans=[plan.sha256 for plan in POSTS], signature="",
    )  # fmt: skip
    order.signature = OrderSigner(PILOT, "Ours", simulated).sign(mission_ordered(order))
    return order


class Gate:
    """The gate's view of an order, and the entries that its flights leave in the journal."""

    def __init__(self, fleet, folder, *, simulated: bool) -> None:
        self.journal = Journal(folder / "journal.jsonl", "authority")
        self.orders = GateOrders(OrderVerifier(fleet, simulated=simulated), folder / "journal.jsonl")
        self.order = ordered(simulated=simulated)

    def why_not(self, plan) -> str:
        return self.orders.why_not(self.order, plan)

    def clears(self, plan) -> None:
        signature = self.order.signature
        self.journal.write("clearance", plan=plan.sha256, run=RUN, granted=True, signature=signature)

    def takes_back(self, plan) -> None:
        self.journal.write("withdrawal", plan=plan.sha256, run=RUN, **{OVER: plan.ordered_sha256})

    def changes_pack(self, drone: str) -> None:
        self.journal.write("order", order="swapped", drones=[drone], run=RUN)


def test_the_drones_of_a_watch_start_in_any_order(fleet, tmp_path):
    gate = Gate(fleet, tmp_path, simulated=False)
    for plan in (POSTS[1], POSTS[0]):
        assert gate.why_not(plan) == ""
        gate.clears(plan)
    assert "names another plan" in gate.why_not(post("drone1").model_copy(update={"id": "stranger"}))


def test_a_real_post_is_flown_again_after_its_own_drone_got_another_pack(fleet, tmp_path):
    gate = Gate(fleet, tmp_path, simulated=False)
    for _ in range(2):
        gate.clears(POSTS[0])
        assert gate.why_not(POSTS[0]) == "", "a gate that was started again clears the drone in the air"
        gate.takes_back(POSTS[0])
        assert "another battery pack in drone1" in gate.why_not(POSTS[0])
        gate.changes_pack("drone2")
        assert "another battery pack in drone1" in gate.why_not(POSTS[0])
        assert gate.why_not(POSTS[1]) == "", "the other drone has not flown"
        gate.changes_pack("drone1")
        assert gate.why_not(POSTS[0]) == ""


def test_a_last_turn_is_shorter_than_ordered_and_needs_another_pack_all_the_same(fleet, tmp_path):
    gate, late = Gate(fleet, tmp_path, simulated=False), shorter(POSTS[0])
    assert gate.why_not(late) == "", "also as the first turn"
    assert "names another plan" in gate.why_not(shorter(POSTS[0], id="elsewhere"))
    gate.clears(POSTS[0])
    gate.takes_back(POSTS[0])
    assert "another battery pack in drone1" in gate.why_not(late)
    gate.changes_pack("drone1")
    assert gate.why_not(late) == ""
    gate.clears(late)
    gate.takes_back(late)
    for plan in (late, POSTS[0], shorter(POSTS[0], 200.0)):
        assert "another battery pack in drone1" in gate.why_not(plan)


def test_a_simulated_post_is_flown_again_without_a_word(fleet, tmp_path):
    gate = Gate(fleet, tmp_path, simulated=True)
    gate.clears(POSTS[0])
    gate.takes_back(POSTS[0])
    assert gate.why_not(POSTS[0]) == ""


def test_on_board_a_relieved_drone_begins_its_next_turn_and_another_plan_no_second_flight(fleet, tmp_path):
    journal = FlightJournal(tmp_path / "journal.jsonl", "flight_control", lambda _: None)
    board = BoardOrders(fleet, "drone1", journal, simulated=False)
    request = SimpleNamespace(mission=ordered(simulated=False), reattach="")
    assert board.why_no_flight(request, POSTS[0]) == ""
    board.flies(RUN, POSTS[0].sha256)
    late = shorter(POSTS[0])
    called_home = SimpleNamespace(order="return_home", person="A. Martin", signature="")
    assert board.why_not(called_home) == "", "the relief"
    assert board.why_no_flight(request, POSTS[0]) == board.why_no_flight(request, late) == ""
    request.reattach = "en_route"
    assert board.why_no_flight(request, late) == "", "a flight_control that was started again takes the last turn over"
    assert "names another plan" in board.why_no_flight(request, shorter(POSTS[0], id="elsewhere"))
    request.reattach = ""

    sweep = POSTS[0].model_copy(update={"watch": None})
    request.mission.plans = [sweep.sha256]
    request.mission.signature = OrderSigner(PILOT, "Ours", False).sign(mission_ordered(request.mission))
    board.flies(RUN, sweep.sha256)
    assert "was flown in this run" in board.why_no_flight(request, sweep)
    journal.close()


def test_on_board_a_watch_that_was_called_off_before_its_first_turn_does_not_begin(fleet, tmp_path):
    journal = FlightJournal(tmp_path / "journal.jsonl", "flight_control", lambda _: None)
    board = BoardOrders(fleet, "drone1", journal, simulated=False)
    request = SimpleNamespace(mission=ordered(simulated=False), reattach="")
    assert board.why_not(SimpleNamespace(order="return_home", person="A. Martin", signature="")) == ""
    assert "drones were stopped" in board.why_no_flight(request, POSTS[0])
    journal.close()


def test_on_board_an_arming_for_a_shorter_turn_counts_as_a_flight_of_the_ordered_post(fleet, tmp_path):
    entries, late = Journal(tmp_path / "journal.jsonl", "flight_control"), shorter(POSTS[0])
    entries.write("arming", drone="drone1", run=RUN, plan=late.sha256, ordered=late.ordered_sha256)
    journal = FlightJournal(tmp_path / "journal.jsonl", "flight_control", lambda _: None)
    board = BoardOrders(fleet, "drone1", journal, simulated=False)
    request = SimpleNamespace(mission=ordered(simulated=False), reattach="")
    assert board.why_not(SimpleNamespace(order="return_home", person="A. Martin", signature="")) == "", "the relief"
    assert board.why_no_flight(request, POSTS[0]) == board.why_no_flight(request, late) == ""
    journal.close()
