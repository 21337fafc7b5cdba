"""Thermal pictures: the visible ones' geometry, radiances by surface, noise, slow pixels, and a camera's faults."""

from dataclasses import replace

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Prism, Town
from blindspot_sim.pictures.heat import HOT_DAY, NIGHT, black_body
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import Renderer
from blindspot_sim.pictures.simulated_camera import SimulatedCamera
from blindspot_sim.pictures.thermal import ThermalRenderer, ThermalSensor, trail_of
from blindspot_sim.pictures.vehicles import Vehicle

LENS = Lens(24.12, 640, 512)
NADIR = CameraPose(10.0, 0.0, 0.0, 60.0, 0.0, -90.0)
OBLIQUE = CameraPose(10.0, 0.0, -60.0, 60.0, 0.0, -45.0)
PERSON = Person(3, 8.0, -9.0, 0.0, 0.0, 1.7)
QUIET = ThermalSensor(netd_k=0.0, optics_px=0.01)


def town_with(*prisms, public=True):
    grid = Grid(-40.0, -40.0, 0.5, 160, 160)
    ground = np.full(grid.shape, public)
    return Town(grid, np.zeros(grid.shape, np.float32), ground, ground, prisms, ())


def tower(half_m, top_m):
    corners = [(-half_m, -half_m), (half_m, -half_m), (half_m, half_m), (-half_m, half_m)]
    return Prism((np.array(corners, float),), 0.0, top_m, top_m)


def level(heat, surface, warmer_k=0.0, *, is_driving=False):
    """The value of 8 bits that the surface's radiance has."""
    low, high = map(black_body, heat.range_c)
    return 255.0 * (heat.radiance(surface, warmer_k, is_driving=is_driving) - low) / (high - low)


def pixel(point_m, pose):
    (at,), _ = project([point_m], pose, LENS)
    return tuple(np.rint(at).astype(int)[::-1])


@pytest.mark.parametrize("pose", [NADIR, OBLIQUE])
def test_people_and_roofs_lie_where_the_visible_picture_has_them(pose):
    town = town_with(tower(5.0, 9.0))
    changed = [
        np.atleast_3d(kind(town, LENS).render(pose, [PERSON]) != kind(town, LENS).render(pose)).any(axis=2)
        for kind in (Renderer, lambda *given: ThermalRenderer(*given, sensor=QUIET))
    ]
    assert changed[1].sum() > 100
    assert (changed[1] & ~changed[0]).sum() <= 0.1 * changed[1].sum()  # the visible one has a shadow, too
    assert ThermalRenderer(town, LENS).true_boxes(pose, [PERSON]) == Renderer(town, LENS).true_boxes(pose, [PERSON])


def test_surfaces_have_the_values_of_their_radiances():
    picture = ThermalRenderer(town_with(tower(5.0, 9.0)), LENS, sensor=QUIET).render(NADIR)
    assert picture.shape == (512, 640) and picture.dtype == np.uint8
    ground = picture[:, :120].astype(float)
    assert np.median(ground) == pytest.approx(level(NIGHT, "pavement"), abs=2.0)
    roof = picture[pixel((0.0, 0.0, 9.0), NADIR)]
    assert level(NIGHT, "roof", -1.5) - 1 < roof < level(NIGHT, "roof", 1.5) + 1
    over_the_horizon = ThermalRenderer(town_with(), LENS, sensor=QUIET).render(replace(NADIR, pitch_deg=0.0))
    assert over_the_horizon[10, 10] == 0


def test_a_head_is_skin_under_hair_and_clothes_are_colder():
    picture = ThermalRenderer(town_with(), LENS, sensor=QUIET).render(OBLIQUE, [PERSON])
    body = picture[pixel((8.0, -9.0, 0.65 * 1.7), OBLIQUE)]
    assert body == pytest.approx(level(NIGHT, "clothes", -2.0), abs=1.0)
    assert level(NIGHT, "clothes", 3.0) < level(NIGHT, "hair") < 255 < level(NIGHT, "skin")
    assert picture.max() == 255  # the face is warmer than the camera's range


@pytest.mark.parametrize("is_driving", [True, False])
def test_an_engine_is_seen_on_the_bonnet(is_driving):
    car = Vehicle(0, 0.0, 0.0, 0.0, 90.0, 4.4, 1.8, 1.5, is_driving)
    picture = ThermalRenderer(town_with(), LENS, sensor=QUIET).render(NADIR, (), [car]).astype(float)
    bonnet = picture[pixel((1.7, 0.0, 0.9), NADIR)]
    assert bonnet == pytest.approx(level(NIGHT, "bonnet", is_driving=is_driving), abs=1.0)


def test_on_a_hot_day_people_are_darker_than_the_street():
    renderer = ThermalRenderer(town_with(), LENS, heat=HOT_DAY, sensor=QUIET)
    bare, seen = renderer.render(NADIR).astype(int), renderer.render(NADIR, [PERSON]).astype(int)
    assert (seen - bare)[seen != bare].mean() < -10


def test_noise_has_the_size_of_the_netd_and_is_another_one_in_each_picture():
    renderer = ThermalRenderer(town_with(), LENS, sensor=ThermalSensor(netd_k=0.5))
    one, again, later = (renderer.render(replace(NADIR, stamp_s=at)).astype(float) for at in (1.0, 1.0, 1.2))
    assert (one == again).all()
    low, high = map(black_body, NIGHT.range_c)
    of_netd = 0.5 * (black_body(27.5) - black_body(26.5)) * 255.0 / (high - low)
    assert (one - later).std() == pytest.approx(of_netd * 2**0.5, rel=0.03)


def test_a_pixel_answers_to_a_step_as_its_time_constant_says():
    """An edge that moves 50 px to the right in each time constant."""
    time_constant_s, speed_px = 0.012, np.array([50.0 / 0.012, 0.0])
    trail = trail_of(speed_px, time_constant_s)
    assert trail.sum() == pytest.approx(1.0)
    middle = trail.shape[1] // 2
    for constants in (0.5, 1.0, 2.0):
        passed = trail[:, : middle + round(50 * constants) + 1].sum()
        assert passed == pytest.approx((1 - np.exp(-constants)) / (1 - np.exp(-4.0)), abs=0.01)
    assert trail_of(np.zeros(2), time_constant_s).tolist() == [[1.0]]


def test_motion_blurs_along_its_way_and_a_still_camera_is_sharp():
    renderer = ThermalRenderer(town_with(), LENS, sensor=QUIET)
    still = renderer.render(NADIR, [PERSON], (), NADIR)
    assert (still == renderer.render(NADIR, [PERSON])).all()
    slow = renderer.render(NADIR, [PERSON], (), replace(NADIR, stamp_s=9.8, north_m=-2.0)).astype(float)  # 10 m/s
    changed = np.abs(slow - still).max(axis=0) > 0, np.abs(slow - still).max(axis=1) > 0
    rise = renderer.render(NADIR, [PERSON], (), replace(NADIR, stamp_s=9.8, east_m=-2.0)).astype(float)
    sharp = still.astype(float)
    across, along = (np.abs(np.diff(each - sharp.mean(), axis=0)).max() for each in (rise, slow))
    assert changed[0].any() and changed[1].any() and along < across
    unknown = replace(NADIR, stamp_s=3.0, north_m=-70.0)
    assert (renderer.render(NADIR, [PERSON], (), unknown) == still).all()  # too long ago


def test_a_shutter_event_moves_all_values_and_dead_rows_are_black():
    town, pose = town_with(), NADIR
    usual, after, dead = (
        ThermalRenderer(town, LENS, sensor=sensor).render(pose).astype(int)
        for sensor in (QUIET, replace(QUIET, offset_k=3.0), replace(QUIET, dead_rows=(7, 8)))
    )
    assert np.ptp(after - usual) <= 1 and (after - usual).mean() > 15
    assert (dead[7:9] == 0).all() and (dead[10:] == usual[10:]).all()


def test_the_camera_of_a_thermal_drone_gives_three_equal_channels():
    camera = SimulatedCamera(town_with(), LENS, 20, 1, thermal=ThermalSensor())
    picture = camera.picture(NADIR)
    assert picture.shape == (512, 640, 3) and (picture == picture[..., :1]).all()
    moved = camera.picture(replace(NADIR, stamp_s=10.2, north_m=4.0))
    sharp = SimulatedCamera(town_with(), LENS, 20, 1, thermal=ThermalSensor()).picture(
        replace(NADIR, stamp_s=10.2, north_m=4.0)
    )
    assert (moved != sharp).any()
