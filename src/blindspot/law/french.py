"""The texts of the law in French, for a reader (`config/french.yaml`).

Rules write their evidence in English, and a judgement is recorded so. The French is found by the English text: by the
wording whose fields, such as "{drone}", take the values of the text. No ruling depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pydantic import Field

from blindspot.core import Section, folders, read_yaml
from blindspot.law.files.profiles import FOLDER, Profile, load_profile, profile_names
from blindspot.law.rules.facts import NOT_PROVIDED

FILE = folders.LAW_DIR / "french.yaml"
FIELD = re.compile(r"\{(\w+)\}")


class Catalogue(Section):
    """The file: French wordings by their English ones."""

    schema_: Literal["blindspot.french/1"] = Field(alias="schema", description="Kind and version of the file")
    texts: dict[str, str] = Field(min_length=1, description="Whole texts")
    parts: dict[str, str] = Field(min_length=1, description="Texts that stand in a field of another one")


@dataclass(frozen=True, slots=True)
class _Wording:
    pattern: re.Pattern[str]
    fields: tuple[str, ...]
    french: str


@dataclass(frozen=True, slots=True)
class _Wordings:
    """Wordings without a field, and those with fields: the most precise one first."""

    plain: Mapping[str, str]
    with_fields: tuple[_Wording, ...]


def said(text: str, language: str) -> str:
    """A text of the law in a language, "en" or "fr"; a text that has no French stays English."""
    if language != "fr":
        return text
    whole, parts = _wordings()
    return " ; ".join(_french(piece, whole, parts) for piece in text.split("; "))


def _french(text: str, known: _Wordings, parts: _Wordings) -> str:
    if text in known.plain:
        return known.plain[text]
    for each in known.with_fields:
        if found := each.pattern.fullmatch(text):
            values = (_french(value, parts, parts) for value in found.groups())
            return each.french.format_map(dict(zip(each.fields, values, strict=True)))
    if ": " not in text:
        return text
    pieces = text.split(": ", 1)
    french = [_french(piece, parts, parts) for piece in pieces]
    return " : ".join(french) if french != pieces else text


@cache
def _wordings() -> tuple[_Wordings, _Wordings]:
    """(of whole texts, of the texts in their fields), with the texts that profiles and rules have in French."""
    file = read_yaml(FILE, Catalogue)
    own = {missing.en: missing.fr for missing in NOT_PROVIDED.values()} | {
        text.en: text.fr for profile in _profiles() for text in (profile.title, *profile.purposes.values())
    }
    parts = file.parts | own
    return _compiled(own | file.texts), _compiled(parts)


def _profiles() -> Iterator[Profile]:
    """Every profile of this installation, with each country's rules."""
    for profile in map(load_profile, profile_names()):
        packs = [path.stem for path in sorted(FOLDER.glob("packs/*.yaml"))] if profile.takes_rule_pack else [None]
        yield from (load_profile(profile.id, pack) for pack in packs)


def _compiled(wordings: Mapping[str, str]) -> _Wordings:
    named = {english: tuple(FIELD.findall(english)) for english in wordings}
    in_order = sorted((english for english in wordings if named[english]), key=_precision, reverse=True)
    return _Wordings(
        {english: french for english, french in wordings.items() if not named[english]},
        tuple(_Wording(_pattern(each), named[each], wordings[each]) for each in in_order),
    )


def _precision(english: str) -> tuple[int, int]:
    """The letters of a wording before its first field, and in all: a wording with more letters fits fewer texts."""
    return english.index("{"), len(FIELD.sub("", english))


def _pattern(english: str) -> re.Pattern[str]:
    literals = FIELD.split(english)[::2]
    return re.compile("(.+?)".join(map(re.escape, literals)), re.DOTALL)
