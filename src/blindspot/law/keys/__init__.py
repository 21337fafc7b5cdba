"""Keys without a pass-phrase: their files, and the key with which a computer signs what no person is there to sign."""

from typing import TYPE_CHECKING

from blindspot.core.door import open_door

# mypy: implicit-reexport
if TYPE_CHECKING:
    from blindspot.law.keys.computer_key import (
        ComputerKey,
        beside,
        is_signed,
        keep_computer_key,
        load_computer_key,
        own_computer_key,
        public_computer_key,
        read_key_id,
        usual_computer_key,
    )
    from blindspot.law.keys.key_file import public_half
else:
    __getattr__, __all__ = open_door(__name__)
