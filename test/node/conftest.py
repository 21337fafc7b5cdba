"""What every node's test needs: the transport that carries pictures, and a small mission."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"
# As `bringup` sets it: with the default transport a picture never arrives. Read when the first node is made.
os.environ["FASTDDS_DEFAULT_PROFILES_FILE"] = str(CONFIG / "dds.xml")


@pytest.fixture(scope="session")
def mission_path() -> Path:
    """The mission over the tutorial's crossroads."""
    return CONFIG / "missions" / "crossroads.yaml"
