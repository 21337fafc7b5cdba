"""The record of a drone's commissioning, schema `blindspot.commission/1`: signer, date and evidence of each stage.

Each sign-off holds the hash of the previous sign-off and is signed (Ed25519) over the whole content. The chain shows a
change below the last sign-off, the signatures show any. Signing a stage again, after a repair, voids the stages above
it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import Field

from blindspot.commission.ladder import LADDER, NAMES, Proof, Range
from blindspot.core import InputError, Section, is_blank, read_yaml
from blindspot.law.files import Sha256, Signature
from blindspot.law.signatures import Keys, sign_content, who_signed

FIRST = "0" * 64
"""Previous hash of the first sign-off."""


class Given(Section):
    """The evidence for a check: a word, a number, or a file by its name and hash."""

    value: str = Field(description="Word, number or name of a file")
    sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file")


class SignOff(Section):
    stage: Literal["sitl", "desk", "bench", "tethered", "open-field", "site"] = Field(description="Stage of the ladder")
    at: datetime = Field(description="Moment of the signature")
    by: str = Field(min_length=1, description="Person who signed")
    model_sha256: str = Field(Sha256, description="SHA-256 of the drone model")
    checks: dict[str, Given] = Field(description="Evidence by check")
    previous: str = Field(Sha256, description="SHA-256 of the sign-off before")
    signatures: tuple[Signature, ...] = Field((), description="Signatures over the sign-off")


class Record(Section):
    schema_: Literal["blindspot.commission/1"] = Field(alias="schema", description="Kind and version of the file")
    drone: str = Field(min_length=1, description="Name of the drone")
    model: str = Field(description="Drone model")
    signed: tuple[SignOff, ...] = Field((), description="Signed stages")

    @property
    def reached(self) -> tuple[SignOff, ...]:
        """The valid sign-offs, lowest stage first: the last of each stage, unless a later one below voided it."""
        standing: list[SignOff] = []
        for one in self.signed:
            standing = [*standing[: NAMES.index(one.stage)], one]
        return tuple(standing)


def load_record(path: Path) -> Record:
    """Read a record. Raises InputError if it is invalid, or if one below the last was changed or removed."""
    record = read_yaml(path, Record)
    previous, height = FIRST, 0
    for number, one in enumerate(record.signed):
        if one.previous != previous:
            raise InputError(path, f"signed.{number}", "does not follow the one before", "restore the file")
        if NAMES.index(one.stage) > height:
            raise InputError(path, f"signed.{number}", f"{one.stage} has a stage open below it", "restore the file")
        previous, height = _hash(record, one), NAMES.index(one.stage) + 1
    return record


def trusted_signers(record: Record, one: SignOff, keys: Keys) -> tuple[str, ...]:
    """The ids of the trusted keys that signed exactly this sign-off of exactly this drone."""
    return who_signed(_content(record, one), one.signatures, keys)


def check_below(record: Record, stage: str, keys: Keys) -> None:
    """Raise InputError for a standing sign-off below a stage, if no trusted key signed the sign-off's present text.

    The chain shows a change of any sign-off but the last, and a writer can compute it anew: only signatures show all.
    """
    below = NAMES[: NAMES.index(stage)] if stage in NAMES else ()
    for one in record.reached:
        if one.stage in below and not trusted_signers(record, one, keys):
            problem = "is signed by no key that this machine trusts, or was changed since"
            raise InputError("commission", one.stage, problem, "trust its signer's .pub here, or sign it anew")


def sign_off(
    record: Record, stage: str, given: Mapping[str, str], by: str, now: datetime, model: bytes, key: Ed25519PrivateKey
) -> Record:
    """Sign one stage of the ladder.

    Parameters
    ----------
    record
        The record before.
    stage
        Name of the stage (`ladder.NAMES`).
    given
        The evidence by check: "yes", a number, or the path of a file.
    by
        Name of the signer.
    now
        Time of the signature.
    model
        Content of the drone's file.
    key
        The signer's private key.

    Returns
    -------
    Record
        The record with one more sign-off; `record` itself stays as it is.

    Raises
    ------
    InputError
        The signer has no name, a lower stage is open, a check is missing or unknown, or its evidence fails.
    """
    if is_blank(by):
        raise InputError("commission", "--by", "names nobody", "give the name of the witness")
    if stage not in NAMES:
        raise InputError("commission", "STAGE", f"{stage} is unknown", f"there are {', '.join(NAMES)}")
    if NAMES.index(stage) > len(record.reached):
        below = NAMES[len(record.reached)]
        raise InputError("commission", stage, f"can't be signed before {below}", f"climb {below} first")
    checks = _checked(stage, given)
    previous = _hash(record, record.signed[-1]) if record.signed else FIRST
    model_sha256 = hashlib.sha256(model).hexdigest()
    one = SignOff.model_validate(
        {"stage": stage, "at": now, "by": by, "model_sha256": model_sha256, "checks": checks, "previous": previous}
    )
    signature = sign_content(_content(record, one), key)
    return record.model_copy(update={"signed": (*record.signed, one.model_copy(update={"signatures": (signature,)}))})


def as_yaml(record: Record) -> str:
    said = record.model_dump(mode="json", by_alias=True, exclude_none=True)
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120)


def _checked(stage: str, given: Mapping[str, str]) -> dict[str, Given]:
    asked = {check.name: check for check in LADDER[NAMES.index(stage)].checks}
    if unknown := given.keys() - asked.keys():
        name = min(unknown)
        raise InputError("commission", f"{stage}: {name}", "is no check of this stage", f"there are {', '.join(asked)}")
    for name, check in asked.items():
        if name not in given:
            raise InputError("commission", f"{stage}: {name}", f"is missing ({check.text})",
                             f"add --check {name}={check.given_as}")  # fmt: skip
    return {name: _given(stage, check, given[name]) for name, check in asked.items()}


def _given(stage: str, check: Proof, text: str) -> Given:
    where, shown_by = f"{stage}: {check.name}", check.shown_by
    if shown_by is None:
        if text != "yes":
            raise InputError("commission", where, f"{text} is not yes", "do it first: nothing else can be signed")
        return Given(value=text)
    if isinstance(shown_by, Range):
        try:
            is_within = shown_by.low <= float(text) <= shown_by.high
        except ValueError:
            is_within = False
        if not is_within:
            raise InputError("commission", where, f"{text} can't be", f"it may be {check.given_as}")
        return Given(value=text)
    path = Path(text)
    shown_by(path)
    return Given(value=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())


def _content(record: Record, one: SignOff) -> bytes:
    """The signed bytes: the drone's name and every field of the sign-off except its signatures."""
    said = one.model_dump(mode="json", exclude={"signatures"}, exclude_none=True)
    about = {"schema": record.schema_, "drone": record.drone}
    return json.dumps({**about, **said}, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _hash(record: Record, one: SignOff) -> str:
    """Hash of a sign-off with its signatures."""
    signatures = "".join(signature.sig for signature in one.signatures)
    return hashlib.sha256(_content(record, one) + signatures.encode()).hexdigest()
