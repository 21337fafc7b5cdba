"""A town that a reader can hold in her head: one block beside one street."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from blindspot.camera.optics import Lens
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.site.ground.grid import Grid
from blindspot.vision.models.models import DEFAULT_FOLDER
from blindspot.vision.town.seen_town import Prism, Town

REPOSITORY = Path(__file__).resolve().parents[3]


def block(west: float, south: float, east: float, north: float, top_m: float) -> Prism:
    ring = np.array([(west, south), (east, south), (east, north), (west, north)], float)
    return Prism((ring,), 0.0, top_m, top_m)


@pytest.fixture(scope="session")
def town() -> Town:
    """100 x 100 m about the origin.

    Public: a street, -10 < east < 10. Allowed: its part with north > -30. A 12 m high block stands at 10..30 east,
    -20..20 north, with an open yard behind it.
    """
    grid = Grid(-50.0, -50.0, 0.5, 200, 200)
    east = np.arange(-49.75, 50, 0.5)[None, :]
    north = np.arange(-49.75, 50, 0.5)[:, None]
    public = (np.abs(east) < 10) & (north > -100)
    allowed = public & (north > -30)
    street = (np.array([(0.0, -50.0), (0.0, 50.0)]), 8.0)
    return Town(grid, np.zeros(grid.shape, np.float32), public, allowed, (block(10, -20, 30, 20, 12.0),), (street,))


@pytest.fixture(scope="session")
def lens() -> Lens:
    return Lens(35.0, 640, 360)


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The real detector's model; tests that need it are skipped, loudly, where set-up has not brought it."""
    path = DEFAULT_FOLDER / "nanodet.onnx"
    if not path.is_file():
        pytest.skip("NOT TESTED: no detector model; bring it with: python -m blindspot.vision.models.model_setup")
    return path


@pytest.fixture(scope="session")
def mission() -> Mission:
    """The evening over Nantes: real buildings and roads."""
    return load_mission(REPOSITORY / "config" / "missions" / "nantes_evening.yaml")
