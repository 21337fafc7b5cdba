"""The ladder of stages before a first flight, each signed by a person."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

if TYPE_CHECKING:
    from blindspot.commission.ladder import LADDER as LADDER
    from blindspot.commission.record import (
        Record as Record,
        as_yaml as as_yaml,
        check_below as check_below,
        load_record as load_record,
        sign_off as sign_off,
        trusted_signers as trusted_signers,
    )
else:
    __getattr__, __all__ = open_door(__name__)
