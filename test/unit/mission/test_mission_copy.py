"""A mission between computers: each reads its own copy, and another content is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.mission.fleet_file import load_fleet
from blindspot.mission.mission_copy import MissionRef, run_folder
from blindspot.mission.mission_file import load_mission

CONFIG = Path(__file__).parents[3] / "config"


@pytest.fixture
def drone_side(tmp_path: Path) -> Path:
    """The configuration of another computer: a copy of ours at another place."""
    for name in ("fleets", "missions", "drones", "authorisations", "sites/crossroads"):
        shutil.copytree(CONFIG / name, tmp_path / "config" / name)
    return tmp_path / "config"


@pytest.fixture
def ref() -> MissionRef:
    """The reference that the ground station sends."""
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    return MissionRef.of(fleet, load_mission(CONFIG / "missions" / "crossroads.yaml"))


def test_a_copy_at_another_place_is_the_same_mission(drone_side: Path, ref: MissionRef) -> None:
    fleet = load_fleet(drone_side / "fleets" / "crossroads.yaml")
    mission = ref.read(fleet)
    assert mission.path == drone_side / "missions" / "crossroads.yaml"
    assert MissionRef.of(fleet, mission) == ref


@pytest.mark.parametrize(
    "file",
    [
        "missions/crossroads.yaml",
        "missions/crossroads_perimeter.geojson",
        "drones/reference.yaml",
        "sites/crossroads/site.yaml",
        "sites/crossroads/private_zones.geojson",  # the masks on board are made from it
    ],
)
def test_a_copy_with_another_content_is_refused(drone_side: Path, ref: MissionRef, file: str) -> None:
    fleet = load_fleet(drone_side / "fleets" / "crossroads.yaml")
    changed = drone_side / file
    changed.write_text(changed.read_text() + "\n")
    with pytest.raises(InputError, match="differs here from the copy"):
        ref.read(fleet)


def test_the_authorisation_may_change_since_the_gate_reads_it_for_each_lease(drone_side: Path, ref: MissionRef) -> None:
    authorisation = drone_side / "authorisations" / "crossroads_sim.yaml"
    authorisation.write_text(authorisation.read_text() + "\n")
    ref.read(load_fleet(drone_side / "fleets" / "crossroads.yaml"))


def test_a_copy_with_another_area_of_a_priority_is_refused(drone_side: Path) -> None:
    """Its plan would send the drones elsewhere."""
    mission, area = drone_side / "missions" / "crossroads.yaml", drone_side / "missions" / "school.geojson"
    shutil.copy(drone_side / "missions" / "crossroads_perimeter.geojson", area)
    mission.write_text(mission.read_text() + "\npriorities: [{area: school.geojson, weight: 3.0}]\n")
    fleet = load_fleet(drone_side / "fleets" / "crossroads.yaml")
    ref = MissionRef.of(fleet, load_mission(mission))
    ref.read(fleet)
    area.write_text(area.read_text() + "\n")
    with pytest.raises(InputError, match="differs here from the copy"):
        ref.read(fleet)


@pytest.mark.parametrize("file", ["../other/crossroads.yaml", "../missions/../missions/crossroads.yaml"])
def test_the_same_content_under_another_path_is_another_mission(drone_side: Path, ref: MissionRef, file: str) -> None:
    """Beside another folder lies another authorisation."""
    shutil.copytree(drone_side / "missions", drone_side / "other")
    fleet = load_fleet(drone_side / "fleets" / "crossroads.yaml")
    with pytest.raises(InputError, match="differs here from the copy"):
        MissionRef(file, ref.sha256).read(fleet)


@pytest.mark.parametrize(
    "file", ["x" * 300, "x/" * 50_000, "\u202e\x1b[2J", "\udcff"], ids=["long", "deep", "odd", "bytes"]
)
def test_a_name_that_no_disk_takes_is_refused_in_one_short_sentence(file: str) -> None:
    with pytest.raises(InputError, match="is no file here") as refusal:
        load_fleet(CONFIG / "fleets" / "crossroads.yaml").mission_path(file)
    assert len(str(refusal.value)) < 400 and str(refusal.value).isprintable()


@pytest.mark.parametrize("file", ["", "../missions/none.yaml", "../missions", "../../etc\0/passwd"])
def test_a_name_that_is_no_file_here_is_refused(file: str) -> None:
    with pytest.raises(InputError, match="is no file here"):
        load_fleet(CONFIG / "fleets" / "crossroads.yaml").mission_path(file)


def test_a_mission_that_the_fleet_cannot_fly_is_refused() -> None:
    fleet = load_fleet(CONFIG / "fleets" / "nantes.yaml")
    other = MissionRef.of(fleet, load_mission(CONFIG / "missions" / "crossroads.yaml"))
    with pytest.raises(InputError, match="the fleet stands at nantes"):
        other.read(fleet)


def test_a_run_is_a_folder_inside_the_stacks_folder(tmp_path: Path) -> None:
    assert run_folder(tmp_path, "") == tmp_path
    assert run_folder(tmp_path, "20261106T190000Z-crossroads") == tmp_path / "20261106T190000Z-crossroads"


@pytest.mark.parametrize("run", ["..", "../other", "/tmp", "a/b", ".hidden", "a" * 121, "a\n", "a\0"])
def test_a_run_that_leads_elsewhere_is_refused(tmp_path: Path, run: str) -> None:
    with pytest.raises(InputError, match="is no name of a folder"):
        run_folder(tmp_path, run)
