"""The language of the law's texts, an option of several commands."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """The languages of the law's texts."""

    en = "en"
    fr = "fr"


InLanguage = Annotated[Language, typer.Option("--language", help="Language of the law's texts.")]
