"""Sealed recordings: parts that are written with public keys alone, and opened with two private keys."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.sealed.halves import Sealing
else:
    __getattr__, __all__ = open_door(__name__)
