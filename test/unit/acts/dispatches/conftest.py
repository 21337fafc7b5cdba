"""The atlas of the crossroads in a folder, made once for the tests of a file, and the state of a stack."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.acts.dispatches import NamedPlace, offers_at
from blindspot.acts.plans import plan_atlas
from blindspot.law import Loaded
from blindspot.mission.plan import load_plan
from blindspot.planning.atlas import load_atlas

CONFIG = Path(__file__).parents[4] / "config"
MISSION = CONFIG / "missions" / "crossroads_dispatch.yaml"
NOW = datetime(2026, 11, 6, 20, tzinfo=UTC)
CROSSING = NamedPlace(2.0, 3.0)


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


@pytest.fixture
def offered(folder, asked, atlas):
    def offered(place=CROSSING, stack=None, drone=""):
        return offers_at(folder, asked, atlas, place, stack, NOW, drone)

    return offered


@pytest.fixture
def stack(tmp_path):
    """The state of a stack with both drones on their pads, changed by drone."""

    def stack(missions=(), simulated=True, ready=True, **changes):
        parked = {"phase": "idle", "run": "", "inspection": "", "autopilot": "down", "battery_fraction": 1.0,
                  "east_m": None, "north_m": None, "up_m": None}  # fmt: skip
        drones = [{"drone": name, **parked, **changes.get(name, {})} for name in ("drone1", "drone2")]
        return {"ready": ready, "simulated": simulated, "drones": drones, "missions": list(missions),
                "stack_dir": str(tmp_path), "fleet": str(CONFIG / "fleets" / "crossroads.yaml")}  # fmt: skip

    return stack


@pytest.fixture
def patrol(offered):
    """A plan of drone1 with the perimeter as its fence, as routes of a patrol have it."""
    plan = load_plan(offered(drone="drone1").offers[0].plan)
    [route] = plan.routes
    failsafe = route.failsafe.model_copy(update={"fence": plan.perimeter})
    plan = plan.model_copy(update={"mission": "config/missions/crossroads.yaml"})
    return plan.with_routes([route.model_copy(update={"failsafe": failsafe})])


def in_progress(tmp_path, plan, drone):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "plan.json").write_text(plan.to_json())
    return {"run": "run", "mission": "Patrol", "person": "A. Martin", "phase": "flying", "drones": [drone],
            "plan": plan.sha256}  # fmt: skip
