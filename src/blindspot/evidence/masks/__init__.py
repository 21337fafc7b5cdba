"""Measured miss rates of the masking, and the density at which masked pictures are published."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.masks.miss_rate import FILE, MODEL_LINE, rates_beside
    from blindspot.evidence.masks.publication import PUBLICATION_LINE, Publication, publication_in
else:
    __getattr__, __all__ = open_door(__name__)
