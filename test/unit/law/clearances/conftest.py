"""Two lawful plans of one view each over the crossroads, 20 m apart, and what asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from test.factories import cost_of, plan_of, route_of, view_at

from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.mission.homes import site_pads
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.mission.plan import Begin, Plan, Route
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import load_area

CONFIG = Path(__file__).resolve().parents[4] / "config"
PARAMETERS = {"RTL_CONE_ANG": 0.0, "RTL_LAND_DELAY": 0.0, "COM_LOW_BAT_ACT": 3.0, "GF_ACTION": 3.0,
              "COM_OBL_RC_ACT": 3.0, "MPC_XY_CRUISE": 4.0, "MPC_ACC_HOR": 3.0, "MPC_Z_V_AUTO_UP": 3.0,
              "MPC_Z_V_AUTO_DN": 1.5, "MPC_YAWRAUTO_MAX": 45.0}  # fmt: skip
FENCES = {"drone1": (10.0, 75.0), "drone2": (-75.0, -10.0)}
"""South and north end of each drone's fence, m."""


@pytest.fixture
def mission(tmp_path: Path) -> Mission:
    """The crossroads in a folder of the test's own."""
    shutil.copytree(CONFIG, tmp_path / "config", ignore=shutil.ignore_patterns("nantes*", "models"))
    return load_mission(tmp_path / "config" / "missions" / "crossroads.yaml")


@pytest.fixture
def plans(mission: Mission) -> dict[str, Plan]:
    """By drone: a plan of it alone, of ten minutes."""
    origin, pads = site_pads(mission)
    frame = LocalFrame(origin.lat_deg, origin.lon_deg, origin.datum_amsl_m, origin.geoid_m)
    perimeter = tuple(load_area(mission.perimeter_path, frame).exterior.coords)[:-1]
    return {
        member.name: plan_of(
            _route(member.name, member.pad, pads[member.pad]),
            id=f"plan-{member.name}", origin=origin, perimeter=perimeter, band=mission.file.band,
        )
        for member in mission.file.fleet
    }  # fmt: skip


def _route(drone: str, pad: str, home: Any) -> Route:
    south_m, north_m = FENCES[drone]
    view = view_at(home.east_m, home.north_m, 80.0, id=f"view-{drone}")
    fence = ((-75.0, south_m), (75.0, south_m), (75.0, north_m), (-75.0, north_m))
    failsafe = {"rtl_return_alt_m": 80.0, "fence": fence, "fence_max_alt_m": 95.0, "parameters": PARAMETERS}
    expected = cost_of(600.0, 160.0, 6.0)
    return route_of(view, drone=drone, pad=pad, home=home, up_m=80.0, failsafe=failsafe, expected=expected)


@pytest.fixture
def now_utc(mission: Mission) -> datetime:
    return mission.file.start.astimezone(UTC)


@pytest.fixture
def clearances(tmp_path: Path) -> Clearances:
    return Clearances(DayMeter(Ledger(tmp_path / "state")), simulated=True)


@pytest.fixture
def asked(mission: Mission) -> Callable[..., AskedPlan]:
    """A request of requester "A" for a plan, as another requester's or of another mission if wanted."""

    def asked(plan: Plan, requester: str = "A", mission_sha256: str = "a" * 64) -> AskedPlan:
        targets = () if plan.watch is None else (SimpleNamespace(name=plan.watch.target),)
        of = replace(mission, file=mission.file.model_copy(update={"targets": targets}))
        return AskedPlan(plan, of, mission_sha256, requester, LiveAuthorisation(mission.authorisation_path))

    return asked


def rest_of(plan: Plan, **changes: Any) -> Plan:
    """The plan begun in the air after five minutes."""
    [route] = plan.routes
    begin = Begin(at=route.steps[0].to, battery_fraction=0.7, flown_s=300.0)
    route = route.model_copy(update={"begin": begin, **changes})
    return plan.model_copy(update={"id": "rest", "routes": (route,)})


@pytest.fixture
def rest() -> Callable[..., Plan]:
    return rest_of


def fenced(plan: Plan, south_m: float, north_m: float) -> Plan:
    """The plan with another fence."""
    [route] = plan.routes
    fence = ((-75.0, south_m), (75.0, south_m), (75.0, north_m), (-75.0, north_m))
    failsafe = route.failsafe.model_copy(update={"fence": fence})
    return plan.with_routes((route.model_copy(update={"failsafe": failsafe}),))


@pytest.fixture
def with_fence() -> Callable[..., Plan]:
    return fenced
