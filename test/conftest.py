"""Fixtures that every room's tests share."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
CONFIG = REPOSITORY / "config"
_DOMAINS = itertools.count()
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")  # no test's verdict depends on a time or on chance


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sitl", action="store_true", help="fly a real PX4 (SIH) and MAVROS too: half an hour")


@pytest.fixture
def ros_domain() -> int:
    """A ROS domain that no test before and, likely, no other process uses: what is left of a context is still heard."""
    return 1 + (os.getpid() + next(_DOMAINS)) % 230


@pytest.fixture
def ros(ros_domain: int) -> Iterator[None]:
    """A ROS context of the test's own."""
    import rclpy

    rclpy.init(domain_id=ros_domain)
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded and reference data; tests that need it are skipped, loudly, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"NOT TESTED: reference data is absent ({SHARED_DATA.name} beside the repository)")
    return SHARED_DATA


@pytest.fixture(scope="session")
def patrol(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shortest mission there is: one drone of the crossroads and a corner of its perimeter."""
    config = tmp_path_factory.mktemp("town") / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*"))
    missions = config / "missions"
    west, east, south, north = 1.9997, 2.0003, 47.00015, 47.0006
    ring = [[east, south], [east, north], [west, north], [west, south], [east, south]]
    area = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    (missions / "corner.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [area]}))
    text = (missions / "crossroads.yaml").read_text()
    text = text.replace("crossroads_perimeter.geojson", "corner.geojson").replace(
        "  - {name: drone2, model: reference, pad: south}\n", ""
    )
    (missions / "corner.yaml").write_text(text)
    return missions / "corner.yaml"
