"""The rendered camera of a fleet's drone has the drone's own sensor."""

from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.camera.projection import CameraPose
from blindspot.mission.drone_model import Camera
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Town
from blindspot_sim.nodes.camera import rendered_camera

GROUND = np.ones((80, 80), bool)
TOWN = Town(Grid(-20.0, -20.0, 0.5, 80, 80), np.zeros((80, 80), np.float32), GROUND, GROUND, (), ())


@pytest.mark.parametrize(("sensor", "is_grey"), [("thermal", True), ("visible", False), (None, False)])
def test_a_thermal_drone_sees_heat_and_every_other_one_light(sensor, is_grey):
    camera = Camera(hfov_deg=24.0, width_px=160, height_px=128, gimbal_min_pitch_deg=-90, gimbal_max_pitch_deg=0,
                    gimbal_slew_dps=60, sensor=sensor)  # fmt: skip
    fleet = SimpleNamespace(
        model_of=lambda drone: SimpleNamespace(camera=camera),
        file=SimpleNamespace(simulation=SimpleNamespace(people=5, vehicles=0)),
    )
    exposure = rendered_camera(fleet, "drone1", 1, 1).source_in(TOWN).expose(0.0)
    picture = exposure.picture(CameraPose(0.0, 0.0, 0.0, 40.0, 0.0, -90.0))
    assert picture.shape == (128, 160, 3)
    assert bool((picture == picture[..., :1]).all()) == is_grey
