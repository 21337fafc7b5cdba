"""Keys of the two holders, the computer's key, and parts that are sealed with them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.evidence.sealed.halves import AUTHORITY, SERVICE, Sealing
from blindspot.evidence.sealed.opened import open_part
from blindspot.evidence.sealed.sealed_file import SealedFile

PRIVATE = {SERVICE: X25519PrivateKey.generate(), AUTHORITY: X25519PrivateKey.generate()}
COMPUTER = Ed25519PrivateKey.generate()
SEALING = Sealing({holder: key.public_key() for holder, key in PRIVATE.items()}, COMPUTER)


def sealed_part(path: Path, blocks, *, sealing=SEALING, is_closed=True):
    """A part with these clear texts, each in a block of its own."""
    part = SealedFile(path, {"run": "evening", "erase_by": "2999-01-01T00:00:00+00:00"}, sealing)
    for number, clear in enumerate(blocks):
        part.tick(20.0 * number)
        part.write(clear)
        part.tick(20.0 * number + 10.0)
    part.close() if is_closed else part.abandon()
    return path


def opened(path, private=None):
    """(what was read, the clear text)."""
    target = io.BytesIO()
    found = open_part(path, PRIVATE if private is None else private, target)
    return found, target.getvalue()


@pytest.fixture
def part(tmp_path):
    return sealed_part(tmp_path / "drone1-1.mcap.sealed", [b"one " * 500, b"two " * 400, b"three " * 300])
