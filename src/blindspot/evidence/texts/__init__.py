"""Texts of pages in French and English: one catalogue for each language in the folder of the pages."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.texts.catalogue import Texts, Tongue, texts_in
else:
    __getattr__, __all__ = open_door(__name__)
