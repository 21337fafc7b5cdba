"""The crossroads mission, its plan, and towns that a test may shape."""

from pathlib import Path

import numpy as np
import pytest

from blindspot.planning.mission import load_mission
from blindspot.planning.planner import make_plan
from blindspot.site.grid import Grid, HeightField
from blindspot.site.load import load_site

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture(scope="session")
def mission():
    return load_mission(CONFIG / "missions" / "crossroads.yaml")


@pytest.fixture(scope="session")
def site(mission):
    return load_site(mission.site_dir)


@pytest.fixture(scope="session")
def plan(mission):
    return make_plan(mission)


@pytest.fixture
def with_file():
    """A mission with some of its file's values replaced, e.g. `with_file(mission, limits={"max_up_m": 70.0})`."""

    def replaced(mission, **sections):
        from dataclasses import replace

        data = mission.file.model_dump(by_alias=True)
        for name, value in sections.items():
            data[name] = data[name] | value if isinstance(value, dict) else value
        return replace(mission, file=type(mission.file).model_validate(data))

    return replaced


def field_of(tops_m: np.ndarray, cell_m: float = 1.0) -> HeightField:
    """A town from a picture of its heights, row 0 = south, its corner at (0, 0)."""
    rows, cols = tops_m.shape
    grid = Grid(0.0, 0.0, cell_m, rows, cols)
    return HeightField(grid, np.zeros(tops_m.shape, np.float32), np.ascontiguousarray(tops_m, dtype=np.float32))
