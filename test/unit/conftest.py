"""The crossroads mission: its stacks, its site and its plan, made once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from blindspot.mission.mission_file import load_mission
from blindspot.planning.planner import make_plan
from blindspot.site.load import load_site
from blindspot.stack.bringup import CONFIG_DIR, stack
from blindspot.stack.processes import Options, Stack

MISSION = Path(__file__).parents[2] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def mission_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes the crossroads' mission with one or two drones, its paths made absolute."""

    def make(drones: int) -> Path:
        text = MISSION.read_text()
        for name in ("../sites", "../authorisations", "crossroads_perimeter"):
            text = text.replace(f": {name}", f": {MISSION.parent / name}")
        if drones == 1:
            text = text.replace("  - {name: drone2, model: reference, pad: south}\n", "")
        (tmp_path / "missions").mkdir(exist_ok=True)
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(CONFIG_DIR / "drones")
        (tmp_path / "missions" / "own.yaml").write_text(text)
        return tmp_path / "missions" / "own.yaml"

    return make


@pytest.fixture
def made(tmp_path: Path, mission_of: Callable[..., Path]) -> Callable[..., Stack]:
    """Makes the stack of a mode; on hardware with one drone and a video, as it has to be."""

    def make(mode: str, mission: Path = MISSION, **changes: object) -> Stack:
        options = Options(run_dir=tmp_path / "run", seed=5)
        if mode == "hardware":
            video = tmp_path / "video.avi"
            video.touch()
            options, mission = replace(options, camera=str(video)), mission_of(drones=1)
        return stack(mode, mission, replace(options, **changes))

    return make


@pytest.fixture(scope="session")
def mission():
    return load_mission(MISSION)


@pytest.fixture(scope="session")
def site(mission):
    return load_site(mission.site_dir)


@pytest.fixture(scope="session")
def plan(mission, made_once):
    return made_once("plan", lambda: make_plan(mission))


@pytest.fixture(scope="module")
def searched_little(plan) -> Iterator[None]:
    """Cuts the search for plans to a tenth, for tests of soundness instead of tour length.

    The plan that all tests share is made before, with the whole search.
    """
    from blindspot.planning.tours import tour_search

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tour_search, "MOVES_A_PICTURE", tour_search.MOVES_A_PICTURE // 10)
        patch.setattr(tour_search, "SHIFTS_A_PICTURE", tuple(moves // 10 for moves in tour_search.SHIFTS_A_PICTURE))
        yield


@pytest.fixture
def with_file():
    """A mission with some of its file's values replaced, e.g. `with_file(mission, limits={"max_up_m": 70.0})`."""

    def replaced(mission, **sections):
        data = mission.file.model_dump(by_alias=True)
        for name, value in sections.items():
            data[name] = data[name] | value if isinstance(value, dict) else value
        return replace(mission, file=type(mission.file).model_validate(data))

    return replaced
