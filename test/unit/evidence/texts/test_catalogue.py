"""The text catalogues of pages: both languages say the same, and values stay as people wrote them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from string import Formatter

import pytest

import blindspot
from blindspot.core import InputError
from blindspot.evidence.texts.catalogue import NO_BREAK, TONGUES, texts_in

FOLDERS = sorted({path.parent for name in TONGUES for path in Path(blindspot.__file__).parent.rglob(f"{name}.yaml")})


def fields_of(wording: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(wording) if name is not None}


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_both_languages_have_the_same_keys_and_the_same_fields(folder):
    french, english = (texts_in(folder, language).wordings for language in TONGUES)
    assert sorted(french) == sorted(english)
    assert {key for key in french if fields_of(french[key]) != fields_of(english[key])} == set()
    assert {key for texts in (french, english) for key, text in texts.items() if not text.strip()} == set()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "fr.yaml").write_text("purpose:\n  title: 'Finalité : {words}'\n")
    (tmp_path / "en.yaml").write_text("purpose:\n  title: 'Purpose: {words}'\n")
    return tmp_path


@pytest.mark.parametrize(("language", "text"), [("en", "Purpose: {a} : b"), ("fr", f"Finalité{NO_BREAK}: {{a}} : b")])
def test_a_value_is_shown_word_for_word(folder, language, text):
    assert texts_in(folder, language)("purpose.title", words="{a} : b") == text


def test_an_unknown_key_and_a_missing_value_are_errors(folder):
    with pytest.raises(KeyError, match="purpose"):
        texts_in(folder, "en")("purpose.name")
    with pytest.raises(KeyError, match="words"):
        texts_in(folder, "en")("purpose.title")


def test_a_missing_catalogue_is_named(tmp_path):
    with pytest.raises(InputError, match=r"fr.yaml: can't be read"):
        texts_in(tmp_path, "fr")


def test_numbers_and_days_are_written_as_the_language_does(folder):
    french, english = (texts_in(folder, language) for language in TONGUES)
    assert (french.number(63344.52, 1), english.number(63344.52, 1)) == (f"63{NO_BREAK}344,5", f"63{NO_BREAK}344.5")
    assert [french.day(date(2026, 11, day)).replace(NO_BREAK, " ") for day in (1, 6)] == [
        "1er novembre 2026", "6 novembre 2026",
    ]  # fmt: skip
    assert english.day(date(2026, 11, 6)).replace(NO_BREAK, " ") == "6 November 2026"
