"""The mission in progress, as the nodes on board take it: this computer's copy, and false orders only inhibit."""

from __future__ import annotations

import shutil
import time

import pytest
from blindspot_msgs.msg import MissionOrder
from test.node.conftest import order_of

from blindspot.core.errors import InputError
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes.cameras import current_mission
from blindspot.nodes.cameras.current_mission import LOADING, NONE, REFUSED, CurrentMission
from blindspot.nodes.graph import qos
from blindspot.nodes.graph.guarded import GuardedNode


class Obeyed:
    """In place of the leases."""

    def __init__(self):
        self.missions, self.authorisation = [], ""

    def obey(self, *, mission, authorisation=""):
        if not authorisation:
            self.missions.append(mission)
        self.authorisation = authorisation


class Listener:
    """A node with a current mission, and what it made and dropped."""

    def __init__(self, graph, fleet_path, run_dir, make):
        self.graph, self.leases, self.changes, self.warnings = graph, Obeyed(), [], []
        self.node = graph.start(lambda **options: GuardedNode("listener", **options), "/drone1")
        self.node.get_logger = lambda: self
        self.mission = CurrentMission(
            self.node, load_fleet(fleet_path), run_dir, self.leases, make, lambda made: self.changes.append(made)
        )
        self._orders = graph.peer.create_publisher(MissionOrder, "/drone1/mission", qos.LATCHED)

    def warning(self, sentence):
        self.warnings.append(sentence)

    def give(self, order):
        """Publish an order and wait until it is heard."""
        self._orders.publish(order)
        self.graph.spin_until(lambda: self.mission.asked == order)

    def fly(self, order):
        """Publish a new order, or one that was refused, and wait until it is loaded or refused."""
        obeyed = len(self.leases.missions)
        self._orders.publish(order)
        self.graph.spin_until(lambda: len(self.leases.missions) > obeyed)
        self.graph.spin_until(lambda: self.mission.why_not != LOADING)


@pytest.fixture
def listen(graph, mission_path, tmp_path):
    made = []

    def start(make=lambda flown: flown):
        made.append(Listener(graph, mission_path, tmp_path, make))
        return made[-1]

    yield start
    for each in made:
        each.mission.close()


def test_the_mission_is_this_computers_copy_with_its_run_and_person(listen, mission_path, tmp_path):
    seen = listen()
    assert (seen.mission.made, seen.mission.why_not) == (None, NONE)
    order = order_of(mission_path, run="night1", person="B. Pilot")
    seen.fly(order)
    flown = seen.mission.made
    assert (flown.mission.path, flown.run, flown.person) == (mission_path.resolve(), "night1", "B. Pilot")
    assert (flown.folder, flown.name) == (tmp_path / "night1", f"night1 {order.sha256}")
    assert (seen.leases.missions, seen.leases.authorisation) == ([order.sha256], "SIM-CROSSROADS")
    assert seen.changes == [flown] and seen.mission.why_not == ""


def test_an_order_for_the_same_content_in_another_folder_permits_nothing(listen, mission_path, changed_mission):
    """Another authorisation, with more in it, lies beside the copy."""
    seen, path = listen(), changed_mission()
    other = path.parent.with_name("other")
    shutil.copytree(path.parent, other)
    order = order_of(path, fleet=mission_path)
    order.file = order.file.replace(f"{path.parent.name}/{path.name}", f"other/{path.name}")
    assert order.file.endswith("other/mission.yaml")
    seen.fly(order)
    assert (seen.mission.made, seen.mission.why_not) == (None, REFUSED)


def test_an_order_that_comes_again_changes_nothing(listen, mission_path):
    seen, other = listen(), order_of(mission_path, run="other")
    seen.fly(order_of(mission_path))
    seen._orders.publish(order_of(mission_path))
    seen._orders.publish(order_of(mission_path, person="B. Pilot"))
    seen.fly(other)
    assert [made and made.run for made in seen.changes] == ["", None, "other"]


def test_another_order_drops_the_mission_before_it_loads_its_own(listen, mission_path):
    held = []
    seen = listen(lambda flown: held.append(seen.mission.made) or flown)
    seen.fly(order_of(mission_path))
    seen.fly(order_of(mission_path, run="next"))
    assert held == [None, None]


def test_an_order_without_a_file_ends_the_mission(listen, mission_path):
    seen = listen()
    seen.fly(order_of(mission_path))
    seen.give(MissionOrder())
    assert (seen.mission.made, seen.mission.why_not, seen.changes[-1]) == (None, NONE, None)


def wrong(**changes):
    return lambda order: [setattr(order, name, value) for name, value in changes.items()]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (wrong(sha256="0" * 64), "differs here from the copy that the mission was ordered with"),
        (wrong(sha256=""), "differs here from the copy"),
        (wrong(file="gone.yaml"), "gone.yaml is no file here"),
        (wrong(file="x" * 5000), "."),
        (wrong(run="../outside"), "'../outside' is no name of a folder"),
    ],
)
def test_a_mission_that_cannot_be_loaded_is_logged_once_and_inhibits(listen, mission_path, spoil, why):
    seen, order = listen(), order_of(mission_path)
    seen.fly(order_of(mission_path, run="before"))
    spoil(order)
    for _ in range(3):
        seen.fly(order)
    assert (seen.mission.made, seen.mission.why_not, seen.changes[-1]) == (None, REFUSED, None)
    assert seen.leases.missions[-1] == order.sha256
    (sentence,) = seen.warnings
    assert why in sentence and len(sentence) < 400 and "\n" not in sentence


def test_a_mission_without_this_drone_is_refused(listen, changed_mission, mission_path):
    seen = listen()
    path = changed_mission(fleet=[{"name": "drone2", "model": "reference", "pad": "south"}])
    seen.fly(order_of(path, fleet=mission_path))
    assert seen.mission.why_not == REFUSED and "has no drone drone1" in seen.warnings[0]


@pytest.mark.parametrize("error", [InputError("law", "", "is wrong"), MemoryError("no room"), ValueError("odd")])
def test_a_state_that_cannot_be_made_is_no_mission(listen, mission_path, error):
    def fail(flown):
        raise error

    seen = listen(fail)
    seen.fly(order_of(mission_path))
    assert (seen.mission.made, seen.mission.why_not) == (None, REFUSED)
    assert len(seen.warnings) == 1


def test_a_refused_order_counts_once_its_copy_is_there(listen, mission_path):
    right = []
    seen = listen(lambda flown: flown if right else {}["no"])
    seen.fly(order_of(mission_path))
    right.append(True)
    seen.fly(order_of(mission_path))
    assert seen.mission.why_not == ""


def test_a_flood_of_orders_starts_one_load_at_a_time_and_the_last_order_counts(listen, mission_path, monkeypatch):
    loads, running = [], []

    def load(flown):
        running.append(flown.run)
        loads.append((flown.run, len(running)))
        running.pop()
        return flown

    monkeypatch.setattr(current_mission, "LOAD_PERIOD_S", 0.5)
    seen = listen(load)
    began_s = time.monotonic()
    for number in range(100):
        seen.give(order_of(mission_path, run=f"run{number}"))
    seen.graph.spin_until(lambda: seen.mission.why_not != LOADING)
    assert seen.mission.made.run == "run99"
    assert len(loads) <= 2 + (time.monotonic() - began_s) / 0.5
    assert {together for _, together in loads} == {1}
