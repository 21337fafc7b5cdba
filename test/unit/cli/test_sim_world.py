"""The world's files as Gazebo would read them: every name and every reference in them."""

import errno
import re
from pathlib import Path
from xml.etree import ElementTree

import cv2
import pytest
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.core.errors import InputError

CROSSROADS = Path(__file__).parents[3] / "config" / "sites" / "crossroads"
PLUGINS = {"Physics", "UserCommands", "SceneBroadcaster", "Sensors", "Imu", "AirPressure", "Magnetometer", "NavSat"}


def run(*arguments):
    return CliRunner().invoke(app(), ["sim-world", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("world")
    result = run(CROSSROADS, "--out", out, "--at", "2026-06-21T10:00:00", "--fixed-cameras", "--people", 5, "--cars", 2)
    assert result.exit_code == 0
    assert "gz sim" in result.output and "crossroads.sdf" in result.output
    return out


@pytest.fixture(scope="module")
def world(folder):
    return ElementTree.parse(folder / "crossroads.sdf").getroot().find("world")


def test_the_world_bears_the_files_name_and_lies_where_the_town_does(world):
    assert world.get("name") == "crossroads"
    place = {element.tag: element.text for element in world.find("spherical_coordinates")}
    assert place["world_frame_orientation"] == "ENU" and place["heading_deg"] == "0"
    assert float(place["latitude_deg"]) == pytest.approx(47.0)


def test_all_plugins_that_px4_and_a_camera_need_are_listed(world):
    assert {plugin.get("name").rpartition("::")[2] for plugin in world.findall("plugin")} == PLUGINS


def test_every_file_that_is_named_is_there(folder, world):
    """A missing mesh makes Gazebo refuse the whole world."""
    meshes = {uri.text for uri in world.iter("uri")}
    figures = {f"person_{k}.obj" for k in range(5)} | {f"car_{k}.obj" for k in range(2)}
    assert meshes == {"town.obj", "ground.obj", *figures}
    for mesh in meshes:
        text = (folder / mesh).read_text()
        materials = (folder / re.search(r"mtllib (\S+)", text)[1]).read_text()
        assert set(re.findall(r"usemtl (\S+)", text)) <= set(re.findall(r"newmtl (\S+)", materials))
        for picture in re.findall(r"map_Kd (\S+)", materials):
            assert cv2.imread(str(folder / picture)) is not None


def test_every_triangle_names_corners_that_are_there(folder):
    lines = (folder / "town.obj").read_text().splitlines()
    corners = sum(line.startswith("v ") for line in lines)
    named = [int(word.partition("/")[0]) for line in lines if line.startswith("f ") for word in line.split()[1:]]
    assert corners > 0 and min(named) >= 1 and max(named) == corners


def test_names_are_unique_among_siblings_and_fit_for_topics(world):
    """`gz sdf -k` refuses a visual and a collision of one name."""
    for parent in world.iter():
        names = [child.get("name") for child in parent if child.tag != "plugin" and child.get("name")]
        assert len(set(names)) == len(names)
        assert all(re.fullmatch(r"[A-Za-z0-9_]+", name) for name in names)


def test_there_are_people_cars_pads_and_the_towns_cameras(world):
    names = [child.get("name") for child in world if child.tag in ("model", "actor")]
    assert sum(name.startswith("person_") for name in names) == 5
    assert sum(name.startswith("car_") for name in names) == 2
    assert sum(name.startswith("pad_") for name in names) >= 1
    eyes = [model for model in world.findall("model") if model.get("name").startswith("camera_")]
    assert len(eyes) == 5  # one pin-hole camera, and a dome as four
    assert {sensor.get("type") for eye in eyes for sensor in eye.iter("sensor")} == {"depth_camera", "segmentation"}
    pose = next(eye for eye in eyes if eye.get("name") == "camera_corner").findtext("pose").split()
    assert float(pose[4]) > 0.0  # downwards


def test_the_same_seed_gives_the_same_world(folder, tmp_path):
    run(CROSSROADS, "--out", tmp_path, "--at", "2026-06-21T10:00:00", "--fixed-cameras", "--people", 5, "--cars", 2)
    for file in folder.iterdir():
        assert (tmp_path / file.name).read_bytes() == file.read_bytes()


def test_a_perimeter_gives_its_name_and_its_part(tmp_path):
    perimeter = CROSSROADS.parents[1] / "missions" / "crossroads_perimeter.geojson"
    assert run(CROSSROADS, "--out", tmp_path, "--perimeter", perimeter).exit_code == 0
    assert (tmp_path / "crossroads_perimeter.sdf").is_file()


def test_a_missing_town_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"site\.yaml"):
        run(tmp_path, "--out", tmp_path / "world")


def test_a_full_disk_is_reported_in_a_line_and_leaves_nothing(monkeypatch, tmp_path):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("blindspot_sim.world.build.write_obj", full)
    with pytest.raises(InputError, match=r"world: --out: can't be written \(No space left on device\); name another"):
        run(CROSSROADS, "--out", tmp_path / "world")
    assert not (tmp_path / "world").exists()
