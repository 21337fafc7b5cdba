"""A valid authorisation over a square of 200 m, as plain data, and a plan that it grants."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from test.factories import ORIGIN, SQUARE, cost_of, plan_of, route_of, view_at
from test.unit.law.office import Office

from blindspot.law.signatures.authorisation import Authorisation, load_authorisation
from blindspot.mission.plan import Aim, DensityBand, Plan, Point, Route
from blindspot.mission.plan_figures import Intrusion
from blindspot.site.town.frame import LocalFrame

NOW = datetime(2026, 11, 6, 19, 30, tzinfo=UTC)
"""A Friday, 20:30 in Paris."""


def area_text(corners: tuple[tuple[float, float], ...] = SQUARE) -> str:
    frame = LocalFrame(ORIGIN.lat_deg, ORIGIN.lon_deg, ORIGIN.datum_amsl_m, ORIGIN.geoid_m)
    ring = [list(frame.to_wgs84(*corner)) for corner in (*corners, corners[0])]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


DOCUMENT: dict[str, Any] = {
    "schema": "blindspot.authorisation/1", "id": "SIM-1", "profile": "SIM-ONLY",
    "window": {
        "not_before": "2026-11-01T00:00:00+01:00", "not_after": "2026-12-01T00:00:00+01:00", "tz": "Europe/Paris",
        "daily_slots": [{"days": ["FRI"], "start": "20:00", "end": "23:00"}], "max_flight_min_per_day": 60,
    },
    "area": {
        "geojson": "area.geojson", "sha256": hashlib.sha256(area_text().encode()).hexdigest(), "max_area_m2": 50000,
        "floor_m_agl": 30, "ceiling_m_agl": 100,
    },
    "sensors": {
        "max_simultaneous_cameras": 1,
        "cameras": [{"id": "main", "max_pitch_deg": -50, "min_pitch_deg": -90, "max_zoom": 2.0, "max_px_per_m": 60}],
    },
    "recording": {"allowed": True, "retention_h": 168, "dwelling_purge_h": 48},
    "analytics": {"masking": "REQUIRED", "detectors": ["nanodet"]},
}  # fmt: skip


@pytest.fixture(scope="session")
def square_text() -> str:
    """The area file of the document."""
    return area_text()


@pytest.fixture
def known() -> dict[str, Any]:
    """Facts of the day for a real flight: nothing was flown, and no other plan is cleared."""
    return {"flown_s": 0.0, "cameras_beside": 0}


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(DOCUMENT)


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[dict[str, Any]], Authorisation]:
    """Write an authorisation and its area (the square, or what is drawn), and load it."""
    folder: Path = tmp_path_factory.mktemp("authorisations")
    (folder / "area.geojson").write_text(area_text(), encoding="utf-8")

    def from_document(document: dict[str, Any], drawn: tuple[tuple[float, float], ...] = ()) -> Authorisation:
        if drawn:
            (folder / "drawn.geojson").write_text(area_text(drawn), encoding="utf-8")
            sha256 = hashlib.sha256(area_text(drawn).encode()).hexdigest()
            document = document | {"area": document["area"] | {"geojson": "drawn.geojson", "sha256": sha256}}
        path = folder / "authorisation.yaml"
        path.write_text(yaml.safe_dump(document), encoding="utf-8")
        return load_authorisation(path)

    return from_document


@pytest.fixture(scope="session")
def document_once() -> dict[str, Any]:
    """The same, for tests that copy it themselves."""
    return DOCUMENT


@pytest.fixture(scope="session")
def now() -> datetime:
    return NOW


def make_route(**changes: Any) -> Route:
    """A route whose fields change after they were checked."""
    view = view_at(20.0, 0.0, 60.0, aim=Aim(heading_deg=0.0, pitch_deg=-60.0), speed_mps=8.0)
    return route_of(view, expected=cost_of(600.0, 100.0, 10.0, 0.8)).model_copy(update=changes)


def make_plan(*routes: Route, **changes: Any) -> Plan:
    intrusion = Intrusion(private_m2s=0.0, facade_m2s=0.0, highest_px_per_m=60.0)
    return plan_of(*routes or (make_route(),), intrusion=intrusion).model_copy(update=changes)


def with_step(**changes: Any) -> Plan:
    """The plan with its one view changed."""
    route = make_route()
    return make_plan(route.model_copy(update={"steps": (route.steps[0].model_copy(update=changes),)}))


@pytest.fixture(scope="session")
def good_plan() -> Plan:
    return make_plan()


@pytest.fixture(scope="session")
def bad_plans() -> dict[str, Plan]:
    """Plans that break one rule each, by a margin as small as it gets."""
    route = make_route()
    failsafe = route.failsafe.model_copy(update={"rtl_return_alt_m": 100.1})
    long = route.expected.model_copy(update={"flight_time_s": 9001.0})
    return {
        "GEO-01": make_plan(perimeter=((-100.2, -100.0), *SQUARE[1:])),
        "GEO-01 step": with_step(to=Point(east_m=100.2, north_m=0.0, up_m=60.0)),
        "GEO-01 home": make_plan(make_route(home=Point(east_m=0.0, north_m=100.2, up_m=0.0))),
        "GEO-03": make_plan(band=DensityBand(min_px_per_m=25.0, max_px_per_m=60.1)),
        "SEN-02": make_plan(route, route.model_copy(update={"drone": "drone2"})),
        "SEN-03": with_step(aim=Aim(heading_deg=0.0, pitch_deg=-49.9)),
        "AVI-01": with_step(to=Point(east_m=20.0, north_m=0.0, up_m=100.1)),
        "AVI-01 low": with_step(to=Point(east_m=20.0, north_m=0.0, up_m=29.9)),
        "AVI-01 return": make_plan(make_route(failsafe=failsafe)),
        "TIM-03": make_plan(make_route(expected=long)),
    }


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)
