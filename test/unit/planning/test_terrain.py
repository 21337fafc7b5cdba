"""Planned, checked and flown over ground that rises, around trees, and around what stands for an evening only."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine
from shapely.geometry import Point, box

from blindspot.core.errors import PlanningError
from blindspot.law.clearances.clearance import Gate
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission.homes import site_pads
from blindspot.mission.mission_site import site_of
from blindspot.mission.plan import Relief, View
from blindspot.planning.airspace.air import legal_air
from blindspot.planning.checker.check import check_plan
from blindspot.planning.checker.check_air import gap_to_buildings
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site
from blindspot.site.town.geojson import load_area
from blindspot.site.town.model import Tree, Zone
from blindspot_sim.in_process.fleet_flight import fly_in_process

pytestmark = pytest.mark.usefixtures("searched_little")

SLOPE = 0.1
"""Metres that the ground rises a metre north, on the datum in the middle: 16 m over the perimeter."""


@pytest.fixture(scope="session")
def sloping(mission, tmp_path_factory):
    """The crossroads' mission on a slope."""
    folder = tmp_path_factory.mktemp("sloping") / "site"
    shutil.copytree(mission.site_dir, folder)
    flat = load_site(folder)
    heights_m = flat.frame.datum_amsl_m + SLOPE * (200.0 - 5.0 * (np.arange(80)[:, None] + 0.5)) * np.ones((80, 80))
    with rasterio.open(
        folder / "dem.tif", "w", driver="GTiff", height=80, width=80, count=1, dtype="float32", crs=flat.frame.proj4,
        transform=Affine(5.0, 0.0, -200.0, 0.0, -5.0, 200.0),
    ) as file:  # fmt: skip
        file.write(heights_m.astype("float32"), 1)
    yaml, source = folder / "site.yaml", "{file: dem.tif, format: dem-geotiff, attribution: invented}"
    yaml.write_text(yaml.read_text().replace("terrain: flat", f"terrain: {source}"))
    return replace(mission, site_dir=folder)


@pytest.fixture(scope="session")
def hillside(sloping):
    return load_site(sloping.site_dir)


@pytest.fixture(scope="session")
def hill_plan(sloping):
    return make_plan(sloping)


def test_everything_stands_on_the_slope(hillside, sloping):
    assert hillside.terrain.at(0, 30) == pytest.approx(3.0, abs=0.01)
    assert {pad.name: round(pad.up_m, 1) for pad in hillside.pads} == {"north": 4.0, "south": -4.0}
    assert site_pads(sloping)[1]["north"].up_m == hillside.pad("north").up_m
    for building in hillside.buildings:
        south, north = building.footprint.bounds[1], building.footprint.bounds[3]
        assert building.ground_m == pytest.approx(SLOPE * south, abs=0.01)
        assert building.highest_m >= SLOPE * north + building.height_m - 0.01


def test_the_plan_holds_and_flies_no_lower_over_a_roof_than_on_the_flat(hill_plan, plan, sloping, hillside):
    assert check_plan(hill_plan, sloping, hillside) == ()
    assert hill_plan.coverage.planned_area_m2 > 0.95 * hill_plan.coverage.reachable_area_m2
    assert hill_plan.relief.lowest_m == pytest.approx(-8.0, abs=0.1)
    assert hill_plan.relief.highest_m == pytest.approx(8.0, abs=0.1)
    for route in hill_plan.routes:
        assert route.takeoff_up_m == pytest.approx(hill_plan.relief.highest_m + plan.routes[0].takeoff_up_m, abs=0.02)
        assert route.failsafe.rtl_return_alt_m == pytest.approx(route.takeoff_up_m - route.home.up_m, abs=0.02)


def test_the_checker_counts_heights_from_the_ground_below(hill_plan, sloping, hillside, with_file):
    over = with_file(sloping, limits={"max_up_m": 90.0})  # 87.4 m over the middle, 95.4 over the foot of the hill
    assert "height" in {v.rule for v in check_plan(hill_plan, over, hillside)}
    under = with_file(sloping, limits={"min_up_m": 86.0, "max_up_m": 110.0})
    assert "height" in {v.rule for v in check_plan(hill_plan, under, hillside)}


def test_a_plan_that_hides_its_relief_is_found_out(hill_plan, sloping, hillside):
    level = hill_plan.model_copy(update={"relief": Relief(lowest_m=0.0, highest_m=0.0)})
    (violation,) = check_plan(level, sloping, hillside)
    assert violation.detail.startswith("the ground lies between -8.0 and 8.0 m")


def test_a_hill_higher_than_the_limits_lie_apart_has_no_plan(sloping, with_file):
    with pytest.raises(PlanningError, match=r"rises by 16 m.* more than lies between limits.min_up_m 80 m and"):
        make_plan(with_file(sloping, limits={"min_up_m": 80.0, "max_up_m": 90.0}))


def test_the_law_counts_from_the_lowest_and_the_highest_ground(hill_plan, mission):
    authorisation = load_authorisation(mission.authorisation_path)
    start = mission.file.start
    assert Gate(authorisation, simulated=True).authorise(hill_plan, start) == ()
    ceiling_m = authorisation.file.area.ceiling_m_agl
    deep = Relief(lowest_m=hill_plan.routes[0].takeoff_up_m - ceiling_m - 1.0, highest_m=0.0)
    refused = Gate(authorisation, simulated=True).authorise(hill_plan.model_copy(update={"relief": deep}), start)
    assert [verdict.rule for verdict in refused] == ["AVI-01"], "one ruling, about the first drone that breaks it"


def test_it_flies_as_planned_and_lands_on_its_own_pad(hill_plan, sloping, hillside):
    log = fly_in_process(hill_plan, sloping, seed=1)
    assert log.violations == ()
    for name, drone in log.drones.items():
        assert drone.outcome == "completed"
        pad = hillside.pad(sloping.file.fleet[0 if name == "drone1" else 1].pad)
        assert drone.truth_m[-1] == pytest.approx((pad.east_m, pad.north_m, pad.up_m), abs=1.0)
        above_m = drone.truth_m[:, 2] - hillside.terrain.heights_m(drone.truth_m[:, 0], drone.truth_m[:, 1])
        assert above_m[drone.airborne].max() <= sloping.file.limits.max_up_m
        assert above_m[drone.en_route].min() >= sloping.file.limits.min_up_m - 1.0


def test_a_zone_without_a_floor_begins_on_the_ground_below_the_datum(mission, hillside):
    assert all(zone.floor_m == -np.inf for zone in hillside.zones)
    perimeter = load_area(mission.perimeter_path, hillside.frame)
    valley = Zone("valley", "no_fly", box(-20, -60, 20, -40))
    model = mission.model_of("drone1")
    open_m2 = [
        legal_air(replace(hillside, zones=zones), perimeter, mission.file.limits, model, 80.0).free.area
        for zones in ((), (valley,))
    ]
    assert open_m2[1] < open_m2[0]


def test_a_drone_never_flies_over_a_crown_and_the_checker_sees_one(plan, mission, site):
    view = next(step for step in plan.routes[0].steps if isinstance(step, View))
    oak = Tree("oak", view.to.east_m, view.to.north_m, 4.0, 0.0, 2.2, 12.0)
    planted = replace(site, trees=(oak,))
    assert "land here" in {v.rule for v in check_plan(plan, mission, planted)}
    perimeter = load_area(mission.perimeter_path, site.frame)
    air = legal_air(planted, perimeter, mission.file.limits, mission.models["reference"], 80.0)
    assert air.free.distance(Point(oak.east_m, oak.north_m)) >= 4.0 + mission.file.limits.building_clearance_m
    above = np.array([[oak.east_m, oak.north_m, 20.0]])
    assert gap_to_buildings(above, list(planted.solids), 10.0)[0] == pytest.approx(8.0)


def test_a_crane_of_that_evening_is_planned_around(mission, tmp_path):
    folder = tmp_path / "site"
    shutil.copytree(mission.site_dir, folder)
    frame = load_site(folder).frame
    ring = [list(frame.to_wgs84(e, n)) for e, n in ((-2.0, 20.0), (2.0, 20.0), (2.0, 24.0), (-2.0, 24.0), (-2.0, 20.0))]
    crane = {"name": "crane", "height_m": 70, "from": "2026-11-01", "until": "2026-11-30"}
    feature = {"type": "Feature", "properties": crane, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (folder / "obstacles.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    yaml = folder / "site.yaml"
    yaml.write_text(yaml.read_text().replace("places:\n", "places:\n  obstacles: obstacles.geojson\n"))
    around = replace(mission, site_dir=folder)
    made = make_plan(around)
    assert check_plan(made, around, site_of(around)) == ()
    near = [step for route in made.routes for step in route.steps if np.hypot(step.to.east_m, step.to.north_m - 22) < 7]
    assert near == []


def test_a_hill_names_no_floor_from_which_the_lens_is_over_its_cap(sloping, with_file):
    """The floor of 1 m that was named left a flight 3 m over the hill, where every picture is over the cap."""
    with pytest.raises(PlanningError, match="rises by 16 m") as refused:
        make_plan(with_file(sloping, limits={"min_up_m": 45.0, "max_up_m": 60.0}))
    assert "raise max_up_m to" in str(refused.value) and "lower min_up_m" not in str(refused.value)
