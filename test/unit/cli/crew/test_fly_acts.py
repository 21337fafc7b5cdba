"""Missions in the page: which files a page may choose, and when a plan is the one to order."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.cli.crew.fly_acts import FlyActs
from blindspot.console import PageOrders
from blindspot.core import InputError
from blindspot.law.orders import Ordered
from blindspot.mission import load_fleet

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
SAID = {"page_id": "f1", "person": "A. Martin", "reason": "patrol", "run": "evening"}


class Flights:
    """In the place of the console's flights."""

    def __init__(self):
        self.is_busy, self.asked = False, []
        self.plan = SimpleNamespace(
            drones=("drone1",), ordered=lambda person, reason: Ordered("fly", person, reason, (), ("m.yaml",))
        )

    def ask(self, plan):
        self.asked.append(plan)

    def planned(self, run):
        return self.plan if run == "evening" else None


@pytest.fixture
def acts(tmp_path):
    fleet, flights = load_fleet(FLEET), Flights()
    record = SimpleNamespace(simulated=True, stack_dir=tmp_path)
    orders = PageOrders(fleet.names, "user")
    return SimpleNamespace(
        made=FlyActs(record, fleet, orders, flights), flights=flights, orders=orders, folder=tmp_path
    )


def test_a_page_sees_the_missions_of_its_fleet_and_of_no_other_site(acts):
    found = {one["file"]: one for one in acts.made.missions({})["missions"]}
    assert "missions/crossroads.yaml" in found and not any("nantes" in file for file in found)
    assert found["missions/crossroads.yaml"]["drones"] == ["drone1", "drone2"]


def test_a_plan_gets_a_folder_and_goes_to_the_planner_one_at_a_time(acts):
    run = acts.made.plan({"mission": "missions/crossroads.yaml"})["run"]
    (asked,) = acts.flights.asked
    assert (asked.run_dir.name, asked.run_dir.parent) == (run, acts.folder) and asked.ref.file.endswith(
        "crossroads.yaml"
    )
    acts.flights.is_busy = True
    with pytest.raises(InputError, match="is being made"):
        acts.made.plan({"mission": "missions/crossroads.yaml"})


@pytest.mark.parametrize("file", ["", "../../etc/passwd", "missions/nantes_patrol.yaml", "fleets/crossroads.yaml", 5])
def test_no_other_file_is_planned(acts, file):
    with pytest.raises(InputError):
        acts.made.plan({"mission": file})
    assert acts.flights.asked == [] and list(acts.folder.iterdir()) == []


def test_the_flight_goes_out_with_the_run_of_the_plan_that_the_page_shows(acts):
    prepared = acts.made.fly(SAID)
    assert prepared.ordered.drones == () and acts.orders.next() is None
    prepared.carry("1:signed")
    given = acts.orders.next()
    assert (given.order, given.drones, given.details, given.signature) == (
        "fly", ("drone1",), {"run": "evening"}, "1:signed",
    )  # fmt: skip
    with pytest.raises(InputError, match="plan again"):
        acts.made.fly(SAID | {"run": "yesterday"})
