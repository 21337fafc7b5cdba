"""The failsafe ladders of the console: heard while a page looks, the nearest row first."""

from __future__ import annotations

import json
from threading import Lock
from types import SimpleNamespace

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from test.unit.nodes.clients.test_console_records import FLEET

from blindspot.console.view import View
from blindspot.core.errors import InputError
from blindspot.flight.control import Margin
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes.autopilot.ladder_report import row_status
from blindspot.nodes.clients import console_ladder
from blindspot.nodes.clients.console_ladder import LOOKS_S, ConsoleLadders
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.site.load import load_frame

FAR = float("inf")


class Graph:
    """A node that keeps its subscriptions."""

    def __init__(self):
        self.topics = []

    def create_subscription(self, kind, topic, heard, profile):
        self.topics.append(topic)
        return topic

    def destroy_subscription(self, topic):
        self.topics.remove(topic)


@pytest.fixture
def view():
    return View()


@pytest.fixture
def clock(monkeypatch):
    now = SimpleNamespace(s=0.0)
    monkeypatch.setattr(console_ladder.time, "monotonic", lambda: now.s)
    return now


@pytest.fixture
def graph():
    return Graph()


@pytest.fixture
def ladders(view, graph, clock):
    fleet = load_fleet(FLEET)
    records = ConsoleRecords(view, Lock(), fleet, load_frame(fleet.site_dir), (), None, "embedded")
    return ConsoleLadders(graph, ["drone1", "drone10"], records)


def row(name, progress="quiet", left_s=FAR, used=0.1):
    return row_status(Margin(name, "return", "a limit", progress, 40.0, 30.0, "%", used, left_s))


def shown(view):
    return json.loads(view.since(0, 0.0))["set"]


def test_a_ladder_is_heard_while_a_page_looks_and_only_then(ladders, graph, view, clock):
    ladders.step()
    assert graph.topics == []
    assert ladders.want("drone1") and ladders.want("drone10")
    ladders.step()
    assert graph.topics == ["/drone1/facts/ladder", "/drone10/facts/ladder"]
    for drone in ("drone1", "drone10"):
        ladders.take(drone, DiagnosticArray(status=[row("battery low")]))
    clock.s = LOOKS_S
    ladders.want("drone10")
    clock.s += 1.0
    ladders.step()
    assert graph.topics == ["/drone10/facts/ladder"]
    assert set(shown(view)) == {"ladder/drone10"}


@pytest.mark.parametrize("drone", ["stranger", None, 5, ["drone1"], {}])
def test_another_name_is_no_drone(ladders, drone):
    assert not ladders.want(drone)


def test_the_nearest_row_comes_first(ladders, view):
    rows = [row("quiet far"), row("near the limit", used=0.9), row("later", left_s=90.0), row("soon", left_s=12.0),
            row("counts", "counting", 1.0), row("acts", "due", 0.0)]  # fmt: skip
    ladders.take("drone1", DiagnosticArray(status=rows))
    found = shown(view)["ladder/drone1"]["rows"]
    assert [one["row"] for one in found] == ["acts", "counts", "soon", "later", "near the limit", "quiet far"]
    assert found[2] == {
        "row": "soon", "progress": "quiet", "action": "return", "value": "40.00 %", "limit": "a limit", "used": 0.1,
        "left_s": 12.0,
    }  # fmt: skip


def test_impossible_rows_are_unknown_or_refused(ladders, view):
    odd = DiagnosticStatus(name="x" * 9000, message="<b>", values=[KeyValue(key="left_s", value="-inf")] * 5000)
    ladders.take("drone1", DiagnosticArray(status=[odd]))
    [found] = shown(view)["ladder/drone1"]["rows"]
    assert found["left_s"] is None and len(found["row"]) < 60
    with pytest.raises(InputError, match="at most 80"):
        ladders.take("drone1", DiagnosticArray(status=[odd] * 81))
