"""The fleet file: its drones, and which missions it can fly."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from blindspot.core.errors import InputError
from blindspot.mission.fleet_file import fleet_of_mission, load_fleet
from blindspot.mission.homes import site_pads
from blindspot.mission.mission_file import load_mission

CONFIG = Path(__file__).parents[3] / "config"
FLEETS = CONFIG / "fleets"
MISSIONS = CONFIG / "missions"
OF_MISSION = {"crossroads": "crossroads", "nantes": "nantes_evening"}


@pytest.fixture
def fleet_with(tmp_path: Path) -> Callable[..., Path]:
    """Writes the crossroads' fleet with other values."""

    def write(**changes: object) -> Path:
        content = yaml.safe_load((FLEETS / "crossroads.yaml").read_text()) | {"site": str(CONFIG / "sites/crossroads")}
        file = tmp_path / "fleets" / "own.yaml"
        file.parent.mkdir(exist_ok=True)
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(CONFIG / "drones")
        file.write_text(yaml.safe_dump(content | changes))
        return file

    return write


def test_the_mission_on_call_lies_beside_the_fleet_file() -> None:
    found = load_fleet(FLEETS / "nantes.yaml").on_call
    assert found is not None and found.resolve() == MISSIONS / "nantes_dispatch.yaml"
    assert load_fleet(FLEETS / "crossroads.yaml").on_call is None


@pytest.mark.parametrize(("fleet", "mission"), OF_MISSION.items())
def test_each_fleet_of_the_repository_flies_its_mission(fleet: str, mission: str) -> None:
    found, flown = load_fleet(FLEETS / f"{fleet}.yaml"), load_mission(MISSIONS / f"{mission}.yaml")
    assert found.why_not(flown) == ""
    assert site_pads(found) == site_pads(flown)
    assert [found.system_id(name) for name in found.names] == [1, 2]


def test_a_mission_file_gives_its_own_fleet_and_world() -> None:
    mission = load_mission(MISSIONS / "nantes_evening.yaml")
    fleet = load_fleet(mission.path)
    assert fleet == fleet_of_mission(mission)
    assert fleet.why_not(mission) == ""
    assert fleet.file.simulation.wind == mission.file.wind
    assert fleet.file.simulation.people == mission.file.people
    assert fleet.file.record is mission.file.record


@pytest.mark.parametrize(
    ("drone", "reason"),
    [
        ({"name": "drone9", "model": "reference", "pad": "north"}, "names drone1, the fleet has drone9"),
        ({"name": "drone1", "model": "reference", "pad": "west"}, "drone1 as reference on pad north, the fleet has it"),
    ],
)
def test_a_fleet_refuses_a_mission_of_other_drones(
    fleet_with: Callable[..., Path], drone: dict[str, str], reason: str
) -> None:
    fleet = load_fleet(fleet_with(drones=[drone], packs=[]))
    assert reason in fleet.why_not(load_mission(MISSIONS / "crossroads.yaml"))


def test_a_fleet_refuses_a_mission_with_a_further_pad_on_which_another_drone_stands() -> None:
    mission = load_mission(MISSIONS / "crossroads.yaml")
    alone = mission.file.fleet[:1]
    lone = replace(mission, file=mission.file.model_copy(update={"fleet": alone, "further_pads": ("south",)}))
    fleet = load_fleet(MISSIONS / "crossroads.yaml")
    assert "has south among its further_pads, where drone2 of the fleet stands" in fleet.why_not(lone)


def test_a_mission_and_its_fleet_agree_on_the_time_of_a_swap() -> None:
    mission, fleet = load_mission(MISSIONS / "crossroads.yaml"), load_fleet(FLEETS / "crossroads.yaml")
    slower = replace(mission, file=mission.file.model_copy(update={"swap_s": 300.0}))
    assert fleet.why_not(mission) == ""
    assert "has a swap_s of 300 s, the fleet has 180 s: give both the same" in fleet.why_not(slower)
    assert fleet_of_mission(slower).why_not(slower) == ""


def test_a_fleet_refuses_a_mission_at_another_site() -> None:
    problem = load_fleet(FLEETS / "nantes.yaml").why_not(load_mission(MISSIONS / "crossroads.yaml"))
    assert "is for site crossroads, the fleet stands at nantes" in problem


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"site": "nowhere"}, "nowhere does not exist"),
        ({"on_call": "none.yaml"}, "on_call: .*none.yaml does not exist; name a mission file as seen from"),
        ({"drones": []}, "drones"),
        *[
            ({"drones": [{"name": "drone1", "model": "reference", "pad": "north", key: " \u200b"}]}, "names nobody")
            for key in ("green_light_by", "pilot")
        ],
        ({"packs": [{"id": "A1", "model": "other"}]}, "no drone of the fleet is a other"),
        ({"packs": [{"id": "A1", "model": "reference"}] * 2}, "two battery packs have the same id"),
        (
            {"drones": [{"name": name, "model": "reference", "pad": "north"} for name in ("drone1", "drone2")]},
            "the same pad",
        ),
        (
            {
                "drones": [
                    {"name": "drone1", "model": "reference", "pad": "north", "mav_sys_id": 2},
                    {"name": "drone2", "model": "reference", "pad": "south"},
                ]
            },
            "the same mav_sys_id",
        ),
        ({"drones": [{"name": "drone1", "model": "missing", "pad": "north"}]}, "missing.yaml does not exist"),
        *[
            ({"drones": [{"name": name, "model": "reference", "pad": "north"}]}, f"{name} is a name of the stack's own")
            for name in ("blindspot", "simulator")
        ],
    ],
)
def test_a_wrong_fleet_file_is_refused_in_one_sentence(
    fleet_with: Callable[..., Path], changes: dict[str, object], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_fleet(fleet_with(**changes))
    assert "own.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fleet_has_the_hash_of_the_file_that_was_read(tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config, ignore=shutil.ignore_patterns("nantes*", "models"))
    for name in ("fleets/crossroads.yaml", "missions/crossroads.yaml"):
        read = load_fleet(config / name)
        assert read.sha256 == hashlib.sha256((config / name).read_bytes()).hexdigest()
        with (config / name).open("a") as file:
            file.write("# a comment\n")
        assert load_fleet(config / name).sha256 not in (read.sha256, "")


def test_an_unknown_drone_is_named_with_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"has no drone drone7.*drone1, drone2"):
        load_fleet(FLEETS / "crossroads.yaml").member("drone7")
