"""The atlas of the crossroads in a folder, made once for the tests of a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.acts.plans import plan_atlas
from blindspot.law import Loaded
from blindspot.planning.atlas import load_atlas

MISSION = Path(__file__).parents[4] / "config" / "missions" / "crossroads_dispatch.yaml"


@pytest.fixture(scope="module")
def asked():
    return Loaded.of(MISSION)


@pytest.fixture(scope="module")
def folder(asked, tmp_path_factory):
    made = tmp_path_factory.mktemp("plan")
    plan_atlas(made, asked)
    return made / "atlas"


@pytest.fixture(scope="module")
def atlas(asked, folder):
    return load_atlas(folder, asked.mission)
