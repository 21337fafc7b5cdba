"""Uses, flights and pages with chosen facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from shapely.geometry import LineString, box

from blindspot.evidence.acts.register import Use
from blindspot.evidence.public.page import PublicPage
from blindspot.evidence.public.perimeter_map import draw_perimeter
from blindspot.evidence.public.public_flights import PublicFlight
from blindspot.law import load_authorisation

BEGUN = datetime(2026, 11, 27, 20, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[4] / "config" / "authorisations" / "example_92" / "authorisation.yaml"
USE = Use(
    run="evening", authorisation="PP-1", profile="FR-CSI-L242-5", purpose="L242-5-I-1", person="A. Martin",
    drones=("drone1", "drone2"), begun=BEGUN, ended=BEGUN + timedelta(minutes=6), outcome="completed",
    recorded_s=None, recorded_is="unknown", access=("V. Viewer",), armed=("drone1", "drone2"),
)  # fmt: skip


@pytest.fixture
def use():
    return lambda **changed: replace(USE, **changed)


def public_flight(**changed):
    known = PublicFlight(
        reference="0" * 16, begun=BEGUN, ended=BEGUN + timedelta(minutes=6), drones=2, seen_m2=6636.2,
        flown_min=5.04, before=0.244, after=0.9932, recorded="no", miss_rate="not measured",
    )  # fmt: skip
    return replace(known, **changed)


def public_page(*flights, written=BEGUN + timedelta(days=3), **changed):
    """A page of the example of department 92 with these flights; further words change its authorisation."""
    auth = load_authorisation(EXAMPLE).file.model_copy(update=changed)
    square = draw_perimeter(box(0, 0, 160, 160), (48.9, 2.3), [("rue A", LineString([(0, 80), (200, 80)]))])
    return PublicPage(auth, flights, [{"number": 12, "sha256": "ab" * 32}], written, timedelta(hours=48), square)


@pytest.fixture
def flight():
    return public_flight


@pytest.fixture
def page():
    return public_page
