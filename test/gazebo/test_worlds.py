"""Our worlds in a real Gazebo: they load, and its depth cameras check the coverage engine. On request: a minute."""

from __future__ import annotations

import base64
import math
import os
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point, Polygon

from blindspot.coverage.sight.fixed import sight_of
from blindspot.site.load import load_site
from blindspot.site.relief.raster import height_field
from blindspot.site.town.geojson import load_area
from blindspot.site.town.model import Site
from blindspot.stack.programs.gazebo_models import DRONE
from blindspot_lab.gazebo.judge import judge
from blindspot_lab.gazebo.server import LIMIT_S, Server, is_here
from blindspot_sim.world.build import Eye, Traffic, build_world, eyes_of

CONFIG = Path(__file__).parents[2] / "config"
LEAST_AGREEMENT = 0.97
NOON = datetime(2026, 6, 21, 12, tzinfo=UTC)

pytestmark = pytest.mark.skipif(
    not os.environ.get("BLINDSPOT_GAZEBO") or not is_here(),
    reason="NOT TESTED: worlds in a real Gazebo; set BLINDSPOT_GAZEBO=1, with gz on the path",
)


class World(Server):
    """A town in a running Gazebo server. People and cars are left out, since they hide ground that is open for the
    engine."""

    def __init__(self, folder: Path, town: str, perimeter: str | None) -> None:
        self.site: Site = load_site(CONFIG / "sites" / town)
        area: Polygon = self.site.area_of_interest
        if perimeter is not None:
            area = load_area(CONFIG / "missions" / perimeter, self.site.frame)
        self.area = area
        super().__init__(build_world(self.site, area, NOON, folder, town, Traffic(0, 0, 1), fixed_cameras=True))

    def spawn(self, model: str, name: str) -> None:
        """Put a model onto the first pad of the area, as PX4 does."""
        pad = next(pad for pad in self.site.pads if self.area.covers(Point(pad.east_m, pad.north_m)))
        place = f"{{position: {{x: {pad.east_m}, y: {pad.north_m}, z: {pad.up_m}}}}}"
        asked = f'sdf_filename: "model://{model}/model.sdf", name: "{name}", pose: {place}'
        kinds = ("--reqtype", "gz.msgs.EntityFactory", "--reptype", "gz.msgs.Boolean", "--timeout", "10000")
        command = ["gz", "service", "-s", f"/world/{self.world.stem}/create", *kinds, "--req", asked]
        subprocess.run(command, env=self.environ, capture_output=True, timeout=LIMIT_S, check=True)

    def turn(self, name: str, joint: str, angle_rad: float) -> None:
        command = ["gz", "topic", "-t", f"/model/{name}/gimbal/{joint}", "-m", "gz.msgs.Double"]
        subprocess.run([*command, "-p", f"data: {angle_rad}"], env=self.environ, timeout=LIMIT_S, check=True)

    def turned(self, link: str) -> dict[str, float]:
        """A link's attitude as a quaternion, within its model; empty before it is there."""
        poses = self.message(f"/world/{self.world.stem}/pose/info")["pose"]
        found: dict[str, float] = next((pose["orientation"] for pose in poses if pose["name"] == link), {})
        return found

    def depth(self, eye: Eye) -> np.ndarray:
        sent = self.message(f"/{eye.name}/depth_camera")
        picture = np.frombuffer(base64.b64decode(sent["data"]), np.float32)
        return picture.reshape(sent["height"], sent["width"])


@pytest.fixture(
    scope="module", params=[("crossroads", None), ("nantes", "nantes_evening_perimeter.geojson")],
    ids=["crossroads", "nantes"],
)  # fmt: skip
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(tmp_path_factory.mktemp("world"), *request.param) as running:
        yield running


def test_gazebos_parser_finds_nothing_wrong(world):
    ran = subprocess.run(["gz", "sdf", "-k", world.world], capture_output=True, text=True, check=False)
    assert (ran.stdout + ran.stderr).strip() == "Valid."


def test_it_loads_and_runs(world):
    before_s = time.monotonic()
    clock = world.message("/clock")
    print(f"first clock {time.monotonic() - before_s:.1f} s after it was asked for: {clock.get('sim')}")
    later = world.message("/clock")
    assert later["sim"] != clock["sim"]
    assert "[Err]" not in world.log.read_text()


def test_depth_cameras_see_the_ground_that_the_engine_says(world):
    """The share of open ground in all pictures on which both agree. A failure names the worst camera."""
    west, south, east, north = world.area.buffer(100.0).bounds
    field = height_field(world.site, (west, south, east, north))
    grid, agreed, all_of_it, shares = field.grid, 0, 0, []
    rows, cols = np.indices(grid.shape)
    points = np.column_stack(
        (
            (grid.east_min_m + (cols + 0.5) * grid.cell_m).ravel(),
            (grid.north_min_m + (rows + 0.5) * grid.cell_m).ravel(),
            field.ground_m.ravel(),
        )
    )
    is_open = (field.top_m <= field.ground_m + 0.5).ravel()
    for camera in world.site.cameras:
        eyes = list(eyes_of(world.site, camera, world.area))
        if not eyes:
            continue
        sight = sight_of(camera, field, 0.0)
        predicted = np.zeros(grid.shape, bool)
        height, width = sight.clear.shape
        inside = predicted[sight.row_min : sight.row_min + height, sight.col_min : sight.col_min + width]
        inside[:] = sight.clear[: inside.shape[0], : inside.shape[1]]
        for eye in eyes:
            found = judge(eye, world.depth(eye), points)
            asked = found.in_picture & is_open
            same = (found.seen == predicted.ravel())[asked]
            shares.append((float(same.mean()), int(asked.sum()), eye.name))
            agreed, all_of_it = agreed + int(same.sum()), all_of_it + int(asked.sum())
    print(f"{agreed / all_of_it:.4f} of {all_of_it} cells in {len(shares)} pictures; worst {min(shares)}")
    assert len(shares) >= 4 and agreed / all_of_it >= LEAST_AGREEMENT, sorted(shares)[:5]


PX4_MODELS = [Path(folder) for folder in os.environ.get("GZ_SIM_RESOURCE_PATH", "").split(":") if folder]


@pytest.mark.skipif(
    not any((folder / "x500" / "model.sdf").is_file() for folder in PX4_MODELS),
    reason="NOT TESTED: our drone in a real Gazebo; name the folder of PX4's models in GZ_SIM_RESOURCE_PATH",
)
def test_the_drones_gimbal_turns_as_it_is_asked(world):
    """Yaw clockwise, pitch up, roll to the right, each about its own joint: minus z, minus y and plus x of its link."""
    world.spawn(DRONE, "flyer")
    asked = {"yaw": (0.7, "gimbal_yaw_arm", "z", -1), "roll": (0.2, "gimbal_roll_arm", "x", 1),
             "pitch": (-0.6, "camera_link", "y", -1)}  # fmt: skip
    deadline_s = time.monotonic() + LIMIT_S
    for joint, (angle_rad, link, axis, sign) in asked.items():
        while abs(world.turned(link).get(axis, 0.0) - sign * math.sin(angle_rad / 2)) > 0.06:
            assert time.monotonic() < deadline_s, f"{joint}: {world.turned(link)}"
            world.turn("flyer", joint, angle_rad)
            time.sleep(1.0)
