"""Reads a text catalogue. A folder of pages holds `en.yaml` and `fr.yaml` with equal keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Literal

from blindspot.core import read_mapping

Tongue = Literal["fr", "en"]
TONGUES: tuple[Tongue, ...] = ("fr", "en")
NO_BREAK = "\u00a0"
MONTHS: Mapping[Tongue, tuple[str, ...]] = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
           "décembre"),
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December"),
}  # fmt: skip
_FRENCH_SPACE = re.compile(r" (?=[:;?!»%])|(?<=«) ")


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a folder in one language, by dotted key.

    >>> texts = Texts("fr", {"area.blind": "Sol non vu : {area}"})
    >>> texts("area.blind", area="12 m²").replace(NO_BREAK, " "), texts.number(1234.5, 1).replace(NO_BREAK, " ")
    ('Sol non vu : 12 m²', '1 234,5')
    """

    language: Tongue
    wordings: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with its fields filled in. Braces in `values` stay as the values have them. Raises KeyError
        for an unknown key and for a missing field."""
        return self._set(self.wordings[key]).format_map(values)

    def number(self, value: float, digits: int = 0) -> str:
        """A number with thousands apart, and in French with a comma."""
        text = f"{value:,.{digits}f}".replace(",", NO_BREAK)
        return text.replace(".", ",") if self.language == "fr" else text

    def day(self, day: date) -> str:
        """The date of a day or a moment in words: "6 November 2026"."""
        number = "1er" if self.language == "fr" and day.day == 1 else str(day.day)
        return NO_BREAK.join((number, MONTHS[self.language][day.month - 1], str(day.year)))

    def _set(self, wording: str) -> str:
        """French puts a space before its high signs; no line may end there."""
        return _FRENCH_SPACE.sub(NO_BREAK, wording) if self.language == "fr" else wording


@cache
def texts_in(folder: Path, language: Tongue) -> Texts:
    """Read the catalogue of a language.

    Parameters
    ----------
    folder
        The folder of `fr.yaml` and `en.yaml`.
    language
        The language.

    Raises
    ------
    InputError
        The catalogue is missing or no mapping of texts.

    Example
    -------
    >>> texts_in(Path("src/blindspot/evidence/dossier"), "en")("words.unknown")
    'unknown'
    """
    return Texts(language, dict(_flat(read_mapping(folder / f"{language}.yaml"), "")))


def _flat(texts: Mapping[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", str(value).rstrip("\n")
