"""The figures of places and tracks, on fewer samples than the bench takes."""

import numpy as np
import pytest

from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import load_mission
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_lab.bench.eyes.flying_tracks import flying_pictures
from blindspot_lab.bench.eyes.following import following
from blindspot_lab.bench.eyes.places import CHI2_95, HONEST, PROFILES, places


@pytest.mark.parametrize(("name", "model", "median_m", "p95_m"), PROFILES)
def test_people_of_nantes_are_placed_as_well_as_each_profile_promises(name, model, median_m, p95_m):
    accuracy = read_yaml(CONFIG_DIR / "drones" / f"{model}.yaml", DroneModel).accuracy
    town = town_of_mission(load_mission(CONFIG_DIR / "missions" / "nantes_evening.yaml"))
    found = places(town, accuracy, 500, seed=3)
    assert np.median(found.errors_m) <= median_m
    assert np.percentile(found.errors_m, 95) <= 1.1 * p95_m  # of 25 in the tail
    assert HONEST[0] <= np.mean(found.distances2 <= CHI2_95) <= HONEST[1]
    assert found.unplaced < 0.1


@pytest.mark.thorough
def test_walkers_keep_their_numbers_under_a_flying_camera_because_its_motion_is_taken_out():
    compensated, without = (following(flying_pictures(2, compensated=used)) for used in (True, False))
    assert compensated.idf1 >= 0.85
    assert without.idf1 < 0.3
