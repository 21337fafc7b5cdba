"""A private key under a pass-phrase, as a PEM file that OpenSSL reads: PKCS #8 with PBES2 (RFC 8018), PBKDF2 with
HMAC-SHA256 and AES-256 in CBC mode. The library for keys offers no number of rounds for it."""

from __future__ import annotations

import base64
import os
import textwrap

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROUNDS = 600_000
"""Rounds of PBKDF2: a guess costs the thief of a file as much as its owner."""
_SEQUENCE, _INTEGER, _OCTETS, _NULL = 0x30, 0x02, 0x04, bytes.fromhex("0500")
_PBES2, _PBKDF2 = bytes.fromhex("06092a864886f70d01050d"), bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256, _AES256_CBC = bytes.fromhex("06082a864886f70d0209"), bytes.fromhex("060960864801650304012a")


def locked_pem(key: Ed25519PrivateKey | X25519PrivateKey, passphrase: str) -> bytes:
    """The key under the pass-phrase."""
    salt, start = os.urandom(16), os.urandom(16)
    secret = PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(passphrase.encode())
    padder, cipher = PKCS7(AES256.block_size).padder(), Cipher(AES256(secret), CBC(start)).encryptor()
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    locked = cipher.update(padder.update(plain) + padder.finalize()) + cipher.finalize()
    rounds = _der(_INTEGER, ROUNDS.to_bytes(ROUNDS.bit_length() // 8 + 1))
    derived = _der(_SEQUENCE, _der(_OCTETS, salt), rounds, _der(_SEQUENCE, _HMAC_SHA256, _NULL))
    way = _der(_SEQUENCE, _der(_SEQUENCE, _PBKDF2, derived), _der(_SEQUENCE, _AES256_CBC, _der(_OCTETS, start)))
    whole = _der(_SEQUENCE, _der(_SEQUENCE, _PBES2, way), _der(_OCTETS, locked))
    lines = textwrap.wrap(base64.b64encode(whole).decode(), 64)
    return "\n".join(
        ["-----BEGIN ENCRYPTED PRIVATE KEY-----", *lines, "-----END ENCRYPTED PRIVATE KEY-----", ""]
    ).encode()


def _der(tag: int, *parts: bytes) -> bytes:
    """A value in the distinguished encoding rules."""
    body = b"".join(parts)
    size = len(body).to_bytes(-(-len(body).bit_length() // 8) or 1)
    return bytes([tag]) + (size if len(body) < 0x80 else bytes([0x80 + len(size)]) + size) + body
