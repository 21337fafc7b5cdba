"""Mandates of pilots: the signed evenings whose passes a scheduler may order."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.operations.mandates.passes import (
        keep_mandate,
        latest_start,
        mandate_of,
        operation_sha256,
        pass_key,
        pass_signer,
    )
else:
    __getattr__, __all__ = open_door(__name__)
