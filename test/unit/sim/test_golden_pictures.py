"""The renderer draws the pictures that a person once checked, in three kinds of weather, and two by heat.

After an intended change of the renderer, `python test/unit/sim/test_golden_pictures.py` draws the pictures anew. Check
them before the commit.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose
from blindspot.mission.mission_file import load_mission
from blindspot.vision.town.town_cache import town_of_mission
from blindspot_sim.pictures.heat import HOT_DAY, NIGHT
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import Renderer
from blindspot_sim.pictures.thermal import ThermalRenderer
from blindspot_sim.pictures.vehicles import Vehicle
from blindspot_sim.pictures.weather import CLEAR, DUSK, HAZY, Weather

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "test" / "data" / "renderer"
LENS = Lens(35.0, 320, 180)
POSE = CameraPose(0.0, 0.0, -50.0, 60.0, 0.0, -50.0)
PEOPLE = (Person(0, 2.0, -8.0, 0.0, 30.0, 1.7), Person(1, -7.0, 2.0, 0.0, 200.0, 1.8))
CARS = (Vehicle(0, 5.0, 4.0, 0.0, 90.0, 4.4, 1.8, 1.5),)
WEATHERS = {"clear": CLEAR, "dusk": DUSK, "hazy": HAZY}
HEATS = {"thermal_night": NIGHT, "thermal_hot_day": HOT_DAY}
BLOCK_PX = 6
TOLERANCE = 6.0
"""Of 255, mean of a block: noise and its JPEG compression make 2."""


@pytest.fixture(scope="module")
def town():
    return town_of_mission(load_mission(ROOT / "config" / "missions" / "crossroads.yaml"))


def drawn(town, weather, pose=POSE, people=PEOPLE):
    return Renderer(town, LENS, 1, weather).render(pose, people, CARS)


def felt(town, heat, people=PEOPLE, cars=CARS):
    return ThermalRenderer(town, LENS, 1, heat).render(POSE, people, cars)


def worst_block(picture, other):
    """The largest difference of the means of two pictures in a block."""
    rows, cols = (side // BLOCK_PX * BLOCK_PX for side in picture.shape[:2])
    apart = picture[:rows, :cols].astype(float) - other[:rows, :cols]
    blocks = apart.reshape(rows // BLOCK_PX, BLOCK_PX, cols // BLOCK_PX, BLOCK_PX, -1)
    return float(np.abs(blocks.mean(axis=(1, 3))).max())


def golden(name):
    return np.asarray(cv2.imread(str(FOLDER / f"{name}.jpg"), cv2.IMREAD_UNCHANGED))


@pytest.mark.parametrize("name", WEATHERS)
def test_a_picture_is_the_one_that_was_looked_at(town, name):
    assert worst_block(drawn(town, WEATHERS[name]), golden(name)) < TOLERANCE


@pytest.mark.parametrize("name", HEATS)
def test_a_thermal_picture_is_the_one_that_was_looked_at(town, name):
    assert worst_block(felt(town, HEATS[name]), golden(name)) < TOLERANCE
    assert worst_block(felt(town, HEATS[name], PEOPLE[:1]), golden(name)) > TOLERANCE
    assert worst_block(felt(town, HEATS[name], cars=()), golden(name)) > TOLERANCE


@pytest.mark.parametrize(
    "changed",
    [
        {"people": PEOPLE[:1]},
        {"pose": replace(POSE, east_m=0.5)},
        {"pose": replace(POSE, heading_deg=0.5)},
        {"weather": Weather(visibility_m=5000.0)},
    ],
)
def test_less_than_that_is_noticed(town, changed):
    assert worst_block(drawn(town, **{"weather": CLEAR} | changed), golden("clear")) > TOLERANCE


def test_haze_takes_the_contrast_that_koschmieder_says(town):
    """Straight down: everything is as far as the ground."""
    nadir = CameraPose(0.0, 0.0, 0.0, 60.0, 0.0, -90.0)
    spreads = [drawn(town, Weather(visibility_m=v), nadir, ()).std() for v in (math.inf, 60.0 / 0.3)]
    assert spreads[1] / spreads[0] == pytest.approx(0.05**0.3, abs=0.03)


def test_dusk_is_darker_and_noisier(town):
    by_day, at_dusk = golden("clear").astype(float), golden("dusk").astype(float)
    assert 0.4 < at_dusk.mean() / by_day.mean() < 0.6
    assert DUSK.gain == pytest.approx(2.0, abs=0.1)
    assert CLEAR.gain == HAZY.gain == 1.0


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    crossroads = town_of_mission(load_mission(ROOT / "config" / "missions" / "crossroads.yaml"))
    for each, weather in WEATHERS.items():
        cv2.imwrite(str(FOLDER / f"{each}.jpg"), drawn(crossroads, weather), [cv2.IMWRITE_JPEG_QUALITY, 95])
    for each, heat in HEATS.items():
        cv2.imwrite(str(FOLDER / f"{each}.jpg"), felt(crossroads, heat), [cv2.IMWRITE_JPEG_QUALITY, 95])
