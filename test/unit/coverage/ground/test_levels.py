from pathlib import Path

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.coverage.ground.levels import EN_62676_4_2014, Level, area_by_count, area_by_level, read_levels


def test_levels_of_the_standard_are_object_sizes_of_80_to_4_mm_a_pixel():
    assert [1000 / level.min_px_per_m for level in EN_62676_4_2014] == [80, 40, 16, 8, 4]


def test_areas_by_level_add_up_by_hand():
    density = np.array([[0, 12.5, 24.9], [25, 70, 300]], np.float32)
    where = np.array([[1, 1, 1], [1, 1, 0]], bool)
    found = area_by_level(density, where, 0.25, EN_62676_4_2014)
    assert found == {"monitor": 1.0, "detect": 0.5, "observe": 0.25, "recognise": 0.0, "identify": 0.0}


def test_areas_by_number_of_cameras_add_up_by_hand():
    count = np.array([[0, 0, 2], [1, 2, 9]], np.uint8)
    where = np.array([[1, 0, 1], [1, 1, 0]], bool)
    assert area_by_count(count, where, 0.25) == {0: 0.25, 1: 0.25, 2: 0.5}
    assert area_by_count(count, np.zeros_like(where), 0.25) == {}


def test_a_table_of_the_users_comes_sorted(tmp_path: Path):
    file = tmp_path / "levels.yaml"
    file.write_text("levels: {recognise: 130, overview: 20}")
    assert read_levels(file) == (Level("overview", 20.0), Level("recognise", 130.0))


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("levels: {}", "levels"),
        ("levels: {detect: 0}", "levels.detect"),
        ("levels: {detect: far}", "levels.detect"),
        ("levels: [25, 62.5]", "levels"),
        ("level: {detect: 25}", "levels"),
        ("schema: blindspot.mission/1", "levels"),
        ("levels: {detect: 25}\nschema: 1", "schema"),
    ],
)
def test_a_wrong_table_is_refused_with_its_field_and_a_right_example(tmp_path: Path, text: str, field: str):
    file = tmp_path / "levels.yaml"
    file.write_text(text)
    with pytest.raises(InputError, match=rf"levels.yaml: {field}: .*; .*levels: {{detect: 25|; give a value"):
        read_levels(file)
