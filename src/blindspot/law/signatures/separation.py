"""The statement that the stack has no link with another processing of personal data, schema `blindspot.separation/1`.

Software sees the graph and its own sockets. It does not see a second program on a computer, a copied file or a person
at a screen. A named person looks, states it with the date, and signs with the own trusted key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import AfterValidator, Field

from blindspot.core import InputError, Moment, read_yaml
from blindspot.law.signatures.signing import Keys, SignedFile, person_of, who_signed, write_signed


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("should be an IP address, e.g. 192.168.1.20") from None


class SeparationFile(SignedFile):
    """The file."""

    schema_: Literal["blindspot.separation/1"] = Field(
        "blindspot.separation/1", alias="schema", description="Kind and version of the file"
    )
    stated: Moment = Field(description="Moment of the statement")
    by: str = Field(min_length=1, description="Person who looked")
    looked_at: str = Field(min_length=1, description="What the person has looked at, in one sentence")
    hosts: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        (), max_length=40, description="Addresses of own devices besides those in the fleet file, such as a camera"
    )


@dataclass(frozen=True, slots=True)
class Separation:
    """The statement of an authorisation, as read. A `problem` states why there is no valid one."""

    stated: datetime | None = None
    by: str = ""
    hosts: tuple[str, ...] = ()
    problem: str = ""


def read_separation(path: Path, keys: Keys, owners: Mapping[str, str]) -> Separation:
    """The statement of a file, signed by the file's own person. Every fault becomes its `problem`."""
    try:
        read = read_yaml(path, SeparationFile)
    except InputError as error:
        return Separation(problem=f"the statement of separation is invalid: {error}")
    if person_of(read.by) not in {owners.get(key) for key in who_signed(read.content, read.signatures, keys)}:
        return Separation(problem=f"no trusted key of {read.by} has signed the statement of separation")
    return Separation(read.stated, read.by, read.hosts)


def write_separation(
    path: Path, by: str, looked_at: str, hosts: tuple[str, ...], key: Ed25519PrivateKey, now_utc: datetime
) -> None:
    """Write a signed statement of this moment."""
    made = SeparationFile(schema="blindspot.separation/1", stated=now_utc, by=by, looked_at=looked_at, hosts=hosts)
    write_signed(path, made, key)
