"""The crossroads mission and its plan, made once."""

from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.planning.mission import load_mission
from blindspot.planning.planner import make_plan
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
        data = mission.file.model_dump(by_alias=True)
        for name, value in sections.items():
            data[name] = data[name] | value if isinstance(value, dict) else value
        return replace(mission, file=type(mission.file).model_validate(data))

    return replaced
