"""A new town is refused before its folder is made, for any caller."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.acts.towns import make_town
from blindspot.core.errors import InputError

SITE = Path(__file__).parents[4] / "config" / "sites" / "crossroads"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def test_heights_are_for_a_map_file_alone(tmp_path):
    with pytest.raises(InputError, match=r"--datum-m: belongs to a file of OpenStreetMap"):
        make_town(SITE, tmp_path / "mine", NOW, datum_m=10.0)
    assert not (tmp_path / "mine").exists()


def test_a_filled_folder_is_kept(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(InputError):
        make_town(SITE, tmp_path, NOW)
    assert [file.name for file in tmp_path.iterdir()] == ["notes.txt"]
