"""A home position beside that of the take-off."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blindspot.mission.plan import Point


@pytest.fixture
def homes() -> Callable[..., dict[str, Point]]:
    """Telemetry with another home; by default it is that of the take-off."""
    return lambda up_m=2.0, north_m=-0.2: {"home": Point(east_m=0.1, north_m=north_m, up_m=up_m)}
