"""The energy that a battery must bear for a tour."""

from blindspot.mission import Point, Waypoint
from blindspot.planning.tours import battery_legs

STEP = Waypoint(to=Point(east_m=0.0, north_m=0.0, up_m=60.0), speed_mps=5.0)


def test_a_tour_that_a_battery_bears_is_judged_with_the_stops_for_its_returns(monkeypatch):
    """A tour that filled the battery was refused as a whole, for the tenth of a Wh of its further items."""
    monkeypatch.setattr(battery_legs, "needed_wh", lambda patrol, steps: float(len(steps)))
    monkeypatch.setattr(battery_legs, "with_items", lambda patrol, steps: (*steps, STEP))
    assert battery_legs.needed_for(None, (STEP,) * 9, 9.5) == 10.0
    assert battery_legs.needed_for(None, (STEP,) * 12, 9.5) == 12.0, "too long in any case"
