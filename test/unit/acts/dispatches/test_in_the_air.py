"""Offers of drones that fly already: by an inspection with a view of the atlas, sorted among those of the pads."""

from __future__ import annotations

from math import dist

import pytest
from test.unit.acts.dispatches.conftest import CROSSING, in_progress

from blindspot.flight.control import SPEED_MPS, Inspection, why_not_inspect
from blindspot.flight.route import FlightSettings
from blindspot.flight.vehicle import Telemetry
from blindspot.mission import load_plan

FLIES = {
    "phase": "en_route", "run": "run", "autopilot": "up", "battery_fraction": 0.8, "inspection": "",
    "east_m": 0.0, "north_m": 42.0, "up_m": 79.41,
}  # fmt: skip


@pytest.fixture
def aloft(offered, stack, tmp_path, patrol):
    """The offers of drone1 from the air, changed by its state; the drone flies a sweep over the crossing."""
    mission = in_progress(tmp_path, patrol, "drone1")

    def aloft(place=CROSSING, missions=(mission,), **changes):
        found = offered(place, stack(missions, drone1=FLIES | changes))
        return [offer for offer in found.offers if offer.from_ == "air"]

    return aloft


@pytest.mark.parametrize("phase", ["en_route", "hold"])
def test_a_drone_on_its_route_or_in_a_hold_looks_after_8_s_its_way_and_the_camera(aloft, atlas, phase):
    offers, by_id = aloft(phase=phase), {view.id: view for view in atlas.views}
    assert 1 <= len(offers) <= 3 and not any(offer.refused_by for offer in offers)
    for offer in offers:
        at = by_id[offer.view].at
        way_m = dist((at.east_m, at.north_m, at.up_m), (0.0, 42.0, 79.41))
        assert way_m <= 100.0 and offer.looking_s == pytest.approx(8.0 + way_m / SPEED_MPS + 4.0, abs=0.06)
        assert abs(at.up_m - 79.41) < way_m / 4.0, "a way that is not steep"
        assert (offer.drone, offer.plan, offer.share > 0.12) == ("drone1", None, True)


def test_a_steep_way_takes_the_time_of_the_climb_or_of_the_descent(aloft, atlas):
    """The reference drone sinks at 1.5 m/s, and climbs at nine tenths of 3 m/s."""
    by_id = {view.id: view for view in atlas.views}
    at = by_id[aloft()[0].view].at
    for up_m, vertical_s in ((at.up_m + 30.0, 30.0 / 1.5), (at.up_m - 27.0, 27.0 / 2.7)):
        offers = aloft(east_m=at.east_m - 10.0, north_m=at.north_m, up_m=up_m)
        offer = next(offer for offer in offers if by_id[offer.view].at == at)
        assert offer.looking_s == pytest.approx(8.0 + vertical_s + 4.0, abs=0.06)


def test_offers_of_pads_and_of_the_air_are_sorted_by_their_time(offered, stack, tmp_path, patrol):
    now = stack([in_progress(tmp_path, patrol, "drone1")], drone1=FLIES)
    offers = offered(stack=now).offers
    times_s = [offer.looking_s for offer in offers]
    assert times_s == sorted(times_s) and {offer.from_ for offer in offers} == {"pad", "air"}
    assert (offers[0].from_, offers[0].refused_by) == ("air", ""), "the patrol's own drone looks first"
    assert all("PLN-05" in offer.refused_by or offer.drone == "drone1" for offer in offers if offer.from_ == "pad")


def test_a_view_more_than_100_m_away_is_not_offered(aloft, atlas):
    view = next(view for view in atlas.views if view.id == aloft()[0].view)
    for away_m, is_offered in ((99.9, True), (100.1, False)):
        offers = aloft(east_m=view.at.east_m - away_m, north_m=view.at.north_m)
        assert any(offer.view == view.id for offer in offers) == is_offered


@pytest.mark.parametrize("phase", ["takeoff", "inspect", "return", "landing", "landed", "pilot", "reattach"])
def test_a_drone_in_another_phase_is_not_offered(aloft, phase):
    assert aloft(phase=phase) == []


def test_a_drone_that_does_not_know_where_it_is_is_not_offered(aloft):
    assert aloft(up_m=None) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"battery_fraction": None}, "the battery has nan%"),
        ({"battery_fraction": 0.2}, "the battery has 20%, the inspection and the way home need"),
        ({"inspection": "waiting for the gate"}, "drone1 waits for the gate to clear another look"),
        ({"run": "another"}, "drone1 flies no mission of this stack"),
    ],
)
def test_a_look_that_would_be_refused_says_why(aloft, changes, why):
    assert all(why in offer.refused_by for offer in aloft(**changes))


def test_a_battery_for_the_way_but_not_for_the_look_leaves_the_look_to_another_drone(
    aloft, offered, stack, tmp_path, patrol, atlas, asked
):
    """Both drones fly the patrol, and the nearer one has too little for a look of 60 s."""
    [own] = patrol.routes
    other = load_plan(offered(drone="drone2").offers[0].plan).routes[0].model_copy(update={"failsafe": own.failsafe})
    both = patrol.model_copy(update={"routes": (own, other)})
    (tmp_path / "run" / "plan.json").write_text(both.to_json())
    mission = {"run": "run", "mission": "Patrol", "person": "A. Martin", "phase": "flying",
               "drones": ["drone1", "drone2"], "plan": both.sha256}  # fmt: skip
    view = next(view for view in atlas.views if view.id == aloft()[0].view)
    here = FLIES | {"east_m": view.at.east_m, "north_m": view.at.north_m - 1.0}
    there = FLIES | {"east_m": view.at.east_m, "north_m": view.at.north_m + 30.0}
    seen = Telemetry(0.0, east_m=here["east_m"], north_m=here["north_m"], up_m=here["up_m"],
                     height_m=here["up_m"] - own.home.up_m, battery_fraction=0.21)  # fmt: skip
    settings = FlightSettings(asked.mission.model_of("drone1"))
    assert why_not_inspect(Inspection("A. Martin", view.at, view.aim, 1.0), seen, own, settings) == ""

    def first(battery):
        now = stack([mission], drone1=here | {"battery_fraction": battery}, drone2=there)
        answer = offered(stack=now)
        return next(offer for offer in answer.offers if not offer.refused_by), answer

    free, answer = first(0.21)
    assert (free.drone, free.from_) == ("drone2", "air")
    own_looks = [offer for offer in answer.offers if (offer.drone, offer.from_) == ("drone1", "air")]
    assert all("the battery has 21%" in offer.refused_by for offer in own_looks)
    assert (first(0.3)[0].drone, first(0.3)[0].from_) == ("drone1", "air")


def test_a_drone_that_looks_for_a_person_is_not_taken_away(aloft, tmp_path, patrol):
    dispatched = patrol.model_copy(update={"mission": "config/missions/crossroads_dispatch.yaml"})
    (tmp_path / "run" / "plan.json").write_text(dispatched.to_json())
    assert {offer.refused_by for offer in aloft()} == {"drone1 looks for A. Martin already: Patrol"}


def test_a_drone_that_looks_from_a_view_is_offered_this_view_alone_and_at_once(aloft, atlas):
    view = next(view for view in atlas.views if view.id == aloft()[0].view)
    there = {"phase": "inspect", "inspection": "flying", "up_m": view.at.up_m, "north_m": view.at.north_m}
    [offer] = [one for one in aloft(**there, east_m=view.at.east_m + 1.9) if one.view == view.id]
    assert (offer.looking_s, offer.refused_by, offer.comes_home) == (0.0, "", False)
    assert view.id not in [one.view for one in aloft(**there, east_m=view.at.east_m + 2.1)]
    judged = there | {"inspection": "waiting for the gate"}
    assert aloft(**judged, east_m=view.at.east_m) == []


def test_a_dispatched_drone_prolongs_its_own_look_and_no_other(offered, stack, tmp_path):
    """It flies the plan of a view: a new order for this view prolongs the look, and then the drone comes home."""
    own = next(one for one in offered(drone="drone1").offers if one.plan is not None)
    plan = load_plan(own.plan)
    mission = in_progress(tmp_path, plan, "drone1")
    [view] = [step for step in plan.routes[0].steps if step.kind == "view"]
    here = FLIES | {"east_m": view.to.east_m, "north_m": view.to.north_m, "up_m": view.to.up_m}

    def aloft(**changes):
        found = offered(stack=stack([mission], drone1=here | changes))
        return {one.view: one for one in found.offers if one.from_ == "air"}

    looks = aloft()
    assert (looks[own.view].refused_by, looks[own.view].comes_home) == ("", True)
    assert all("looks for A. Martin already" in one.refused_by for name, one in looks.items() if name != own.view)
    assert "already" in aloft(east_m=view.to.east_m + 2.1)[own.view].refused_by, "on its way"


def test_a_way_beyond_the_fence_of_the_route_is_refused(aloft, tmp_path, patrol, atlas):
    narrow = patrol.routes[0].failsafe.model_copy(
        update={"fence": ((-80.0, 41.9), (80.0, 41.9), (80.0, 80.0), (-80.0, 80.0))}
    )
    plan = patrol.with_routes([patrol.routes[0].model_copy(update={"failsafe": narrow})])
    (tmp_path / "run" / "plan.json").write_text(plan.to_json())
    refused = {offer.view: offer.refused_by for offer in aloft(north_m=42.5)}
    south = [view.id for view in atlas.views if view.id in refused and view.at.north_m < 41.9]
    assert south and all("leaves the fence" in refused[view] for view in south)
