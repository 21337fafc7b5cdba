from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.core import InputError
from blindspot.mission import load_mission

CONFIG = Path(__file__).parents[3] / "config"


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """A mission of the repository with another line; its files are named as seen from `tmp_path`."""
    text = (CONFIG / "missions" / name).read_text().replace("../", f"{CONFIG}/")
    text = text.replace("perimeter: ", f"perimeter: {CONFIG}/missions/")
    assert old in text
    path = tmp_path / name
    path.write_text(text.replace(old, new))
    return path


def test_a_patrol_promises_a_revisit_time_for_a_share_of_the_ground():
    mission = load_mission(CONFIG / "missions/nantes_patrol.yaml")
    assert (mission.file.kind, mission.file.revisit_s, mission.file.share) == ("patrol", 1800.0, 0.95)


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("nantes_patrol.yaml", "revisit_s: 1800", "", "a patrol needs revisit_s"),
        ("nantes_patrol.yaml", "share: 0.95", "", "a patrol needs share"),
        ("nantes_evening.yaml", "kind: sweep", "kind: sweep\nrevisit_s: 1800", "a sweep has no revisit_s"),
        ("nantes_patrol.yaml", "share: 0.95", "share: 97", "share"),
        ("nantes_patrol.yaml", "revisit_s: 1800", "revisit_s: 10", "revisit_s"),
    ],
)
def test_a_promise_belongs_to_a_patrol_alone(tmp_path, name, old, new, problem):
    with pytest.raises(InputError, match=problem):
        load_mission(changed(tmp_path, name, old, new), CONFIG / "drones")
