"""A kept town is that of the mission's files as they are at the check."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from blindspot.cli.plans.kept_town import MOST_KEPT, keep_town, town_of
from blindspot.core import InputError
from blindspot.mission import site_of
from blindspot.mission.mission_copy import mission_sha256
from blindspot.mission.mission_file import load_mission
from blindspot.planning.checker import ground_of_mission

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture
def mission(tmp_path):
    """The crossroads' mission in a folder of the test's own."""
    folder = tmp_path / "config"
    shutil.copytree(CONFIG, folder, ignore=shutil.ignore_patterns("nantes*", "models"))
    return folder / "missions" / "crossroads.yaml"


def test_a_town_is_read_once_as_long_as_its_files_stay(mission):
    keep_town(mission)
    kept = town_of(mission)
    keep_town(mission)
    assert town_of(mission) is kept and kept.ground is not None


@pytest.mark.parametrize("name", ["missions/crossroads.yaml", "sites/crossroads/buildings.geojson"])
def test_a_changed_file_is_read_again(mission, name):
    keep_town(mission)
    before = town_of(mission)
    file = mission.parents[1] / name
    file.write_text(file.read_text().replace("max_speed_mps: 6.0", "max_speed_mps: 5.5") + "\n")
    keep_town(mission)
    assert town_of(mission) is not before
    assert town_of(mission).mission.file.limits.max_speed_mps == (5.5 if "missions" in name else 6.0)


def test_a_mission_with_a_wrong_file_is_not_kept(mission):
    keep_town(mission)
    (mission.parents[1] / "sites" / "crossroads" / "site.yaml").write_text("nothing")
    keep_town(mission)
    with pytest.raises(InputError):
        assert town_of(mission).site


def test_the_oldest_town_makes_room(mission):
    files = [mission, *(mission.with_name(f"m{number}.yaml") for number in range(MOST_KEPT))]
    for file in files[1:]:
        shutil.copy(mission, file)
    kept = []
    for file in files:
        keep_town(file)
        kept.append(town_of(file))
    assert town_of(files[0]).ground is None
    assert [town_of(file) for file in files[1:]] == kept[1:]


def test_each_file_that_a_town_is_made_of_counts_in_the_hash(mission):
    """A file outside the hash could change without a new reading."""
    opened: set[Path] = set()
    listens = [True]

    def hear(event: str, details: tuple[object, ...]) -> None:
        if listens and event == "open" and isinstance(details[0], str | Path):
            opened.add(Path(details[0]).resolve())

    sys.addaudithook(hear)
    ground_of_mission(read := load_mission(mission), site_of(read))
    listens.clear()
    own = {file for file in opened if file.is_relative_to(mission.parents[1]) and file.is_file()}
    assert len(own) > 5
    for file in own:
        before = mission_sha256("", load_mission(mission))
        content = file.read_bytes()
        file.write_bytes(content + b"\n")
        assert mission_sha256("", load_mission(mission)) != before, file
        file.write_bytes(content)
