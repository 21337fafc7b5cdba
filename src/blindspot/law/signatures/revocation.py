"""The revocation list, schema `blindspot.revocations/1`: ids of revoked authorisations, signed, with its date of issue.

An old, unsigned or missing list revokes every authorisation of this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from blindspot.core import InputError, Moment, Section, plain_text, read_yaml
from blindspot.law.files.authorisation_file import Revocation
from blindspot.law.signatures.signing import (
    Keys,
    SignedFile,
    person_of,
    who_signed,
    write_signed,
)

AHEAD = timedelta(minutes=1)
"""Largest lead of the issuer's clock over ours."""


class Revoked(Section):
    """One revoked authorisation."""

    id: str = Field(min_length=1, description="Revoked authorisation")
    at: Moment = Field(description="Moment of the revocation")
    by: str = Field(min_length=1, description="Person who revoked")
    reason: str = Field(min_length=1, description="Reason in words")


class RevocationList(SignedFile):
    """The file."""

    schema_: Literal["blindspot.revocations/1"] = Field(
        "blindspot.revocations/1", alias="schema", description="Kind and version of the file"
    )
    issued: Moment = Field(description="Moment of issue")
    revoked: tuple[Revoked, ...] = Field((), description="Revoked authorisations")


@dataclass(frozen=True, slots=True)
class Revocations:
    """The list of an authorisation, as read. A `problem` states why there is no valid list."""

    listed: tuple[Revoked, ...] = ()
    issued: datetime | None = None
    problem: str = ""

    def why_refused(self, authorisation: str, max_staleness_s: float, now_utc: datetime) -> str:
        """The reason why this list refuses an authorisation now, or ""."""
        if self.problem or self.issued is None:
            return self.problem or "the revocation list has no date"
        age_s = (now_utc - self.issued).total_seconds()
        if age_s < -AHEAD.total_seconds():
            return "the revocation list was issued in the future"
        if age_s > max_staleness_s:
            age, most = plain_text.beside(age_s, max_staleness_s, ".0f"), plain_text.exact(max_staleness_s)
            return f"the revocation list is {age} s old, at most {most} s are allowed"
        found = self.entry_of(authorisation)
        return "" if found is None else f"{found.by} revoked it on {found.at.isoformat()}: {found.reason}"

    def entry_of(self, authorisation: str) -> Revoked | None:
        """The entry that revokes an authorisation, whatever the age of the list."""
        return next((each for each in self.listed if person_of(each.id) == person_of(authorisation)), None)


def is_address(name: str) -> bool:
    """Whether a name is an address on the network; only a file on this computer is read."""
    return "://" in name


def list_path(revocation: Revocation, folder: Path) -> Path | None:
    """The file of the list; `None` for an address."""
    return None if is_address(revocation.file_or_url) else folder / revocation.file_or_url


def read_revocations(path: Path | None, keys: Keys) -> Revocations:
    """The list of a file that a trusted key has signed. Every fault becomes the list's `problem`."""
    if path is None:
        return Revocations(problem="the revocation list is an address on the network, which the gate does not read")
    try:
        read = read_yaml(path, RevocationList)
    except InputError as error:
        return Revocations(problem=f"the revocation list is invalid: {error}")
    if not who_signed(read.content, read.signatures, keys):
        return Revocations(problem="no trusted key has signed the revocation list")
    return Revocations(read.revoked, read.issued)


def write_revocations(path: Path, revoked: tuple[Revoked, ...], key: Ed25519PrivateKey, now_utc: datetime) -> None:
    """Write the list, signed, with the date of issue `now_utc`."""
    made = RevocationList(issued=now_utc, revoked=revoked, schema="blindspot.revocations/1")
    write_signed(path, made, key)
