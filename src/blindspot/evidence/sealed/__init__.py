"""Sealed recordings: parts that are written with public keys alone, and opened with two private keys."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.evidence.sealed.form import SUFFIX
    from blindspot.evidence.sealed.halves import KEYS, Sealing, destroy_key
    from blindspot.evidence.sealed.opened import open_part
else:
    __getattr__, __all__ = open_door(__name__)
