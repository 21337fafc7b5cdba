"""The energy that a battery must bear for a tour."""

from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.mission import Aim, Point, Waypoint
from blindspot.planning.tours import battery_legs, routing
from blindspot.planning.tours.view_chooser import Shot


def step_to(east_m, north_m):
    return Waypoint(to=Point(east_m=east_m, north_m=north_m, up_m=60.0), speed_mps=5.0)


STEP = step_to(0.0, 0.0)


def test_a_tour_that_a_battery_bears_is_judged_with_the_stops_for_its_returns(monkeypatch):
    """A tour that filled the battery was refused as a whole, for the tenth of a Wh of its further items."""
    for name in ("needed_wh", "flown_wh"):
        monkeypatch.setattr(battery_legs, name, lambda patrol, steps: float(len(steps)))
    monkeypatch.setattr(battery_legs, "with_items", lambda patrol, steps: (*steps, STEP))
    assert battery_legs.needed_for(None, (STEP,) * 9, 9.5) == 10.0
    assert battery_legs.needed_for(None, (STEP,) * 12, 9.5) == 12.0, "too long in any case"


@pytest.fixture
def nine_views(monkeypatch, mission):
    """A scout whose tour has nine views of a cell each, of which the battery bears five with their further item."""
    model = mission.models["reference"]
    shots = [Shot("drone1", (float(k), 0.0), Aim(heading_deg=0.0, pitch_deg=-90.0), np.array([k])) for k in range(9)]
    ground = SimpleNamespace(
        weight_of=lambda cells: np.ones(len(cells)), spots=SimpleNamespace(blind=np.ones((3, 3), dtype=bool))
    )
    scout = SimpleNamespace(
        patrol=SimpleNamespace(drone=SimpleNamespace(model=model)), steps=lambda halts: (),
        chooser=SimpleNamespace(ground=ground),
    )  # fmt: skip
    monkeypatch.setattr(battery_legs, "shots_of", lambda scout, halts: shots)
    monkeypatch.setattr(battery_legs, "with_items", lambda patrol, steps: (*steps, STEP))
    monkeypatch.setattr(battery_legs, "alone_wh", lambda patrol, shot: 1.0)
    monkeypatch.setattr(routing, "route_steps", lambda patrol, stops: tuple(step_to(*stop.at) for stop in stops))
    piece_wh = routing.budget_wh(model) / 6.5
    for name in ("needed_wh", "flown_wh"):
        monkeypatch.setattr(battery_legs, name, lambda patrol, steps: piece_wh * len(steps))
    return scout


def test_single_views_that_a_battery_bears_are_judged_with_these_stops_too(nine_views):
    """The last resort of a weak battery: six views fit, and five with the further item."""
    assert len(battery_legs.borne(nine_views, [None])) == 5


def test_only_new_ground_counts_where_a_battery_is_too_small(nine_views):
    """A flight over far ground dropped it, and kept its way there, which other sorties had seen."""
    new = np.isin(np.arange(9), [0, 3, 4, 7, 8])
    steps = battery_legs.borne(nine_views, [None], new)
    assert sorted(step.to.east_m for step in steps) == [0.0, 3.0, 4.0, 7.0, 8.0]
