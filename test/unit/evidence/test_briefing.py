"""The crew's briefing: what it says has one source, and what refuses the plan stands first."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest
from shapely.geometry import Point, box

from blindspot.acts.plans.plan_papers import how_it_flies
from blindspot.coverage.maps.map_figure import Figure
from blindspot.coverage.records.provenance import Provenance
from blindspot.evidence.briefing import briefing_of, briefing_page
from blindspot.flight.preflight.preflight import NOT_REPORTED
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.vehicle.parameters import autopilot_parameters
from blindspot.flight.watch.ladder import rows
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission.plan_figures import Sortie, UnseenGround
from blindspot.planning.checker.check import Violation
from blindspot.planning.papers.outcome import outcome_of
from blindspot.site.town.model import EmergencyArea

MISSION = Path(__file__).parents[3] / "config" / "missions" / "crossroads.yaml"
DRAWN = Figure("data:image/png;base64,cG5n", (("data:image/png;base64,", "still blind"),), (), "20 m", 20.0)
PROVENANCE = Provenance("surveyed & drawn by hand", {"site.yaml": "0" * 64})


@pytest.fixture(scope="module")
def outcome(plan, mission, site):
    return outcome_of(plan, mission, site)


@pytest.fixture(scope="module")
def auth(outcome):
    return load_authorisation(outcome.mission.authorisation_path)


@pytest.fixture(scope="module")
def flies(outcome, auth):
    return how_it_flies(outcome, auth)


@pytest.fixture(scope="module")
def reported(outcome, auth, flies):
    return briefing_of(outcome, auth, flies, PROVENANCE)


def test_routes_and_failsafes_are_the_plans(reported, outcome):
    routes = outcome.plan.routes
    assert [line[0] for line in reported.routes.lines] == [route.drone for route in routes]
    assert reported.failsafe.lines[0][1] == f"{routes[0].failsafe.rtl_return_alt_m:.0f} m"
    given = {line[0]: line[1:] for line in reported.parameters.lines}
    assert set(given) == set(autopilot_parameters(routes[0]))
    assert given["RTL_RETURN_ALT"] == tuple(f"{route.failsafe.rtl_return_alt_m:g}" for route in routes)
    assert reported.failsafe.lines[0][-1] == "clear of buildings everywhere"
    assert "proven from every second" in dict(reported.facts)["Failsafes"]
    assert len(reported.fence.lines) == len(routes[0].failsafe.fence)


def test_a_briefing_for_simulations_alone_says_so_at_its_top(outcome, auth, flies):
    told = briefing_page(replace(outcome, for_simulation="SIM-1 arms nothing"), auth, flies, DRAWN, PROVENANCE)
    assert told.index("<strong>SIMULATED</strong>: SIM-1 arms nothing") < told.index("<h1")
    assert "SIMULATED" not in briefing_page(outcome, auth, flies, DRAWN, PROVENANCE)


def test_buildings_of_assumed_height_in_reach_are_listed(outcome, auth, flies, reported):
    listed = [line[0] for line in reported.assumed.lines]
    assert ("Assumed heights" in dict(reported.facts)) == bool(listed)
    guessed = tuple(replace(building, assumed=True) for building in outcome.site.buildings)
    limits = outcome.mission.file.limits.model_copy(update={"building_clearance_m": 12.0})
    mission = replace(outcome.mission, file=outcome.mission.file.model_copy(update={"limits": limits}))
    site = replace(outcome.site, buildings=guessed)
    page = briefing_of(replace(outcome, site=site, mission=mission), auth, flies, PROVENANCE)
    assert set(listed) < {line[0] for line in page.assumed.lines} <= {building.id for building in guessed}
    assert dict(page.facts)["Assumed heights"].startswith(f"{len(page.assumed.lines)} buildings in reach")
    assert "compare them with reality" in briefing_page(replace(outcome, site=site), auth, flies, DRAWN, PROVENANCE)


def test_the_room_above_a_building_is_rounded_down_and_the_time_above_roofs_up(outcome, auth, flies):
    guessed = tuple(replace(building, assumed=True) for building in outcome.site.buildings)
    limits = outcome.mission.file.limits.model_copy(update={"building_clearance_m": 5.8})
    mission = replace(outcome.mission, file=outcome.mission.file.model_copy(update={"limits": limits}))
    it = replace(outcome, site=replace(outcome.site, buildings=guessed), mission=mission)
    it.__dict__["over_roofs_s"] = {route.drone: 0.2 for route in it.plan.routes}
    page = briefing_of(it, auth, flies, PROVENANCE)
    free_m = {one.building.id: one.clear_up_to_m for one in it.assumed_heights}
    assert all(0.0 <= free_m[line[0]] - float(line[-1].split()[0]) < 1.0 for line in page.assumed.lines)
    assert page.failsafe.lines[0][-1] == "on a roof, or close to a wall, for 1 s of the flight"


def test_the_place_of_a_bent_emergency_area_lies_in_it(outcome, auth, flies):
    """The middle of a square around a church is the church."""
    around = EmergencyArea("Place", box(-20, -20, 20, 20).difference(box(-15, -15, 15, 15)))
    site = replace(outcome.site, emergency_areas=(around,))
    ((_, lat, lon, *_),) = briefing_of(replace(outcome, site=site), auth, flies, PROVENANCE).emergency.lines
    assert around.polygon.buffer(0.1).covers(Point(*site.frame.to_enu(float(lon), float(lat))))


def test_a_drone_that_stays_on_its_pad_is_named(outcome, auth, flies, reported):
    assert "Not flying" not in dict(reported.facts)
    alone = outcome.plan.model_copy(update={"routes": outcome.plan.routes[:1]})
    facts = dict(briefing_of(replace(outcome, plan=alone), auth, flies, PROVENANCE).facts)
    assert facts["Not flying"].startswith("drone2 does not fly: ")


def test_a_way_home_to_rally_points_is_named(outcome, auth, flies, reported):
    assert reported.failsafe.lines[0][2] == "straight home"
    first, *others = outcome.plan.routes
    failsafe = first.failsafe.model_copy(update={"rally": (first.home,)})
    plan = outcome.plan.model_copy(update={"routes": (first.model_copy(update={"failsafe": failsafe}), *others)})
    table = briefing_of(replace(outcome, plan=plan), auth, flies, PROVENANCE).failsafe
    assert table.lines[0][2] == "straight to the nearest of home and the rally points"


def test_a_way_home_along_the_mission_is_named(outcome, auth, flies):
    first, *others = outcome.plan.routes
    failsafe = first.failsafe.model_copy(update={"rtl_type": 4})
    plan = outcome.plan.model_copy(update={"routes": (first.model_copy(update={"failsafe": failsafe}), *others)})
    table = briefing_of(replace(outcome, plan=plan), auth, flies, PROVENANCE).failsafe
    assert table.lines[0][2] == "along the uploaded mission, forwards or backwards"


def test_the_ladder_and_the_list_are_those_that_fly(reported, outcome):
    ((model, table),) = reported.ladder
    settings = FlightSettings(outcome.mission.models[model])
    assert table.lines == tuple((row.reason, row.threshold, row.action) for row in rows(settings))
    assert reported.checks[:2] == ("clearance", "autopilot")
    assert reported.checks[-1] == "arming"
    assert {"storage", "geozones", "gimbal", "mission upload"} <= set(reported.checks)
    assert "RTL_TYPE" not in reported.checks
    assert reported.own_eyes == NOT_REPORTED


def test_a_plan_that_may_not_fly_says_so_first(outcome, auth, flies, reported):
    assert not reported.refused
    early = replace(
        outcome,
        mission=replace(
            outcome.mission,
            file=outcome.mission.file.model_copy(update={"start": outcome.mission.file.start.replace(hour=2)}),
        ),
    )
    refused = briefing_of(early, auth, flies, PROVENANCE)
    assert "TIM-03" in refused.refused[0]
    assert "do not fly" in refused.verdict
    assert "outside every slot" in dict(refused.facts)["Time"]
    near = Violation("building", "drone1", None, 1.0, "3.0 m from a wall")
    broken = briefing_of(outcome, auth, flies, PROVENANCE, [near])
    assert "3.0 m from a wall" in broken.refused[0]
    assert "do not fly" in broken.verdict
    assert "not proven" in dict(broken.facts)["Failsafes"]


def test_it_is_judged_for_the_autopilots_that_its_profile_is_for(outcome, auth, flies, reported):
    assert reported.verdict == "Cleared for simulated autopilots at that time"
    real = replace(auth, file=auth.file.model_copy(update={"profile": "TEST-RANGE"}))
    unsigned = briefing_of(outcome, real, flies, PROVENANCE)
    assert "the authorisation names no responsible person" in " ".join(unsigned.refused)
    assert unsigned.verdict.startswith("Refused")


def test_all_its_times_are_those_of_the_place(outcome, auth, flies):
    """The mission's file gives UTC, the authorisation its own zone: the crew reads one of them."""
    start = datetime(2026, 11, 6, 1, 30, tzinfo=UTC)
    early = replace(outcome, mission=replace(outcome.mission, file=outcome.mission.file.model_copy(
        update={"start": start})))  # fmt: skip
    refused = briefing_of(early, auth, flies, PROVENANCE)
    assert "02:30 (Europe/Paris)" in dict(refused.facts)["Time"]
    assert "2026-11-06T02:30:00+01:00 is outside the daily slots" in refused.refused[0]


@pytest.mark.parametrize(
    ("slot", "said"),
    [
        (("06:00", "23:00"), "the slot ends at 23:00"),
        (("12:00", "11:59"), "the slot ends on Saturday 07 November 2026 at 11:59"),
    ],
)
def test_the_slots_end_has_its_day_if_it_is_another_day(outcome, auth, flies, slot, said):
    start, end = map(time.fromisoformat, slot)
    daily = auth.file.window.daily_slots[0].model_copy(update={"start": start, "end": end})
    window = auth.file.window.model_copy(update={"daily_slots": (daily,)})
    law = replace(auth, file=auth.file.model_copy(update={"window": window}))
    assert dict(briefing_of(outcome, law, flies, PROVENANCE).facts)["Time"].endswith(said)


def test_a_later_sortie_is_judged_when_it_begins(outcome, auth, flies):
    later = outcome.plan.model_copy(update={"sortie": Sortie(number=2, of=2, begins_s=3 * 3600.0, flown_s=60.0)})
    refused = briefing_of(replace(outcome, plan=later), auth, flies, PROVENANCE)
    assert "23:00 (Europe/Paris)" in dict(refused.facts)["Time"]
    assert "TIM-03" in refused.refused[0]


def test_unseen_ground_is_listed_as_in_the_plan(outcome, reported):
    by_street = Counter()
    for spot in outcome.unseen:
        by_street[spot.cause] += spot.area_m2
    assert by_street == pytest.approx({rest.cause: rest.area_m2 for rest in outcome.plan.coverage.unseen})
    assert [cause for cause, _ in reported.unseen_by_cause.lines] == [r.cause for r in outcome.plan.coverage.unseen]


def test_places_of_0_square_metres_are_not_listed(outcome, auth, flies):
    tiny, small = (UnseenGround(cause=f"of {area_m2}", area_m2=area_m2) for area_m2 in (0.5, 0.75))
    cover = outcome.plan.coverage.model_copy(update={"unseen": (small, tiny)})
    other = replace(outcome, plan=outcome.plan.model_copy(update={"coverage": cover}))
    page = briefing_of(other, auth, flies, PROVENANCE)
    assert [(cause, area.replace("\u00a0", " ")) for cause, area in page.unseen_by_cause.lines] == [("of 0.75", "1 m²")]


@pytest.mark.parametrize(("asked", "allowed", "said"), [
    (True, True, "kept at most 168 h, masked"), (True, False, "requested, but not allowed: nothing will be recorded"),
    (False, True, "not requested (kept at most 168 h)"), (False, False, "not requested (not allowed)"),
])  # fmt: skip
def test_the_page_states_whether_the_flight_is_recorded(outcome, auth, flies, asked, allowed, said):
    file = outcome.mission.file.model_copy(update={"record": asked})
    law = auth.file.model_copy(update={"recording": auth.file.recording.model_copy(update={"allowed": allowed})})
    it = replace(outcome, mission=replace(outcome.mission, file=file))
    facts = dict(briefing_of(it, replace(auth, file=law), flies, PROVENANCE).facts)
    assert facts["Recording"].startswith(said)


def test_the_page_states_that_a_real_flight_records_nothing_where_the_law_asks_for_more(outcome, auth, flies):
    it = replace(
        outcome, mission=replace(outcome.mission, file=outcome.mission.file.model_copy(update={"record": True}))
    )
    law = auth.file.model_copy(update={"profile": "FR-CSI-L242-5"})
    facts = dict(briefing_of(it, replace(auth, file=law), flies, PROVENANCE).facts)
    assert facts["Recording"].startswith("requested; a real flight records nothing (REC-03: ")


def test_the_page_carries_plan_hash_thanks_and_picture_and_needs_nothing_else(outcome, auth, flies):
    page = briefing_page(outcome, auth, flies, DRAWN, PROVENANCE)
    for text in (outcome.plan.id, outcome.plan.sha256, "surveyed &amp; drawn by hand", "data:image/png;base64,cG5n"):
        assert text in page
    assert "size: A4" in page
    named = re.findall(r'<div class="wide" role="region" aria-label="([^"]+)" tabindex="0"><table', page)
    assert len(named) == page.count("<table") - page.count('<table class="about"') and "Autopilot failsafes" in named
    assert "<script" not in page
    assert "://" not in page


def test_nothing_of_the_page_is_cut_on_a_telephone(outcome, auth, flies, fits_telephone):
    fits_telephone(briefing_page(outcome, auth, flies, DRAWN, PROVENANCE))
