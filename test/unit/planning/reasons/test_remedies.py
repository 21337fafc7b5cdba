"""Each remedy that a refusal prints is followed, over random towns with badly placed pads: the fault is gone."""

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest
from shapely.geometry import shape
from test.unit.planning.conftest import square_of_streets

from blindspot.core.errors import PlanningError
from blindspot.planning.airspace.sectors import sectors
from blindspot.planning.drones.patrols import drones_of, pad_gap_m
from blindspot.planning.fleet.blocks import Blocks
from blindspot.planning.fleet.territories import territories
from blindspot.planning.views.target_ground import survey_ground
from blindspot.site.load import load_site

PLACE = re.compile(r"latitude (-?[\d.]+), longitude (-?[\d.]+)")
LIMIT = re.compile(r"limits\.(\w+) ([\d.]+)")


def refusals(mission, ground):
    """The refusal of each bad pad, by its name."""
    try:
        drones_of(mission, ground)
    except PlanningError as error:
        parts = re.split(r"; (?=pad )", str(error))
        return {part.split()[1]: part for part in parts}
    return {}


def moved(ground, name, east_m, north_m):
    pads = [
        replace(pad, east_m=float(east_m), north_m=float(north_m)) if pad.name == name else pad
        for pad in ground.site.pads
    ]
    return replace(ground, site=replace(ground.site, pads=tuple(pads)))


def bad_town(mission, with_file, folder, seed, kind):
    """A random town whose pads stand anywhere: in streets, beside walls, at the edge, in houses, outside."""
    chance = np.random.default_rng(seed)
    limits = {
        "min_up_m": 50.0, "building_clearance_m": float(chance.uniform(5.0, 8.0)), "return": kind,
        "max_speed_mps": float(chance.uniform(4.0, 10.0)), "over_roofs": bool(chance.integers(2)),
    }  # fmt: skip
    town = {"drones": int(chance.integers(1, 5)), "trees": int(chance.integers(0, 25)), "side_m": 130.0}
    asked = square_of_streets(folder, mission, seed, **town, slope=0.03 * (seed % 3), limits=limits)
    ground = survey_ground(asked, load_site(folder))
    for pad in ground.site.pads:
        shift_m = chance.normal(0.0, chance.choice([2.0, 8.0, 40.0]), 2)
        ground = moved(ground, pad.name, *(np.array((pad.east_m, pad.north_m)) + shift_m))
    return asked, ground


def followed(mission, with_file, folder, seed, kind):
    """Follows each remedy; the number of places and of limits that were followed."""
    asked, ground = bad_town(mission, with_file, folder, seed, kind)
    places = limits = 0
    for _ in asked.file.fleet:
        bad = refusals(asked, ground)
        for name, reason in bad.items():
            if changes := {limit: float(value) for limit, value in LIMIT.findall(reason)}:
                assert name not in refusals(with_file(asked, limits=changes), ground), reason
                limits += 1
        proposed = {name: found for name, reason in bad.items() if (found := PLACE.search(reason))}
        if not proposed:
            break
        name, place = next(iter(proposed.items()))
        ground = moved(ground, name, *ground.site.frame.to_enu(float(place[2]), float(place[1])))
        assert name not in refusals(asked, ground), bad[name]
        places += 1
    if len(asked.file.fleet) > 1 and not refusals(asked, ground):
        assert_apart(asked, ground, drones_of(asked, ground), kind)
    return places, limits


def assert_apart(mission, ground, drones, kind):
    """Asserts that each pad lies in its own part of the ground plan."""
    blocks, gap_m = Blocks.of(ground, drones), pad_gap_m(mission)
    if kind == "mission":
        assert len(territories(blocks, drones, gap_m)) == len(drones)
    else:
        pads = {drone.name: drone.home_2d for drone in drones}
        assert len(sectors(pads, dict.fromkeys(pads, 0.0), blocks.grid.bounds_m, gap_m)) == len(drones)


@pytest.mark.parametrize(("seed", "kind"), [(1, "straight"), (2, "mission")])
def test_pads_that_are_moved_as_proposed_are_good(mission, with_file, tmp_path, seed, kind):
    assert sum(followed(mission, with_file, tmp_path / "town", seed, kind)) > 0


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["straight", "mission"])
def test_pads_of_many_towns_that_are_moved_as_proposed_are_good(mission, with_file, tmp_path, kind):
    count = int(os.environ.get("BLINDSPOT_RANDOM_TOWNS", "60"))
    done = [followed(mission, with_file, tmp_path / f"town{seed}", seed, kind) for seed in range(3, 3 + count)]
    places, limits = map(sum, zip(*done, strict=True))
    assert places > count / 2 and limits > count / 10


def test_all_faults_of_a_pad_are_told_at_once_with_a_place(mission, site, with_file):
    """Beside the wall of a house, near the edge and near the other pad."""
    ground = survey_ground(mission, site)
    wall = next(one for one in site.buildings if one.id == "north-east").footprint.bounds
    edge_m = ground.perimeter.bounds[3]
    bad = moved(moved(ground, "north", wall[0] - 3.0, edge_m - 2.0), "south", wall[0] - 3.0, edge_m - 9.0)
    reasons = refusals(mission, bad)
    for part in ("from a building", "m inside the perimeter", "from pad north"):
        assert part in reasons["south"] or part in reasons["north"]
    assert reasons["south"].count("from pad north") == 2
    assert PLACE.search(reasons["south"]) and PLACE.search(reasons["north"])


@pytest.mark.parametrize("kind", ["straight", "mission"])
def test_a_pad_too_near_another_one_gets_a_place_apart_from_it(mission, site, with_file, kind):
    asked = with_file(mission, limits={"return": kind})
    north = site.pads[0]
    near = moved(survey_ground(asked, site), "south", north.east_m, north.north_m - 12.0)
    reasons = refusals(asked, near)
    assert reasons["south"].startswith("pad south is 12.0 m from pad north: move it to at least 19 m from pad north")
    lat_deg, lon_deg = map(float, PLACE.search(reasons["south"]).groups())
    apart = moved(near, "south", *site.frame.to_enu(lon_deg, lat_deg))
    assert_apart(asked, apart, drones_of(asked, apart), kind)


def test_a_bad_pad_stops_only_missions_that_use_it(mission, with_file, tmp_path):
    town = square_of_streets(tmp_path / "town", mission, 1, drones=2, trees=0)
    pads = json.loads((tmp_path / "town/pads.geojson").read_text())
    house = json.loads((tmp_path / "town/buildings.geojson").read_text())["features"][0]["geometry"]
    pads["features"][1]["geometry"]["coordinates"] = shape(house).centroid.coords[0]
    (tmp_path / "town/pads.geojson").write_text(json.dumps(pads))
    ground = survey_ground(town, load_site(tmp_path / "town"))
    assert refusals(with_file(town, fleet=[town.file.fleet[0].model_dump()]), ground) == {}
    assert "0.0 m from a building" in refusals(town, ground)["pad2"]


def with_exposure(mission, exposure_s):
    models = {
        name: model.model_copy(update={"camera": model.camera.model_copy(update={"exposure_s": exposure_s})})
        for name, model in mission.models.items()
    }
    return replace(mission, models=models)


def test_the_longest_exposure_that_is_named_does_and_a_longer_one_does_not(mission, site):
    slow = with_exposure(mission, 0.1)
    ground = survey_ground(slow, site)
    with pytest.raises(PlanningError, match="blurs people") as refused:
        drones_of(slow, ground)
    longest_s = float(re.search(r"at most ([\d.e-]+) would do", str(refused.value))[1])
    assert 0.0 < longest_s < 0.1
    assert drones_of(with_exposure(slow, longest_s), ground)
    with pytest.raises(PlanningError, match="blurs people"):
        drones_of(with_exposure(slow, longest_s + 2e-6), ground)


@pytest.mark.parametrize("max_up_m", [4.6, 8.0, 60.0])
def test_a_flight_too_low_for_its_exposure_names_the_heights_that_do(mission, site, with_file, max_up_m):
    """Also at the height of heads, where no exposure would do, and with a height that the lens needs."""
    low = with_file(
        with_exposure(mission, 0.005), limits={"min_up_m": 0.5, "max_up_m": max_up_m},
        band={"min_px_per_m": 300.0, "max_px_per_m": 5000.0},
    )  # fmt: skip
    ground = survey_ground(low, site)
    with pytest.raises(PlanningError, match="blurs people") as refused:
        drones_of(low, ground)
    assert "at most -" not in str(refused.value) and "at most 0 " not in str(refused.value)
    higher = re.findall(r"limits\.(\w+) of at least ([\d.]+) m", str(refused.value))
    assert higher
    assert drones_of(with_file(low, limits={name: float(value) for name, value in higher}), ground)
