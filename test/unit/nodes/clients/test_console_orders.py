"""The states of a page's order, up to the states of the drones that show the order."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Lock
from types import SimpleNamespace

import pytest
from blindspot_msgs.msg import DroneStatus, FleetStatus
from std_msgs.msg import Header

from blindspot.console.page_orders import PageOrder, PageOrders
from blindspot.console.view import View
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes.clients.console_orders import MOST_SHOWN, ConsoleOrders
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.graph.messages import stamp
from blindspot.site.load import load_frame

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
LATE_S = 15.0


class Stack:
    """A page, the console, and a mission manager that answers by `answer`."""

    def __init__(self, folder):
        fleet, self.view = load_fleet(FLEET), View()
        self.records = ConsoleRecords(
            self.view, Lock(), fleet, load_frame(fleet.site_dir), [], folder, "embedded", "user"
        )
        self.stops = PageOrders(fleet.names, "user")
        self.sent, self.answer, self.is_ready = [], None, True
        limits = SimpleNamespace(is_late=lambda passed_sim_s: passed_sim_s > LATE_S)
        self.flights = SimpleNamespace(step=lambda: None, send=self.fly)
        self.console = ConsoleOrders(self.stops, self.records, self, self.flights, lambda: limits)
        self.records.take_fleet(FleetStatus(simulated=True))

    def send(self, order, drones, person, reason, *, signature=""):
        """In the place of `Orders.send`."""
        self.sent.append((order, tuple(drones), person, reason, *([signature] if signature else [])))
        return SimpleNamespace(done=lambda: self.answer is not None, result=lambda: self.answer)

    def fly(self, run, person, reason, signature):
        """In the place of `ConsoleFlights.send`."""
        self.sent.append((run, person, reason, signature))
        return SimpleNamespace(state="refused", message="the gate refuses")

    def answers(self, message, *, success=True):
        self.answer = SimpleNamespace(success=success, message=message)
        self.console.step()

    def presses(self, order, *drones, id_="a"):
        assert self.stops.ask({"id": id_, "order": order, "drones": drones, "person": "B. Roy", "reason": "rain"})
        self.console.step()

    def says(self, drone, phase, at_s):
        header = Header(stamp=stamp(at_s))
        self.records.take_status(drone, DroneStatus(header=header, drone=drone, phase=phase, autopilot="up"))
        self.console.step()

    def shown(self):
        found = json.loads(self.view.since(0, 0.0))["set"]
        return [found[key] for key in sorted(found) if key.startswith("order/")]


@pytest.fixture
def stack(tmp_path):
    made = Stack(tmp_path)
    for name in ("drone1", "drone2"):
        made.says(name, "en_route", 1.0)
    return made


def test_an_order_is_sent_taken_and_shown_only_by_the_drone_itself(stack):
    stack.presses("hold", "drone1")
    assert stack.sent == [("hold", ("drone1",), "B. Roy", "rain")]
    assert [one["state"] for one in stack.shown()] == ["sent"]
    stack.answers("hold is sent to drone1")
    (order,) = stack.shown()
    assert (order["state"], order["open"], order["person"]) == ("taken", ["drone1"], "B. Roy")
    stack.says("drone2", "hold", 2.0)  # another drone
    assert stack.shown()[0]["state"] == "taken"
    stack.says("drone1", "hold", 2.0)
    (order,) = stack.shown()
    assert (order["state"], order["shown"], order["open"]) == ("shown", ["drone1"], [])
    assert order["after_s"] >= 0.0


def test_a_refusal_has_the_manager_s_sentence(stack):
    stack.presses("return_home", "drone1")
    stack.answers("drone1: is on its pad", success=False)
    (order,) = stack.shown()
    assert (order["state"], order["message"]) == ("refused", "drone1: is on its pad")


def test_an_order_to_all_waits_for_each_drone_that_took_it(stack):
    stack.presses("hold")
    stack.answers("hold is sent to drone1, drone2")
    stack.says("drone1", "hold", 2.0)
    (order,) = stack.shown()
    assert (order["state"], order["open"]) == ("taken", ["drone2"])
    stack.says("drone2", "hold", 2.0 + LATE_S)
    assert stack.shown()[0]["state"] == "shown"


def test_a_drone_that_never_shows_the_order_is_named(stack):
    stack.presses("abort", "drone1", "drone2")
    stack.answers("abort is sent to drone1; drone2: is on its pad", success=False)
    stack.says("drone2", "en_route", 2.0 + LATE_S)
    (order,) = stack.shown()
    assert (order["state"], order["open"], order["shown"]) == ("not shown", ["drone1"], [])


def test_an_order_without_an_answer_is_no_success(stack, monkeypatch):
    monkeypatch.setattr("blindspot.nodes.orders.ordering.ANSWER_LIMIT_S", -1.0)
    stack.presses("hold", "drone1")
    stack.console.step()
    assert stack.shown()[0]["state"] == "unanswered"


def test_a_manager_that_is_not_found_yet_gets_the_order_later(stack):
    stack.is_ready = False
    stack.presses("hold", "drone1")
    assert stack.sent == [] and stack.shown()[0]["state"] == "sent"
    stack.is_ready = True
    stack.console.step()
    assert len(stack.sent) == 1


def test_pages_keep_the_latest_orders(stack):
    stack.answer = SimpleNamespace(success=False, message="no drone flies")
    for number in range(MOST_SHOWN + 2):
        stack.presses("hold", id_=str(number))
    assert [one["id"] for one in stack.shown()] == [str(number) for number in range(2, MOST_SHOWN + 2)]


def test_an_order_that_a_person_signed_in_a_page_goes_out_with_the_signature(stack):
    stack.stops.add(PageOrder("r", "resume", ("drone1",), "A. Martin", "rain is over", "1:signed"))
    stack.console.step()
    assert stack.sent == [("resume", ("drone1",), "A. Martin", "rain is over", "1:signed")]
    stack.answers("resume is sent to drone1")
    stack.says("drone1", "en_route", 2.0)
    assert stack.shown()[0]["state"] == "shown"


def test_a_new_pack_counts_as_soon_as_the_manager_takes_the_order(stack):
    stack.stops.add(PageOrder("s", "swapped", ("drone1",), "A. Martin", "pack A2: low", "1:signed"))
    stack.console.step()
    stack.answers("swapped is sent to drone1")
    assert (stack.shown()[0]["state"], stack.shown()[0]["shown"]) == ("shown", ["drone1"])


def test_an_order_to_fly_that_the_manager_refuses_has_the_sentence(stack):
    stack.stops.add(PageOrder("f", "fly", ("drone1",), "A. Martin", "patrol", "1:signed", {"run": "evening"}))
    stack.console.step()
    assert stack.sent == [("evening", "A. Martin", "patrol", "1:signed")]
    assert (stack.shown()[0]["state"], stack.shown()[0]["message"]) == ("refused", "the gate refuses")
