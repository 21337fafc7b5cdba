"""The files of the law as models: authorisation, aviation, profiles."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.files.authorisation_file import Analytics, Signature, Signer
    from blindspot.law.files.field_types import Sha256
else:
    __getattr__, __all__ = open_door(__name__)
