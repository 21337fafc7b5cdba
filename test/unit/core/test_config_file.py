from __future__ import annotations

from datetime import datetime
from itertools import pairwise

import pytest
from pydantic import Field, model_validator

from blindspot.core.config_file import FileName, Section, field_of, read_mapping, read_yaml
from blindspot.core.errors import InputError
from blindspot.site.importers.camera_list import CameraList


class Lamp(Section):
    watt: float = Field(gt=0)
    colour: str = "white"
    bulbs: tuple[str, ...] = Field(("one",), min_length=1)

    @model_validator(mode="after")
    def _has_a_colour(self) -> Lamp:
        if self.colour == "none at all":
            raise ValueError("no lamp is without a colour")
        return self


class Street(Section):
    lamps: dict[str, Lamp]


def read(tmp_path, text, model=Street):
    path = tmp_path / "street.yaml"
    path.write_text(text)
    return read_yaml(path, model)


def test_a_file_that_is_right_is_read(tmp_path):
    assert read(tmp_path, "lamps: {a: {watt: 5}, b: {watt: 6}}").lamps["b"].watt == 6.0


def test_a_file_may_override_inherited_values(tmp_path):
    text = "lamps:\n  a: &a {watt: 5}\n  b: &b {<<: *a, watt: 6}\n  c: {<<: *b, watt: 7}\n"
    assert [lamp.watt for lamp in read(tmp_path, text).lamps.values()] == [5.0, 6.0, 7.0]


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("lamps:\n  a: {watt: 5}\n  a: {}\n", r"street\.yaml: line 3: .*\('a' is there twice, first in line 2"),
        ("lamps: {a: {watt: 5, watt: 5}}", r"street\.yaml: line 1: .* \('watt' is there twice, first in line 1\)"),
        ("lamps:\n  a: [5\n", r"street\.yaml: line 3: is not valid YAML \(expected ',' or '\]'"),
        ("lamps: \x07", r"street\.yaml: is not valid YAML \(.*special characters are not allowed\); save it as"),
        ("", r"street\.yaml: is empty or not a mapping of keys"),
        ("lamps: {a: {}}", r"street\.yaml: lamps\.a\.watt: is missing; add it"),
        ("lamps: {a: {watt: 0}}", r"lamps\.a\.watt: should be greater than 0 \(found 0\)$"),
        ("lamps: {a: {watt: high}}", r"lamps\.a\.watt: should be a valid number \(found 'high'\)$"),
        ("lamps: {a: {watt: yes}}", r"lamps\.a\.watt: should be a valid number \(found True\)$"),
        ("lamps: {a: 5}", r"lamps\.a: is no mapping of keys$"),
        ("lamps: {a: {watt: 5, colour: none at all}}", r"street\.yaml: lamps\.a: no lamp is without a colour$"),
        ("lamps: {a: {wat: 5}}", r"lamps\.a\.wat: is an unknown key; write watt, or remove it$"),
        ("lamps: {a: {watt: 5, bulbs: []}}", r"lamps\.a\.bulbs: needs at least 1$"),
        ("lamps: {a: {watts: 5, watt: 5}}", r"lamps\.a\.watts: is an unknown key; write watt, or remove it$"),
        ("lamps: {a: {watt: 5, xyz: 5}}", r"lamps\.a\.xyz: is an unknown key; correct or remove it$"),
        ("lamp: {a: {watt: 5}}", r"street\.yaml: lamp: is an unknown key; write lamps, or remove it$"),
    ],
)
def test_a_mistake_is_reported_by_file_and_place(tmp_path, text, reported):
    with pytest.raises(InputError, match=reported) as error:
        read(tmp_path, text)
    assert "<unicode string>" not in str(error.value)


def test_a_missing_schema_is_reported_with_the_line_that_lacks(tmp_path):
    with pytest.raises(InputError, match=r"schema: is missing; add the line schema: blindspot\.camera_list/1$"):
        read(tmp_path, "attribution: town hall\ncolumns: {x: lon, y: lat}\n", CameraList)


def test_a_file_of_another_kind_is_reported_before_its_keys(tmp_path):
    with pytest.raises(
        InputError,
        match=r"schema: should be 'blindspot\.camera_list/1' \(found 'blindspot\.fleet/1'\); name a file of this kind$",
    ):
        read(tmp_path, "schema: blindspot.fleet/1\nname: North\n", CameraList)


def test_a_file_without_a_schema_and_with_foreign_keys_is_reported_as_of_another_kind(tmp_path):
    with pytest.raises(InputError, match=r"schema: is missing; name another file, or add the line schema: .*_list/1$"):
        read(tmp_path, "type: FeatureCollection\nfeatures: []\n", CameraList)


class Dated(Section):
    at: datetime


@pytest.mark.parametrize("text", ["tomorrow", "06/11/2026 20:00"])
def test_a_time_that_cannot_be_read_is_reported_with_an_example(tmp_path, text):
    with pytest.raises(
        InputError, match=rf"at: should be a date and time, e\.g\. 2026-11-06T20:00.* \(found '{text}'\)"
    ):
        read(tmp_path, f"at: {text}", Dated)


class Named(Section):
    file: FileName
    word: str = Field("a", pattern="^a+$")


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("file: ../x", r"file: should hold letters, digits, .* only, at most 100, .* first \(found '\.\./x'\)$"),
        ("{file: x, word: b}", r"word: String should match pattern '\^a\+\$' \(found 'b'\)$"),
    ],
)
def test_a_name_with_other_letters_is_refused_in_words(tmp_path, text, reported):
    with pytest.raises(InputError, match=reported):
        read(tmp_path, text, Named)


def test_a_file_that_is_not_there_is_reported(tmp_path):
    with pytest.raises(
        InputError, match=r"nope\.yaml: can't be read \(No such file or directory\); name an existing file"
    ):
        read_yaml(tmp_path / "nope.yaml", Street)
    with pytest.raises(InputError, match=r"is a folder; name a file in it"):
        read_yaml(tmp_path, Street)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise("abcdefgh")
)


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("x: 1\nstart: 2026-11-31", r"line 2: .*an impossible value: day"),
        ("start: 2026-13-01", "line 1: .* month"), ("x: !!int 9x", "impossible"),
        ("x: !!timestamp 2026-99-99", "impossible"), ("x: " + "[" * 2000, "nests over"), ("x: &x [*x]", "aliases"),
        ("x: &x {a: *x}", "aliases"), (BOMB, "aliases stand for more than"), ("x: !!binary é", "x|YAML"),
    ],
)  # fmt: skip
def test_text_made_to_break_a_reader_is_refused_in_one_line(tmp_path, text, reported):
    path = tmp_path / "hostile.yaml"
    path.write_text(text + "\n")
    with pytest.raises(InputError, match=reported) as refused:
        read_mapping(path)
    assert "\n" not in str(refused.value)


def test_aliases_that_save_a_few_words_are_read(tmp_path):
    path = tmp_path / "short.yaml"
    path.write_text("usual: &usual {speed: 4}\nfirst: *usual\nsecond: {<<: *usual, speed: 5}\n")
    assert read_mapping(path)["second"] == {"speed": 5}


@pytest.mark.parametrize(
    ("place", "field"),
    [
        (("limits", "max_up_m"), "limits.max_up_m"),
        (("fleet", 2, "name"), "fleet drone 3, name"),
        (("window", "daily_slots", 0, "start"), "window.daily_slots slot 1, start"),
        (("routes", 0, "steps", 4, "view", "dwell_s"), "routes route 1, steps step 5, dwell_s"),
        (("perimeter", 3), "perimeter item 4"),
        ((), ""),
    ],
)
def test_a_field_is_named_as_its_writer_counts(place, field):
    assert field_of(place) == field
