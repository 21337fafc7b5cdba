"""The ladder of stages before a first flight, each signed by a person."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.commission.ladder import LADDER
    from blindspot.commission.record import Record, as_yaml, check_below, load_record, sign_off, trusted_signers
else:
    __getattr__, __all__ = open_door(__name__)
