"""Keys that open sealed recordings: X25519, each under a pass-phrase. The authorisation names the public halves: a
drone seals what it can't open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from blindspot.core import InputError, read_file
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.signatures.signing import LARGEST_KEY_BYTES, locked

_MAKE = "make one: blindspot authority recording-key"


def new_recording_key(passphrase: str) -> tuple[bytes, str]:
    """(private key under the pass-phrase as PEM, public key as 64 hex digits). Raises InputError if the pass-phrase is
    too short."""
    key = X25519PrivateKey.generate()
    return locked(key, passphrase), key.public_key().public_bytes_raw().hex()


def load_recording_key(path: Path, passphrase: str) -> X25519PrivateKey:
    """A private key. Raises InputError if the file holds another kind of data or the pass-phrase is wrong."""
    try:
        key = load_pem_private_key(read_file(path, LARGEST_KEY_BYTES), passphrase.encode())
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name the file of a recording key") from error
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(path, "", "is no key under this pass-phrase", "type it again") from error
    if not isinstance(key, X25519PrivateKey):
        raise InputError(path, "", "opens no recording: it is no X25519 key", _MAKE)
    return key


def holders_of(file: AuthorisationFile) -> Mapping[str, X25519PublicKey]:
    """The public keys for which an authorisation wants its recordings sealed, by holder; empty for recordings in clear.
    Raises InputError for a key that seals nothing."""
    keys = file.recording.keys
    named = {} if keys is None else {name: text for name, text in keys.model_dump().items() if text is not None}
    return {name: _usable(file.id, name, text) for name, text in named.items()}


def _usable(where: str, holder: str, text: str) -> X25519PublicKey:
    """The point of a few public keys is the same for each private key: such a key would hide nothing."""
    key = X25519PublicKey.from_public_bytes(bytes.fromhex(text))
    try:
        X25519PrivateKey.generate().exchange(key)
    except ValueError as error:
        raise InputError(where, f"recording.keys.{holder}", f"{text[:16]} is no key that can seal", _MAKE) from error
    return key
