"""Reads a sealed part: whether it is whole, and its clear text for the holders of all keys."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from blindspot.evidence.sealed.form import (
    LENGTH_BYTES,
    LONGEST_BLOCK,
    LONGEST_LINE,
    NO_TAG,
    OPEN,
    TAG_BYTES,
    BrokenPartError,
    Header,
    LastLine,
    associated,
    is_begun,
    nonce_of,
    read_header,
    read_last_line,
)
from blindspot.evidence.sealed.halves import key_of_part
from blindspot.law.signatures import key_id

State = Literal["closed", "interrupted"]
"""Closed with a signed end, or cut off before it: by a power cut, a full disk, or a person."""


@dataclass(frozen=True, slots=True)
class ReadPart:
    """A part that was read to its end."""

    header: Header | None
    """None for a part that was cut off within its first line."""
    state: State
    blocks: int
    """Whole blocks."""
    sha256: str
    """Of the whole file, in hex."""
    last: LastLine | None
    """None for an interrupted part."""


def header_of(part: Path) -> Header:
    """The header of a part. Raises OSError, and BrokenPartError for another file."""
    with part.open("rb") as file:
        return read_header(part, file.readline(LONGEST_LINE))


def check_part(part: Path, computer: Ed25519PublicKey | None = None) -> ReadPart:
    """Check all that shows without a key: form, number of blocks, head, and the signature of the computer's key if it
    is given. Raises OSError, and BrokenPartError with the first difference."""
    with part.open("rb") as file:
        return check_open_part(part, file, computer)


def check_open_part(part: object, file: BinaryIO, computer: Ed25519PublicKey | None) -> ReadPart:
    """Check a part, as `check_part`, that is read from its begin; `part` names it in messages."""
    line = file.readline(LONGEST_LINE)
    if is_begun(line):
        return ReadPart(None, "interrupted", 0, hashlib.sha256(line).hexdigest(), None)
    reader = _PartReader(part, file, line)
    for _ in reader.blocks():
        pass
    return reader.finish(computer)


def open_part(part: Path, private: Mapping[str, X25519PrivateKey], target: BinaryIO) -> ReadPart:
    """Write the clear text of a part to `target`. An interrupted part gives the text of all its whole blocks.

    Raises OSError; InputError for a missing or another key; BrokenPartError for a block at another place, of another
    part, or with another content.
    """
    with part.open("rb") as file:
        reader = _PartReader(part, file, file.readline(LONGEST_LINE))
        cipher, before = AESGCM(key_of_part(part, reader.header, private)), NO_TAG
        for block in reader.blocks():
            target.write(_clear(part, cipher, reader.header.digest, before, block))
            before = block.sealed[-TAG_BYTES:]
        return reader.finish(None)


@dataclass(frozen=True, slots=True)
class _Block:
    number: int
    sealed: bytes
    follows: Literal["block", "last line", "nothing"]


def _clear(part: Path, cipher: AESGCM, header: bytes, before: bytes, block: _Block) -> bytes:
    """A power cut may fall between the last block and the last line: at the end of a file a block may be either."""
    kinds = {"block": (False,), "last line": (True,), "nothing": (False, True)}[block.follows]
    for is_last in kinds:
        try:
            data = associated(header, block.number, before, is_last=is_last)
            return cipher.decrypt(nonce_of(block.number), block.sealed, data)
        except InvalidTag:
            continue
    raise BrokenPartError(part, f"block {block.number} was changed, or belongs to another place")


class _PartReader:
    """Reads one part from front to back."""

    def __init__(self, part: object, file: BinaryIO, line: bytes) -> None:
        self.header = read_header(part, line)
        self._part, self._file, self._hash, self._count = part, file, hashlib.sha256(line), 0
        self._next = b""
        self._is_cut = False

    def blocks(self) -> Iterator[_Block]:
        """The whole blocks; a block that is cut off at the end of the file is left out."""
        self._next = self._file.read(LENGTH_BYTES)
        while self._next and not self._next.startswith(OPEN):
            length, size = self._next, int.from_bytes(self._next)
            if len(length) == LENGTH_BYTES and size > LONGEST_BLOCK:
                raise BrokenPartError(self._part, f"block {self._count + 1} has an impossible length")
            sealed = self._file.read(size + TAG_BYTES)
            self._hash.update(length + sealed)
            if len(length) < LENGTH_BYTES or len(sealed) < size + TAG_BYTES or not any(sealed):
                self._cut_off(size)
                return
            self._count += 1
            self._next = self._file.read(LENGTH_BYTES)
            yield _Block(self._count, sealed, self._follows())

    def finish(self, computer: Ed25519PublicKey | None) -> ReadPart:
        """The result, after all blocks; raises BrokenPartError for a last line that does not fit."""
        head, line = self._hash.hexdigest(), self._next + self._file.readline(LONGEST_LINE)
        if self._is_cut or not line.endswith(b"\n"):
            if not self._is_cut:
                self._hash.update(line)
            return ReadPart(self.header, "interrupted", self._count, self._hash.hexdigest(), None)
        last = read_last_line(self._part, line)
        self._hash.update(line)
        if self._file.read(1):
            raise BrokenPartError(self._part, "has more bytes after its last line")
        if last.blocks != self._count:
            raise BrokenPartError(self._part, f"has {self._count} blocks, and its last line says {last.blocks}")
        if last.head != head:
            raise BrokenPartError(self._part, "was changed: its bytes do not fit the head in its last line")
        if last.key_id != self.header.signed_by:
            raise BrokenPartError(self._part, "was begun and closed under two keys")
        if computer is not None:
            self._check_signature(last, computer)
        return ReadPart(self.header, "closed", self._count, self._hash.hexdigest(), last)

    def _check_signature(self, last: LastLine, computer: Ed25519PublicKey) -> None:
        try:
            computer.verify(bytes.fromhex(last.signature), last.said)
        except (InvalidSignature, ValueError):
            problem = f"is not signed by the key {key_id(computer)}"
            raise BrokenPartError(self._part, problem) from None

    def _follows(self) -> Literal["block", "last line", "nothing"]:
        if self._next.startswith(OPEN):
            return "last line"
        return "block" if any(self._next) else "nothing"

    def _cut_off(self, size: int) -> None:
        """The end of an interrupted part: a part of a block, or zeros alone, as a power cut may leave them."""
        rest, self._is_cut = self._file.read(), True
        self._hash.update(rest)
        if any(rest) or (rest and size):
            raise BrokenPartError(self._part, f"block {self._count + 1} is empty, and more follows")
