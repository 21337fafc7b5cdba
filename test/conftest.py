"""Fixtures that every room's tests share."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parents[1]
_TESTS = itertools.count()
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")  # no test's verdict depends on a time or on chance


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sitl", action="store_true", help="fly a real PX4 (SIH) and MAVROS too: half an hour")


@pytest.fixture
def ros() -> Iterator[None]:
    """A ROS context of the test's own, in a domain that neither the test before nor, likely, another process uses."""
    import rclpy

    rclpy.init(domain_id=100 + (os.getpid() + next(_TESTS)) % 100)
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded and reference data; tests that need it are skipped, loudly, where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"NOT TESTED: reference data is absent ({SHARED_DATA.name} beside the repository)")
    return SHARED_DATA
