import json
import re
from dataclasses import replace

import pytest
from shapely.geometry import shape

from blindspot.coverage.maps.map_library import Library
from blindspot.coverage.records.provenance import Provenance
from blindspot.mission.plan import Leg, Point, View
from blindspot.planning.checker.check_flight import Violation
from blindspot.planning.papers.outcome import outcome_of
from blindspot.planning.papers.plan_page import plan_map

LIBRARY = Library("const maplibregl = {};", ".maplibregl-map {}", "(c) the authors")


@pytest.fixture(scope="module")
def outcome(plan, mission, site):
    return outcome_of(plan, mission, replace(site, name="Crossing </script> <1>"))


@pytest.fixture(scope="module")
def page(outcome):
    return plan_map(outcome, Provenance("by hand", {"site.yaml": "0" * 64}), LIBRARY)


def read(page, name):
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)[1])


def test_the_page_needs_nothing_else_and_names_can_not_become_markup(page):
    assert re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?(?!data:)[^"')>]+""", page) == []
    assert "default-src 'none'" in page
    assert page.count("</script>") == page.count("<script")
    assert "<1>" not in page


def test_nothing_of_the_page_is_cut_on_a_telephone(page, fits_telephone):
    fits_telephone(page)


def test_a_plan_for_simulations_alone_says_so_above_its_map(outcome, page):
    told = plan_map(replace(outcome, for_simulation="SIM-1 arms nothing"), Provenance("by hand", {}), LIBRARY)
    assert told.index("<strong>SIMULATED</strong>: SIM-1 arms nothing") < told.index("<h1")
    assert "SIMULATED" not in page


def test_every_layer_that_the_page_draws_is_there(page):
    sources = set(re.findall(r'source: "(\w+)"', page))
    assert sources == {
        "seen", "blind", "views", "unseen", "assumed", "emergency", "routes", "unproven", "pads", "drones", "buildings",
        "zones", "perimeter", "cameras",
    }  # fmt: skip
    assert all(read(page, name)["type"] == "FeatureCollection" for name in sources)
    drawn = set(re.findall(r'\{ id: "([\w ]+)", type:', page))
    assert set(re.findall(r'data-layer="([\w]+)"', page)) <= drawn


def test_a_sound_plan_is_proven_and_has_nothing_red(page):
    assert read(page, "unproven")["features"] == []
    assert "proven from every second" in page
    assert "Refused: do not fly" not in page


def test_refused_stretches_are_drawn_with_their_reason(outcome):
    stretch = Violation("return", "drone1", Point(east_m=0.0, north_m=0.0, up_m=70.0), 30.0, "too near", 42.0,
                        ((0.0, 0.0), (0.0, 30.0)))  # fmt: skip
    claimed = Violation("coverage", "", None, None, "counted <less>")
    bad = plan_map(outcome, Provenance("by hand", {}), LIBRARY, [stretch, claimed])
    (feature,) = read(bad, "unproven")["features"]
    reported = {"rule": "return", "drone": "drone1", "why": "too near", "from_s": 30.0, "to_s": 42.0}
    assert feature["properties"] == reported
    assert feature["geometry"]["type"] == "LineString"
    assert "not proven: 2 violations" in bad
    assert "counted &lt;less&gt;" in bad
    assert "proven from every second" not in bad


def test_drones_are_tracked_from_pad_to_pad_by_the_plans_times(page, plan):
    about = read(page, "about")
    assert [track["drone"] for track in about["tracks"]] == [route.drone for route in plan.routes]
    for track, route in zip(about["tracks"], plan.routes, strict=True):
        first, last = track["moments"][0], track["moments"][-1]
        assert first[1:3] == last[1:3]
        assert last[0] == pytest.approx(route.expected.flight_time_s, abs=0.11)
        assert len(track["steps"]) == len(route.steps)
    longest_s = max(route.expected.flight_time_s for route in plan.routes)
    assert about["longest_s"] == pytest.approx(longest_s, abs=0.06)


def test_a_part_never_reads_as_the_whole(outcome):
    ground = outcome.plan.coverage
    nearly = ground.model_copy(update={"planned_area_m2": 0.9996 * ground.blind_area_m2})
    plan = outcome.plan.model_copy(update={"coverage": nearly})
    page = plan_map(replace(outcome, plan=plan), Provenance("by hand", {}), LIBRARY).replace("\u00a0", " ")
    assert "99.9 %" in page and "100.0 %" not in page


def test_ground_is_drawn_as_seen_at_the_end_of_its_view(page):
    """A leg of 300 m takes a minute: at its begin its far end is still unseen."""
    assert 'map.setFilter("views", ["<=", ["get", "to_s"], s]);' in page


def test_each_view_has_its_ground_and_the_time_at_which_it_is_seen(page, plan, outcome):
    features = read(page, "views")["features"]
    steps = {step.id: step for route in plan.routes for step in route.steps if isinstance(step, View | Leg)}
    assert {feature["properties"]["id"] for feature in features} == set(steps)
    for feature in features:
        reported = feature["properties"]
        step, seconds = steps[reported["id"]], reported["to_s"] - reported["from_s"]
        assert seconds == pytest.approx(step.dwell_s, abs=0.5) if isinstance(step, View) else seconds > 1.0
    seen_m2 = sum(feature["properties"]["area_m2"] for feature in features)
    assert seen_m2 >= outcome.plan.coverage.planned_area_m2
    assert all(shape(feature["geometry"]).area > 0 for feature in features)
