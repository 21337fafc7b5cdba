"""Gazebo's pictures with boxes: camera poses, file formats, and the results read from the files."""

import math
import xml.etree.ElementTree as ElementTree
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.camera.projection import project
from blindspot.core.errors import DependencyError
from blindspot.core.folders import CONFIG_DIR
from blindspot.site.load import load_site
from blindspot.vision.masking import sure_pose
from blindspot_lab.gazebo import aerial_pictures
from blindspot_lab.gazebo.aerial_pictures import eyes_over, pose_of, taken, truth_of
from blindspot_sim.world.build import Traffic, build_world
from blindspot_sim.world.traffic import Mover

LENS = Lens(35.0, 1280, 720)
WALKER = Mover("person_0", ((0.0, 10.0, 20.0, 3.0, 0.5), (9.0, 20.0, 20.0, 3.0, 0.5)))
CAR = Mover("car_0", ((0.0, -90.0, 40.0, 1.0, 0.0),))


def test_eyes_look_at_start_places_from_the_distance_of_the_density():
    eyes = eyes_over([WALKER], [CAR], LENS, 25.0, 8, seed=1)
    assert len({eye.name for eye in eyes}) == 8
    for number, eye in enumerate(eyes):
        aim = (CAR if number % 2 else WALKER).way[0][1:4]
        pixels, depth = project(np.array([aim]), pose_of(eye), LENS)
        assert np.abs(pixels[0] - (640, 360)).max() < 25.0 * aerial_pictures.BESIDE_M * 1.3
        assert depth[0] == pytest.approx(LENS.depth_for(25.0), abs=aerial_pictures.BESIDE_M)
        assert 45.0 <= math.degrees(eye.pitch_rad) <= 60.0
        assert sure_pose(pose_of(eye), 0.0) == pose_of(eye)  # otherwise the search area would be empty


def box(*edges):
    return np.array(edges, float)


def test_how_much_of_a_box_is_seen():
    whole = [
        ("person", box(10, 10, 20, 40)), ("person", box(100, 10, 110, 40)), ("car", box(0, 0, 60, 60)),
        ("car", box(190, 50, 230, 80)), ("person", box(50, 80, 60, 98)),
    ]  # fmt: skip
    seen = [("person", box(10, 10, 20, 25)), ("person", box(100, 10, 110, 40)), ("car", box(0, 0, 60, 59)),
            ("car", box(190, 50, 200, 80))]  # fmt: skip
    found = {b.box_xyxy: (b.label, round(b.seen, 2)) for b in truth_of(seen, whole, 200, 100)}
    assert found == {
        (10, 10, 20, 40): ("person", 0.5), (100, 10, 110, 40): ("person", 1.0), (0, 0, 60, 60): ("car", 0.98),
        (190, 50, 230, 80): ("car", 0.0),  # it reaches beyond the picture; of the last person nothing is seen
    }  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    site = load_site(CONFIG_DIR / "sites" / "crossroads")
    eyes = eyes_over([WALKER], [], LENS, 25.0, 2, seed=1)
    folder = tmp_path_factory.mktemp("world")
    noon = datetime(2026, 6, 21, 12, tzinfo=UTC)
    return build_world(
        site, site.area_of_interest, noon, folder, "crossroads", Traffic(3, 2, 1), photographers=eyes
    ), eyes


def test_in_a_world_with_boxes_figures_stand_still_and_have_a_label(world):
    root = ElementTree.parse(world[0]).getroot()
    assert root.findall(".//actor") == []
    movers = [model for model in root.iter("model") if model.get("name").startswith(("person_", "car_"))]
    assert len(movers) == 5
    for model in movers:
        assert model.findtext("static") == "true"
        assert model.findtext(".//label") == ("4" if model.get("name").startswith("person_") else "5")
        assert (world[0].parent / model.findtext(".//uri")).is_file()


def test_each_look_is_stored_with_visible_and_full_boxes(world):
    sensors = list(ElementTree.parse(world[0]).iter("sensor"))
    assert {sensor.get("type") for sensor in sensors} == {"boundingbox_camera"}
    assert len({sensor.findtext("camera/save/path") for sensor in sensors}) == 2 * 2


class Gazebo:
    """Writes what a server would, at once, or never."""

    def __init__(self, world, *, runs=True):
        self.log, self.is_running, self.world = world.parent / "gazebo.log", runs, world

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def listening(self, topic):
        for path in [sensor.findtext("camera/save/path") for sensor in ElementTree.parse(self.world).iter("sensor")]:
            if self.is_running:
                for kind in ("images", "boxes"):
                    (self.world.parent / path / kind).mkdir(parents=True)
                picture = np.full((720, 1280, 3), 7, np.uint8)
                cv2.imwrite(f"{path}/images/image_0000000.png", picture)
                more = 1 if path.endswith("visible_2d") else 0
                rows = (
                    f"label,x_center,y_center,width,height\n2,640,360,1279,719\n4,{100 - more / 2},50,{20 - more},39\n"
                )
                (self.world.parent / path / "boxes" / "boxes_0000000.csv").write_text(rows)
        return self


def test_files_of_gazebo_are_read(world, monkeypatch):
    monkeypatch.setattr(aerial_pictures, "Server", Gazebo)
    found = list(taken(*world))
    assert len(found) == 2 and found[0].picture.shape == (720, 1280, 3)
    assert [(b.label, b.box_xyxy, b.seen) for b in found[0].truth] == [("person", (90, 30, 110, 70), 1.0)]


def test_a_gazebo_that_ends_is_reported(world, monkeypatch):
    monkeypatch.setattr(aerial_pictures, "Server", lambda file: Gazebo(file, runs=False))
    for boxes in world[0].parent.rglob("boxes_*.csv"):
        boxes.unlink()
    with pytest.raises(DependencyError, match=r"gazebo\.log"):
        next(taken(*world))
