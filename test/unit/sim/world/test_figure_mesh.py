import numpy as np
import pytest

from blindspot_sim.pictures.people import HEIGHT_M
from blindspot_sim.pictures.vehicles import SHAPES_M
from blindspot_sim.world.figure_mesh import CARS, PEOPLE, car, person, write_figures


def corners_of(parts):
    return np.concatenate([part.corners_m for part in parts])


@pytest.mark.parametrize("number", range(PEOPLE))
def test_a_person_stands_on_the_ground_and_is_as_tall_as_a_person(number):
    low, high = corners_of(person(number)).min(axis=0), corners_of(person(number)).max(axis=0)
    assert low[2] == pytest.approx(0.0, abs=0.08)
    assert high[2] == pytest.approx(HEIGHT_M, abs=0.08)
    assert (high - low)[:2] == pytest.approx((0.75, 0.6), abs=0.15)  # a step's length, and the arms


@pytest.mark.parametrize("number", range(4))
def test_a_car_has_its_size_and_looks_ahead_along_x(number):
    low, high = corners_of(car(number)).min(axis=0), corners_of(car(number)).max(axis=0)
    assert (high - low) == pytest.approx(SHAPES_M[number], abs=0.08)  # wheels reach into the ground
    assert (low[2], (low + high)[1]) == pytest.approx((0.0, 0.0), abs=0.08)
    lamps = next(part for part in car(number) if part.material == "cf0ebe1")
    assert lamps.corners_m[:, 0].min() > 0.45 * SHAPES_M[number][0]


@pytest.mark.parametrize("parts", [person(2), car(3)], ids=["person", "car"])
def test_every_triangle_is_anticlockwise_as_its_normals_say(parts):
    """Gazebo does not show what is seen from behind."""
    for part in parts:
        a, b, c = (part.corners_m[part.triangles[:, k]] for k in range(3))
        across = np.cross(b - a, c - a)
        has_area = np.linalg.norm(across, axis=1) > 1e-9
        outward = part.normals[part.triangles].sum(axis=1)
        assert ((across * outward).sum(axis=1)[has_area] > 0).all()


def test_a_person_is_solid_seen_from_outside():
    """The volume that its surfaces enclose is positive, and about that of a person."""
    volume_m3 = 0.0
    for part in person(0):
        a, b, c = (part.corners_m[part.triangles[:, k]] for k in range(3))
        volume_m3 += float((np.cross(a, b) * c).sum()) / 6
    assert 0.05 < volume_m3 < 0.3


def test_as_many_files_as_are_needed_each_with_its_colours(tmp_path):
    write_figures(tmp_path, people=500, cars=2)
    assert len(list(tmp_path.glob("person_*.obj"))) == PEOPLE
    assert len(list(tmp_path.glob("car_*.obj"))) == 2 < CARS
    used = {line.split()[1] for line in (tmp_path / "car_1.obj").read_text().splitlines() if line.startswith("usemtl")}
    material = (tmp_path / "car_1.mtl").read_text()
    assert used == {line.split()[1] for line in material.splitlines() if line.startswith("newmtl")}
    assert "map_Kd" not in material
