"""The certificate of a console beyond this computer: self-signed, for one name or address, compared by its fingerprint.

The folder holds two files of PEM. A certificate of a town's own authority serves as well under the same file names.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from blindspot.core import InputError, one_line, open_file, read_file, write_private

CERTIFICATE, KEY = "console.crt", "console.key"
LASTS = timedelta(days=397)
"""Browsers refuse a certificate of a longer time."""
EARLIER = timedelta(days=1)
"""The clock of a tablet may be slow."""
LARGEST_BYTES = 100_000
MAKE = "make one: blindspot authority console-certificate"
_NAME = re.compile(r"(?=.{1,64}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files of a certificate and of its private key. `sha256` is the fingerprint as browsers show it."""

    file: Path
    key: Path
    sha256: str
    ends: datetime


def certified_host(text: str, where: str) -> str:
    """A name or an IPv4 address that a browser opens, as the browser writes the text. Raises InputError, also for the
    address of no or every network interface."""
    host = text.strip().lower()
    if (address := _address(host)) is not None:
        is_one = not address.is_unspecified
    else:
        is_one = _NAME.fullmatch(host) is not None and re.search("[a-z]", host.rpartition(".")[2]) is not None
    if not is_one:
        problem = f"is {one_line(text, 60)}, and no address that a browser opens"
        raise InputError(where, "--host", problem, "name one IPv4 address or name of this computer, e.g. 192.168.1.5")
    return host


def make_certificate(host: str, folder: Path, now_utc: datetime) -> Certificate:
    """Write a new key and its certificate. Raises InputError for files that exist, and OSError."""
    for path in (folder / CERTIFICATE, folder / KEY):
        if path.exists():
            raise InputError(path, "--out", "is there already", "name another folder: no key is ever overwritten")
    key = ec.generate_private_key(ec.SECP256R1())
    address = _address(host)
    names = [x509.DNSName(host) if address is None else x509.IPAddress(address)]
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    made = (
        x509.CertificateBuilder(own, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(now_utc - EARLIER)
        .not_valid_after(now_utc - EARLIER + LASTS)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)  # it vouches for itself alone
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    try:
        write_private(folder / CERTIFICATE, made.public_bytes(Encoding.PEM))
    except OSError:
        (folder / KEY).unlink()
        raise
    return _as_read(folder, made)


def _as_read(folder: Path, found: x509.Certificate) -> Certificate:
    sha256 = found.fingerprint(SHA256()).hex(":").upper()
    return Certificate(folder / CERTIFICATE, folder / KEY, sha256, found.not_valid_after_utc)


def read_certificate(folder: Path, host: str, now_utc: datetime) -> Certificate:
    """The certificate of a folder, if it serves this host now. Raises InputError with the first reason against it."""
    file, key_file = folder / CERTIFICATE, folder / KEY
    try:
        found = x509.load_pem_x509_certificate(read_file(file, LARGEST_BYTES))
        with open_file(key_file) as opened:
            mode, text = stat.S_IMODE(os.fstat(opened.fileno()).st_mode), opened.read()
    except OSError as error:
        raise InputError(folder, "--certificate", f"has no certificate ({error.strerror})", MAKE) from error
    except ValueError as error:
        raise InputError(file, "--certificate", "is no certificate", MAKE) from error
    if not _names(found, host):
        raise InputError(file, "--certificate", f"is for another host than {host}", MAKE)
    if not found.not_valid_before_utc <= now_utc < found.not_valid_after_utc:
        problem = f"counts from {found.not_valid_before_utc:%Y-%m-%d} to {found.not_valid_after_utc:%Y-%m-%d}"
        raise InputError(file, "--certificate", problem, f"{MAKE} in another folder")
    if mode & 0o077:
        raise InputError(key_file, "--certificate", f"has mode {mode:04o}: others can use it", f"chmod 600 {key_file}")
    if _public(text) != found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo):
        raise InputError(key_file, "--certificate", "is not the key of the certificate without a pass-phrase", MAKE)
    return _as_read(folder, found)


def _address(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(host)
    except ValueError:
        return None


def _names(certificate: x509.Certificate, host: str) -> bool:
    """Whether a certificate is for this host."""
    try:
        said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    address = _address(host)
    if address is not None:
        return address in said.get_values_for_type(x509.IPAddress)
    return host in map(str.lower, said.get_values_for_type(x509.DNSName))


def _public(key: bytes) -> bytes:
    """The public half of a private key without a pass-phrase; empty for another text."""
    try:
        found = load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return b""
    return found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
