"""The secret of an operation: a key on the ground station, from which each evening's draw follows."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blindspot.core import InputError, open_file
from blindspot.operations.ledger import KEY_FILE
from blindspot.operations.patrols.draw import commitment, draw_evening, seed_of
from blindspot.operations.patrols.library import Library
from blindspot.operations.states import OccurrenceRow

KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn evening: (start, variant) of each pass, and the commitment to its seed."""

    passes: Sequence[tuple[datetime, str]]
    commitment: str


@dataclass(frozen=True, slots=True)
class Secret:
    """Draws the evenings of an operation from key and library."""

    library: Library
    key: bytes

    @classmethod
    def of(cls, library: Library, folder: Path) -> Secret:
        """The secret with the key in the state folder of an operation. A new folder gets a random key, which only its
        owner can read. Raises InputError if the key can't be read or made, or has another length."""
        return cls(library, own_bytes(folder, KEY_FILE))

    def draw(self, occurrence: OccurrenceRow) -> Drawn:
        """The passes of an occurrence; the same ones at each call."""
        seed = seed_of(self.key, occurrence.id)
        passes = draw_evening(
            self.library, occurrence.id, occurrence.slot_from, occurrence.slot_until, occurrence.passes_asked, seed
        )
        return Drawn([(one.start, one.variant) for one in passes], commitment(seed))

    def reveal(self, occurrence: OccurrenceRow) -> str:
        """The seed of an occurrence, hex."""
        return seed_of(self.key, occurrence.id).hex()


def own_bytes(folder: Path, name: str) -> bytes:
    """The secret bytes in a file of a state folder, for the owner alone; new bytes without a file. Two processes at
    the same time get the same bytes. Raises InputError if they can't be read or made, have another length, or
    if other users can read them."""
    path = folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f"{secrets.token_hex(4)}.{name}")  # an export leaves each *.key out
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        with open_file(path) as opened:
            mode, key = os.fstat(opened.fileno()).st_mode, opened.read()
    except OSError as error:
        raise InputError(
            path, "", f"can't be read or made ({error.strerror})", "see the folder and the disk"
        ) from error
    if len(key) != KEY_BYTES:
        raise InputError(
            path, "", f"has {len(key)} bytes, not {KEY_BYTES}", "restore it, or move it away for a new one"
        )
    if stat.S_IMODE(mode) & 0o077:
        problem = f"has mode {stat.S_IMODE(mode):04o}: others can use it"
        raise InputError(path, "", problem, f"chmod 600 {path}, and replace it if others had it")
    return key
