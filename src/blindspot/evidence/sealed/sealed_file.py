"""Writes a sealed part, block by block: a file that the writer of a recording writes to as to any other."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from blindspot.evidence.sealed.form import (
    LENGTH_BYTES,
    LONGEST_BLOCK,
    NO_TAG,
    TAG_BYTES,
    Header,
    LastLine,
    associated,
    nonce_of,
)
from blindspot.evidence.sealed.halves import Sealing, id_of, keys_file, write_halves
from blindspot.law.signatures import key_id

LONGEST_S = 10.0
"""Longest time for which a written byte waits for its block."""
_ONLY_OWNER = 0o600


class SealedFile:
    """An open part. A process that is killed loses one block at most; a power cut also loses the blocks since the last
    `tick`: to wait for the disk after each block costs more processor time than the encryption.

    Raises OSError on a disk error, and if the file exists already. The key file comes first: without it no part.
    """

    def __init__(self, path: Path, facts: Mapping[str, str], sealing: Sealing) -> None:
        ids = {holder: id_of(key) for holder, key in sealing.holders.items()}
        self._computer = sealing.computer
        self._signed_by = key_id(sealing.computer.public_key())
        header = Header(os.urandom(16).hex(), dict(facts), ids, self._signed_by)
        self._cipher = AESGCM(write_halves(path, header, sealing.holders))
        self._header, self._hash = header.digest, hashlib.sha256()
        self._clear, self._taken_bytes, self._size_bytes = bytearray(), 0, 0
        self._number, self._tag, self._since_s, self._is_synced = 0, NO_TAG, 0.0, True
        self._fd = -1
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
            self._put(header.line)
            self._sync()
        except OSError:
            if self._fd >= 0:
                self.abandon()
                path.unlink(missing_ok=True)
            keys_file(path).unlink(missing_ok=True)
            raise

    def write(self, data: bytes) -> int:
        """Take all of `data`; raises OSError."""
        self._clear += data
        self._taken_bytes += len(data)
        while len(self._clear) > LONGEST_BLOCK:
            self._seal(LONGEST_BLOCK)
        return len(data)

    def tick(self, steady_s: float) -> None:
        """Seal the data that has waited for `LONGEST_S` by a monotonic clock, and wait until all blocks are on the
        disk. Call this about once a second. Raises OSError."""
        if not self._clear:
            self._since_s = steady_s
        elif steady_s - self._since_s >= LONGEST_S:
            self._seal(len(self._clear))
            self._since_s = steady_s
        self._sync()

    def tell(self) -> int:
        """The bytes of the clear text: the writer of a recording keeps places in it."""
        return self._taken_bytes

    @property
    def size_bytes(self) -> int:
        """Bytes written to the disk."""
        return self._size_bytes

    def flush(self) -> None:
        """Does nothing: a block that is full or old goes to the disk."""

    def close(self) -> str:
        """Seal the last block, sign the end, close the file, and return the SHA-256 of the file in hex."""
        self._seal(len(self._clear), is_last=True)
        unsigned = LastLine(self._number, self._hash.hexdigest(), self._signed_by, "")
        signature = self._computer.sign(unsigned.said).hex()
        self._put(LastLine(unsigned.blocks, unsigned.head, unsigned.key_id, signature).line)
        self._sync()
        self.abandon()
        return self._hash.hexdigest()

    def abandon(self) -> None:
        """Close the file as it is; safe to call repeatedly. The system soon reuses a closed descriptor."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def _seal(self, size: int, *, is_last: bool = False) -> None:
        """Encrypt the first bytes that wait, and write them as the next block."""
        self._number += 1
        data = associated(self._header, self._number, self._tag, is_last=is_last)
        sealed = self._cipher.encrypt(nonce_of(self._number), bytes(self._clear[:size]), data)
        del self._clear[:size]
        self._tag = sealed[-TAG_BYTES:]
        self._put(size.to_bytes(LENGTH_BYTES) + sealed)

    def _put(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.write(self._fd, view)
            self._hash.update(view[:written])
            self._size_bytes += written
            view = view[written:]
        self._is_synced = False

    def _sync(self) -> None:
        if not self._is_synced:
            os.fdatasync(self._fd)
            self._is_synced = True
