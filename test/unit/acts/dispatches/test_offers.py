"""Offers for a place over the crossroads: which drone looks, how soon, how well, and what refuses it now."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from math import hypot

import pytest
from test.unit.acts.dispatches.conftest import CROSSING, NOW, in_progress

from blindspot.acts.dispatches import NamedPlace, at_degrees, at_street, offers_at
from blindspot.camera import Lens
from blindspot.core import InputError
from blindspot.law.clearances import Ledger
from blindspot.mission.plan import load_plan

COURTYARD, AFAR = NamedPlace(45.0, 45.0), NamedPlace(500.0, 0.0)


def refused(answer):
    """The reason against the soonest offer of each drone."""
    return {offer.drone: offer.refused_by for offer in reversed(answer.offers)}


def test_offers_state_time_density_and_share_the_soonest_first(offered, folder, asked):
    answer = offered()
    assert {offer.drone for offer in answer.offers} == {"drone1", "drone2"}
    assert [offer.looking_s for offer in answer.offers] == sorted(offer.looking_s for offer in answer.offers)
    for offer in answer.offers:
        [route] = load_plan(offer.plan).routes
        assert (route.drone, route.pad, offer.from_) == (offer.drone, offer.pad, "pad")
        view = next(step for step in route.steps if step.kind == "view")
        camera = asked.mission.model_of(offer.drone).camera
        lens = Lens(camera.hfov_deg, camera.width_px, camera.height_px)
        away_m = hypot(view.to.east_m - CROSSING.east_m, view.to.north_m - CROSSING.north_m)
        slant_m = hypot(away_m, view.to.up_m)
        assert lens.px_per_m(slant_m) - 0.1 <= offer.px_per_m <= 1.3 * lens.px_per_m(slant_m)
        assert 0.12 <= offer.share <= 1.0 and not offer.refused_by


def test_a_courtyard_is_refused_and_the_nearest_public_place_is_offered(offered):
    answer = offered(COURTYARD)
    assert not answer.offers and answer.reason == "it is no public ground"
    assert offered(answer.nearest).offers


def test_a_place_outside_the_perimeter_is_refused(offered):
    answer = offered(AFAR)
    assert not answer.offers and answer.reason == "it lies outside the perimeter"
    assert answer.nearest is not None and answer.nearest.east_m > 60.0


def test_a_drone_that_the_person_names_is_the_only_one(offered):
    assert {offer.drone for offer in offered(drone="drone2").offers} == {"drone2"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"phase": "landing"}, "is not free: landing"),
        ({"phase": "en_route", "autopilot": "up"}, "is not free: en_route"),
        ({"autopilot": "unknown"}, "is not free: idle"),
        ({"battery_fraction": None}, "the battery of drone1 is unknown"),
        ({"battery_fraction": 0.3}, "the battery of drone1 has 30.0 %"),
    ],
)
def test_a_drone_that_can_not_start_now_says_why_and_the_other_one_is_offered(offered, stack, change, why):
    found = refused(offered(stack=stack(drone1=change)))
    assert why in found["drone1"] and found["drone2"] == ""


def test_a_battery_for_the_way_but_not_for_the_look_is_refused(offered, stack, asked):
    """Just below and just above the energy of the flight with its reserve."""
    offer = offered(drone="drone1").offers[0]
    [route] = load_plan(offer.plan).routes
    needed = 1.0 - route.expected.battery_left_fraction + asked.mission.model_of("drone1").energy.reserve_fraction
    for left, is_refused in ((needed - 0.001, True), (needed + 0.001, False)):
        found = refused(offered(stack=stack(drone1={"battery_fraction": left})))
        assert bool(found["drone1"]) == is_refused and not found["drone2"]


def test_two_requests_for_one_drone_the_second_is_told_by_whom_the_drone_is_taken(offered, stack, tmp_path):
    plan = load_plan(offered(drone="drone1").offers[0].plan)
    taken = in_progress(tmp_path, plan, "drone1")
    found = refused(offered(stack=stack([taken], drone1={"phase": "preflight"})))
    assert found == {"drone1": "drone1 is not free: preflight, for Patrol of A. Martin", "drone2": ""}
    assert refused(offered(stack=stack([taken])))["drone1"] == "drone1 is taken by Patrol"


def test_beside_a_patrol_over_the_whole_perimeter_no_drone_starts(offered, stack, tmp_path, patrol):
    taken = in_progress(tmp_path, patrol, "drone1")
    found = refused(offered(stack=stack([taken], drone1={"phase": "en_route", "autopilot": "up"})))
    assert found["drone2"] == "PLN-05: the fence of Patrol is 0.0 m away, and 15 m are needed"


def test_an_ended_mission_takes_no_drone(offered, stack, tmp_path, patrol):
    ended = in_progress(tmp_path, patrol, "drone1") | {"phase": "done"}
    assert set(refused(offered(stack=stack([ended]))).values()) == {""}


def test_minutes_that_are_used_up_refuse_each_offer_also_after_a_restart_of_the_gate(offered, stack, asked, tmp_path):
    """The ledger is on the disk: another gate over the same folder reads the same sum, and so does the offer."""
    auth = asked.authorisation
    Ledger(tmp_path).pay_before(NOW.date(), 60.0 * auth.file.window.max_flight_min_per_day - 30.0, auth.id, NOW)
    why = refused(offered(stack=stack()))
    assert set(why) == {"drone1", "drone2"}
    assert all("PUR-04" in one and "min were flown that day" in one for one in why.values())
    (tmp_path / "yesterday").mkdir()
    Ledger(tmp_path / "yesterday").pay_before(NOW.date() - timedelta(days=1), 3600.0, auth.id, NOW)
    rested = stack() | {"stack_dir": str(tmp_path / "yesterday")}
    assert set(refused(offered(stack=rested)).values()) == {""}, "another day counts for itself"


def test_real_drones_are_judged_by_the_law_of_now(offered, stack):
    """The authorisation of the crossroads is for simulations alone."""
    assert all("AUT-" in why for why in refused(offered(stack=stack(simulated=False))).values())
    assert set(refused(offered(stack=stack(ready=False))).values()) == {"the stack is not ready: see blindspot status"}


def test_a_changed_plan_file_is_refused(asked, folder, atlas, tmp_path):
    own = tmp_path / "atlas"
    shutil.copytree(folder, own)
    offer = offers_at(own, asked, atlas, CROSSING, None, NOW).offers[0]
    data = json.loads(offer.plan.read_text())
    data["routes"][0]["steps"][0]["speed_mps"] = 1.0
    offer.plan.write_text(json.dumps(data))
    with pytest.raises(InputError, match="is not the file that was checked"):
        offers_at(own, asked, atlas, CROSSING, None, NOW)


def test_a_street_is_looked_at_where_a_drone_sees_it_soonest(offered, atlas):
    place = at_street(atlas, " north-south street")
    best_s = offered(place).offers[0].looking_s
    others = [one for one in atlas.squares if "north-south street" in one.streets and one.views]
    assert best_s == min(offered(NamedPlace(*one.middle_m)).offers[0].looking_s for one in others)


def test_an_unknown_street_names_similar_ones(atlas):
    with pytest.raises(InputError, match=r"Street has no public ground in the atlas; there are .*north-south street"):
        at_street(atlas, "Street")


def test_degrees_and_metres_name_the_same_place(asked):
    lat_deg, lon_deg = CROSSING.degrees(asked.mission)
    place = at_degrees(asked.mission, lat_deg, lon_deg)
    assert place.square == CROSSING.square and place.east_m == pytest.approx(CROSSING.east_m, abs=0.1)
