"""Notices to airmen as a snapshot of a named person, schema `blindspot.notices/1`: the resulting zones and the time
of the look-up, signed with the person's trusted key.

A snapshot that is missing, unsigned, or signed with another person's key refuses each flight that needs a snapshot.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from blindspot.core import InputError, Moment, read_file, read_yaml
from blindspot.law.files.field_types import Sha256
from blindspot.law.signatures.signing import (
    Keys,
    SignedFile,
    person_of,
    who_signed,
    write_signed,
)


class NoticesFile(SignedFile):
    """The file."""

    schema_: Literal["blindspot.notices/1"] = Field(
        "blindspot.notices/1", alias="schema", description="Kind and version of the file"
    )
    retrieved: Moment = Field(description="Moment at which the notices were looked up")
    by: str = Field(min_length=1, description="Person who looked the notices up and drew their zones")
    source: str = Field(min_length=1, description="Where the notices were looked up")
    zones: str = Field(description="ED-269 or ED-318 file of their zones, relative to this file; it may be empty")
    sha256: str = Sha256


@dataclass(frozen=True, slots=True)
class Notices:
    """The snapshot of an authorisation, as read. A `problem` states why there is no valid one."""

    retrieved: datetime | None = None
    by: str = ""
    zones: bytes = b""
    problem: str = ""
    zones_path: Path | None = None


def read_notices(path: Path, keys: Keys, owners: Mapping[str, str]) -> Notices:
    """The snapshot of a file, signed by the file's own person. Every fault becomes its `problem`."""
    try:
        read = read_yaml(path, NoticesFile)
    except InputError as error:
        return Notices(problem=f"the notices to airmen are invalid: {error}")
    zones_path = path.parent / read.zones
    signers = {owners.get(key) for key in who_signed(read.content, read.signatures, keys)}
    if person_of(read.by) not in signers:
        return Notices(problem=f"no trusted key of {read.by} has signed the notices to airmen", zones_path=zones_path)
    try:
        zones = read_file(zones_path)
    except OSError as error:
        problem = f"the zones of the notices can't be read ({error.strerror})"
        return Notices(problem=problem, zones_path=zones_path)
    if hashlib.sha256(zones).hexdigest() != read.sha256:
        return Notices(problem=f"{read.zones} is not the signed file of zones", zones_path=zones_path)
    return Notices(read.retrieved, read.by, zones, zones_path=zones_path)


def write_notices(path: Path, zones: Path, by: str, source: str, key: Ed25519PrivateKey, now_utc: datetime) -> None:
    """Write a signed snapshot of this moment; `zones` lies in the folder of `path`."""
    sha256 = hashlib.sha256(zones.read_bytes()).hexdigest()
    made = NoticesFile(
        schema="blindspot.notices/1", retrieved=now_utc, by=by, source=source, zones=zones.name, sha256=sha256
    )
    write_signed(path, made, key)
