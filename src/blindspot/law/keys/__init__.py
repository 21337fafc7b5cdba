"""Keys of computers, which have no pass-phrase, and the keys that open recordings."""

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
    from blindspot.law.keys.recording_key import holders_of, load_recording_key, new_recording_key
else:
    __getattr__, __all__ = open_door(__name__)
