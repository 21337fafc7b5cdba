"""Signatures on an authorisation file: the first person signs, a second person countersigns."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.core import InputError, writable_or_error, write_whole
from blindspot.law import AuthorisationFile, load_authorisation, load_profile
from blindspot.law.drafts import as_signed_yaml
from blindspot.law.signatures import key_id, owners_of, person_of, sign, trusted_folder

ReadKey = Callable[[Path], Ed25519PrivateKey]
"""Reads the private key of a file. It is called for a file that may be signed alone: a key costs a pass-phrase."""


def sign_file(authorisation: Path, key: Path, read: ReadKey) -> AuthorisationFile:
    """Sign an authorisation after a change. The earlier signatures are removed. Raises InputError for a profile without
    signatures."""
    file = load_authorisation(authorisation).file
    if load_profile(file.profile).signers == 0:
        raise InputError(authorisation, "profile", f"is {file.profile}", "it carries no signature")
    _replace(authorisation, as_signed_yaml(file, (sign(file, read(key)),)))
    return file


def countersign_file(authorisation: Path, key: Path, read: ReadKey) -> tuple[AuthorisationFile, str]:
    """Sign an authorisation as the second person, over the same content. Returns the file and the person.

    Raises InputError for a profile that one person signs, before the first signature, and for a key that is not
    trusted, or that belongs to another person than the second one.
    """
    found = load_authorisation(authorisation)
    act, profile = found.file.act, load_profile(found.file.profile)
    if profile.signers < 2:
        raise InputError(
            authorisation, "profile", f"is {profile.id}, which one person signs", "blindspot authority sign"
        )
    if not found.people:
        raise InputError(authorisation, "", "has no valid first signature", "blindspot authority sign comes first")
    own = read(key)
    person = owners_of(trusted_folder(os.environ)).get(key_id(own.public_key()), "")
    if person in found.people:
        raise InputError(key, "", f"belongs to {person}, who has signed already", "let a second person countersign")
    if not person:
        raise InputError(key, "", "belongs to an untrusted person", "trust its public key under that person's name")
    if act is not None and person != person_of(act.countersigned_by):
        problem = f"belongs to {person}, the act names {act.countersigned_by}"
        raise InputError(key, "", problem, "let that person countersign")
    _replace(authorisation, as_signed_yaml(found.file, (*found.file.all_signatures, sign(found.file, own))))
    return found.file, person


def _replace(path: Path, text: str) -> None:
    with writable_or_error(path, ""):
        write_whole(path, text)
