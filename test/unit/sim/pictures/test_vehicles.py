"""Cars keep to their streets, and a true box goes around what is drawn."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project
from blindspot.site.ground.grid import Grid
from blindspot.vision.town.seen_town import Prism, Town
from blindspot_sim.pictures.people import Person
from blindspot_sim.pictures.renderer import Renderer
from blindspot_sim.pictures.simulated_camera import SimulatedCamera
from blindspot_sim.pictures.vehicles import Vehicle, Vehicles

LENS = Lens(35.0, 640, 360)
OBLIQUE = CameraPose(0.0, 0, -60, 60, heading_deg=0, pitch_deg=-45)
OPEN = np.ones((240, 240), bool)
STREET = (np.array([(-50.0, 0.0), (50.0, 0.0)]), 8.0)
CAR = Vehicle(1, 2.0, 5.0, 0.0, 30.0, 4.3, 1.8, 1.45)


def town_with(*prisms, streets=(STREET,)):
    grid = Grid(-60.0, -60.0, 0.5, 240, 240)
    return Town(grid, np.zeros(grid.shape, np.float32), OPEN, OPEN, prisms, streets)


CARS = Vehicles(town_with(), 30, seed=5)


@given(time_s=st.floats(0, 1e5))
def test_cars_keep_to_the_right_of_their_street(time_s):
    for car in CARS.at(time_s):
        east = car.heading_deg == pytest.approx(90)
        assert car.north_m == pytest.approx(-2.0 if east else 2.0) or abs(car.north_m) == pytest.approx(2.9)
        assert abs(car.east_m) <= 50
        assert (car.north_m < 0) == east


def test_some_drive_and_some_stand():
    moved = [a.east_m != b.east_m for a, b in zip(CARS.at(0), CARS.at(3), strict=True)]
    assert 5 < sum(moved) < 25


def test_a_street_that_is_short_narrow_or_leaves_the_town_has_no_cars():
    short, narrow = (np.array([(0.0, 0.0), (9.0, 0.0)]), 8.0), (STREET[0], 4.0)
    outside = (np.array([(-50.0, 0.0), (90.0, 0.0)]), 8.0)
    assert Vehicles(town_with(streets=(short, narrow, outside)), 5, seed=1).at(0.0) == ()


@pytest.mark.parametrize("heading_deg", [0.0, 30.0, 90.0, 200.0, 315.0])
def test_a_true_box_goes_around_the_corners_of_the_car(heading_deg):
    car = Vehicle(1, 2.0, 5.0, 0.0, heading_deg, 4.3, 1.8, 1.45)
    (box,) = Renderer(town_with(), LENS).true_boxes(OBLIQUE, (), (car,))
    heading = np.radians(heading_deg)
    along, across = np.array([np.sin(heading), np.cos(heading)]), np.array([np.cos(heading), -np.sin(heading)])
    corners = [(*((2.0, 5.0) + a * along + b * across), up)
               for a in (-2.15, 2.15) for b in (-0.9, 0.9) for up in (0.0, 1.45)]  # fmt: skip
    pixels, _ = project(corners, OBLIQUE, LENS)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    assert box.seen > 0.99
    assert box.label == "car"
    assert box.box_xyxy[:2] == pytest.approx(low, abs=8)  # the car's ends slope: none reaches a corner of the block
    assert box.box_xyxy[2:] == pytest.approx(high, abs=8)


def test_a_drawn_car_lies_in_the_true_box_except_its_shadow(monkeypatch):
    monkeypatch.setattr("blindspot_sim.pictures.renderer.darken_polygon", lambda *_: None)
    renderer = Renderer(town_with(), LENS)
    changed = (renderer.render(OBLIQUE, (), (CAR,)) != renderer.render(OBLIQUE)).any(axis=2)
    rows, cols = np.nonzero(changed)
    (box,) = renderer.true_boxes(OBLIQUE, (), (CAR,))
    assert (cols.min(), rows.min(), cols.max() + 1, rows.max() + 1) == pytest.approx(box.box_xyxy, abs=2)


def test_a_car_stands_on_its_shadow():
    renderer = Renderer(town_with(), LENS)
    with_car, bare = renderer.render(OBLIQUE, (), (CAR,)).astype(int), renderer.render(OBLIQUE).astype(int)
    darker = (with_car.sum(axis=2) < 0.75 * bare.sum(axis=2)).sum()
    (box,) = renderer.true_boxes(OBLIQUE, (), (CAR,))
    x1, y1, x2, y2 = box.box_xyxy
    outside = np.ones(bare.shape[:2], bool)
    outside[y1 - 1 : y2 + 1, x1 - 1 : x2 + 1] = False
    assert darker > 0
    assert (with_car[outside].sum(axis=1) < 0.75 * bare[outside].sum(axis=1)).sum() > 20


def test_a_figure_behind_a_building_is_not_seen_and_one_at_the_edge_is_not_whole():
    corners = [(-6.0, -6.0), (6.0, -6.0), (6.0, 6.0), (-6.0, 6.0)]
    town = town_with(Prism((np.array(corners),), 0.0, 20.0, 20.0))
    hidden, shown = Person(0, 0.0, 7.0, 0.0, 90.0, 1.7), Person(1, 0.0, -7.0, 0.0, 90.0, 1.7)
    truth = Renderer(town, LENS).true_boxes(OBLIQUE, (hidden, shown))
    assert sorted(round(box.seen, 1) for box in truth) == [0.0, 1.0]
    edge = Person(2, -26.7, 0.0, 0.0, 90.0, 1.7)
    (cut,) = Renderer(town_with(), LENS).true_boxes(OBLIQUE, (edge,))
    assert (cut.box_xyxy[0], cut.seen) == (0, 0.0)


def test_the_nearer_of_two_hides_the_farther():
    front, behind = Vehicle(1, 0.0, 0.0, 0.0, 90.0, 4.3, 1.8, 1.45), Vehicle(2, 0.0, 1.4, 0.0, 90.0, 4.3, 1.8, 1.45)
    truth = Renderer(town_with(), LENS).true_boxes(OBLIQUE, (), (front, behind))
    seen = {round(box.box_xyxy[3]): box.seen for box in truth}
    assert seen[max(seen)] == pytest.approx(1.0, abs=0.01)
    assert 0.2 < seen[min(seen)] < 0.9


def test_the_simulated_camera_shows_the_cars_that_it_is_given():
    without, with_cars = (
        SimulatedCamera(town_with(), LENS, 0, 3, vehicles=count).picture(OBLIQUE) for count in (0, 20)
    )
    assert (without != with_cars).any()
