"""The form of a sealed part, `blindspot.sealed/1`: a header line in clear, encrypted blocks, and a signed last line.

    header   one line of canonical JSON: schema, id of the part, facts, ids of the keys
    block    4 bytes with the length of the ciphertext, the ciphertext, 16 bytes of tag (AES-256-GCM)
    ...
    last     one line of canonical JSON: schema, number of blocks, head, id of the key, signature (Ed25519)

Blocks count from 1. The nonce of a block is its number in 12 bytes. Its associated data are the SHA-256 of the header
line, the number in 8 bytes, the tag of the block before (zeros for the first), and one byte: 1 for the last block. So a
block fits one place of one part alone, and a cut end shows. The head is the SHA-256 of all bytes before the last line.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from blindspot.core import InputError

SCHEMA = "blindspot.sealed/1"
SUFFIX = ".sealed"
"""End of the name of a part."""
KEY_BYTES, TAG_BYTES, LENGTH_BYTES = 32, 16, 4
LONGEST_BLOCK = 64_000
"""Bytes of the clear text of a block."""
LONGEST_LINE = 64_000
NO_TAG = bytes(TAG_BYTES)
_BEGIN = b'{"facts":{'
OPEN = b"{"
"""First byte of the last line: no length of a block begins with it."""


class BrokenPartError(InputError):
    """A part differs from what was written. A part that ends too early is no such part: it is interrupted."""

    def __init__(self, file: object, problem: str) -> None:
        super().__init__(str(file), "", problem, "compare it with another copy, and see blindspot verify")


@dataclass(frozen=True, slots=True)
class Header:
    """The first line of a part, in clear."""

    part: str
    """Id of the part, 32 hex digits by chance: no two headers are equal."""
    facts: Mapping[str, str]
    keys: Mapping[str, str]
    """Id of the public key of each holder of a half."""
    signed_by: str
    """Id of the computer's key."""

    @property
    def line(self) -> bytes:
        said = {"facts": dict(self.facts), "keys": dict(self.keys), "part": self.part, "schema": SCHEMA}
        return canonical({**said, "signed_by": self.signed_by})

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.line).digest()


@dataclass(frozen=True, slots=True)
class LastLine:
    """The signed end of a part."""

    blocks: int
    head: str
    """SHA-256 of all bytes before this line, in hex."""
    key_id: str
    signature: str
    """Of `said`, in hex."""

    @property
    def said(self) -> bytes:
        """The signed bytes."""
        return canonical(self._said)

    @property
    def line(self) -> bytes:
        return canonical({**self._said, "signature": self.signature})

    @property
    def _said(self) -> dict[str, Any]:
        return {"blocks": self.blocks, "head": self.head, "key_id": self.key_id, "schema": SCHEMA}


def nonce_of(number: int) -> bytes:
    return number.to_bytes(12)


def associated(header: bytes, number: int, tag_before: bytes, *, is_last: bool) -> bytes:
    """The associated data of a block; `header` is the hash of the header line."""
    return header + number.to_bytes(8) + tag_before + bytes([is_last])


def read_header(file: object, line: bytes) -> Header:
    """Raises BrokenPartError for a line of another form; `file` names the part in it."""
    try:
        read = _object(line)
        facts, keys = read["facts"], read["keys"]
        header = Header(_text(read["part"]), _texts(facts), _texts(keys), _text(read["signed_by"]))
        fits = read["schema"] == SCHEMA and header.line == line
    except (KeyError, TypeError, ValueError, RecursionError):
        fits = False
    if not fits:
        raise BrokenPartError(file, f"does not begin with a header of {SCHEMA}")
    return header


def read_last_line(file: object, line: bytes) -> LastLine:
    """Raises BrokenPartError for a line of another form."""
    try:
        read = _object(line)
        last = LastLine(read["blocks"], _text(read["head"]), _text(read["key_id"]), _text(read["signature"]))
        fits = type(last.blocks) is int and last.line == line
    except (KeyError, TypeError, ValueError, RecursionError):
        fits = False
    if not fits:
        raise BrokenPartError(file, f"does not end with a last line of {SCHEMA}")
    return last


def is_begun(line: bytes) -> bool:
    """Whether a line without an end may be the begin of a header that a power cut left unfinished."""
    return not line.endswith(b"\n") and len(line) < LONGEST_LINE and _BEGIN.startswith(line[: len(_BEGIN)])


def canonical(said: Mapping[str, Any]) -> bytes:
    """One line of JSON: ASCII, sorted keys, no spaces."""
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


def _object(line: bytes) -> dict[str, Any]:
    read = json.loads(line.decode("ascii"))
    if not isinstance(read, dict):
        raise TypeError("no object")
    return read


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("no object")
    return {_text(name): _text(each) for name, each in value.items()}
