"""Signatures of authorisations and of other signed content: Ed25519 (RFC 8032), by keys that this machine trusts.

Private keys are PEM files with a pass-phrase. Public keys are `NAME.pub` in the folder of trusted keys: a signature by
any other key is ignored.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import Field

from blindspot.core import InputError, Section, read_file, write_whole
from blindspot.law.files.authorisation_file import AuthorisationFile, Signature
from blindspot.law.signatures.locked_key import locked_pem

LEAST_PASSPHRASE = 12
"""Characters."""
LARGEST_KEY_BYTES = 100_000
Keys = Mapping[str, Ed25519PublicKey]


def trusted_folder(environ: Mapping[str, str]) -> Path:
    """The folder of trusted keys: BLINDSPOT_TRUSTED_KEYS, else a folder of the user's configuration."""
    if named := environ.get("BLINDSPOT_TRUSTED_KEYS"):
        return Path(named)
    home = environ.get("XDG_CONFIG_HOME") or Path(environ.get("HOME", "/")) / ".config"
    return Path(home) / "blindspot" / "trusted_keys"


def trusted_keys(folder: Path) -> Keys:
    """The public keys of the folder by id; empty for a missing folder. Raises InputError for an invalid key file, and
    for a folder or file that another user of the computer owns or may write."""
    found = {id_: key for path in sorted(folder.glob("*.pub")) for id_, key in trusted_key(path).items()}
    if found:
        _refuse_open(folder)
    return found


def _refuse_open(path: Path) -> None:
    found = path.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise InputError(
            path, "", f"belongs to another user ({found.st_uid})", f"take it over: sudo chown $USER {path}"
        )
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise InputError(path, "", "may be written by other users", f"protect it: chmod go-w {path}")


def trusted_key(path: Path) -> Keys:
    """The public key of one file, by its id. Raises InputError, also for a file that another user owns or may
    write."""
    try:
        _refuse_open(path)
        key = load_pem_public_key(read_file(path, LARGEST_KEY_BYTES))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise InputError(path, "", "is no public key", "remove it from the trusted keys") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(path, "", "is no Ed25519 key", "make one: blindspot authority key")
    return {key_id(key): key}


def key_id(key: Ed25519PublicKey) -> str:
    """The id of a key in signatures: the first 16 hex digits of the SHA-256 of its 32 bytes."""
    return hashlib.sha256(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).hexdigest()[:16]


def new_key(passphrase: str) -> tuple[bytes, bytes]:
    """(private key under the pass-phrase, public key), both PEM. Raises InputError if the pass-phrase is too short."""
    key = Ed25519PrivateKey.generate()
    return locked(key, passphrase), key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def locked(key: Ed25519PrivateKey | X25519PrivateKey, passphrase: str) -> bytes:
    """The PEM of a key under a pass-phrase. Raises InputError if the pass-phrase is too short."""
    if len(passphrase) < LEAST_PASSPHRASE:
        raise InputError("pass-phrase", "", f"has {len(passphrase)} characters", f"take at least {LEAST_PASSPHRASE}")
    return locked_pem(key, passphrase)


def load_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """A private key. Raises InputError if the file holds another kind of data or the pass-phrase is wrong."""
    try:
        key = load_pem_private_key(read_file(path, LARGEST_KEY_BYTES), passphrase.encode())
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name the file of your private key") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(path, "", "is no key under this pass-phrase", "type it again") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(path, "", "is no Ed25519 key", "name the file of your private key")
    return key


class SignedFile(Section):
    """A file whose `signatures` are over its other content."""

    signatures: tuple[Signature, ...] = Field((), description="Signatures over the content")

    @property
    def said(self) -> dict[str, Any]:
        """All other values, as they are written."""
        return self.model_dump(mode="json", by_alias=True, exclude={"signatures"})

    @property
    def content(self) -> bytes:
        """The signed bytes, independent of layout."""
        return json.dumps(self.said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def write_signed(path: Path, file: SignedFile, key: Ed25519PrivateKey) -> None:
    said = file.said | {"signatures": [sign_content(file.content, key).model_dump(mode="json", by_alias=True)]}
    write_whole(path, yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=120))


def signed_content(file: AuthorisationFile) -> bytes:
    """The signed bytes: the file's values except its signatures, independent of layout and comments.

    Default values are left out, so that new keys of a later version leave older signatures valid.
    """
    said = file.model_dump(
        mode="json", by_alias=True, exclude={"signatures": True, "act": {"signatures"}}, exclude_defaults=True
    )
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def sign(file: AuthorisationFile, key: Ed25519PrivateKey) -> Signature:
    return sign_content(signed_content(file), key)


def signers(file: AuthorisationFile, keys: Keys) -> tuple[str, ...]:
    """The ids of the trusted keys that signed exactly what the file says."""
    return who_signed(signed_content(file), file.all_signatures, keys)


def basis_content(file: AuthorisationFile) -> bytes:
    """The bytes for the third person's signature: the profile, and the act that puts the profile into force."""
    basis = file.legal_basis
    said = ["blindspot.legal_basis/1", file.profile, basis and basis.act, basis and basis.in_force.isoformat()]
    return json.dumps(said, separators=(",", ":"), ensure_ascii=True).encode()


def owners_of(folder: Path) -> Mapping[str, str]:
    """Person of each trusted key, by key id: the key file's name up to its first dot, in lower case.

    `officer-1.pub` and `officer-1.second.pub` are two keys of one person. A key under the names of two persons belongs
    to neither of them.
    """
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.pub")):
        for found in trusted_key(path):
            person = person_of(path.name.partition(".")[0])
            owners[found] = person if owners.get(found, person) == person else ""
    return {key: person for key, person in owners.items() if person}


def person_of(name: str) -> str:
    """A person's name for comparisons: without case, without signs that nobody sees, and with single spaces."""
    seen = (
        sign for sign in unicodedata.normalize("NFKC", name) if sign.isspace() or unicodedata.category(sign)[0] != "C"
    )
    return " ".join("".join(seen).split()).casefold()


def sign_content(content: bytes, key: Ed25519PrivateKey) -> Signature:
    return Signature(key_id=key_id(key.public_key()), alg="ed25519", sig=base64.b64encode(key.sign(content)).decode())


def who_signed(content: bytes, signatures: Sequence[Signature], keys: Keys) -> tuple[str, ...]:
    """The ids of the trusted keys that signed exactly this content."""
    found = []
    for signature in signatures:
        key = keys.get(signature.key_id)
        if key is None:
            continue
        try:
            key.verify(base64.b64decode(signature.sig, validate=True), content)
        except (InvalidSignature, ValueError):
            continue
        found.append(signature.key_id)
    return tuple(dict.fromkeys(found))
