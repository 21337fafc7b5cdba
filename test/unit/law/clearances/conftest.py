"""Two lawful plans of one view each over the crossroads, 20 m apart, and what asks for them."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from blindspot.law.clearances.clearances import Clearances
from blindspot.law.clearances.ledger import DayMeter, Ledger
from blindspot.law.clearances.live import LiveAuthorisation
from blindspot.law.clearances.one_clearance import AskedPlan
from blindspot.mission.homes import site_pads
from blindspot.mission.mission_file import Mission, load_mission
from blindspot.mission.plan import Begin, Coverage, Expected, Failsafe, Plan, Relief, Route, View
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
        member.name: Plan(
            id=f"plan-{member.name}", mission="m", site="s", origin=origin, seed=1, perimeter=perimeter,
            band=mission.file.band, relief=Relief(lowest_m=0.0, highest_m=0.0),
            routes=(_route(member.name, member.pad, pads[member.pad]),),
            coverage=Coverage(cell_m=1.0, public_area_m2=1.0, fixed_area_m2=0.0, blind_area_m2=1.0,
                              reachable_area_m2=1.0, planned_area_m2=1.0),
        )
        for member in mission.file.fleet
    }  # fmt: skip


def _route(drone: str, pad: str, home: Any) -> Route:
    south_m, north_m = FENCES[drone]
    over_pad = home.model_copy(update={"up_m": 80.0})
    view = View(id=f"view-{drone}", to=over_pad, aim={"heading_deg": 0.0, "pitch_deg": -90.0}, speed_mps=5.0, dwell_s=5)
    fence = ((-75.0, south_m), (75.0, south_m), (75.0, north_m), (-75.0, north_m))
    failsafe = Failsafe(rtl_type=0, rtl_return_alt_m=80.0, fence=fence, fence_max_alt_m=95.0, parameters=PARAMETERS)
    expected = Expected(flight_time_s=600.0, distance_m=160.0, energy_wh=6.0, battery_left_fraction=0.9)
    return Route(drone=drone, model="reference", pad=pad, home=home, takeoff_up_m=80.0, steps=(view,),
                 failsafe=failsafe, expected=expected)  # fmt: skip


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
        return AskedPlan(plan, mission, mission_sha256, requester, LiveAuthorisation(mission.authorisation_path))

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
