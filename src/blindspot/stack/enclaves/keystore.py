"""Writes a keystore of SROS 2: its certificate authorities, and an enclave for each process.

The layout is ROS 2's layout: `public/` and `private/` with the two authorities, and `enclaves/<name>/` with
the six files of each process. `drones/<name>/` holds a keystore for a drone's own computer: the drone's enclaves
alone, without the authorities' keys.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID

from blindspot.core import InputError, output_folder
from blindspot.stack.enclaves.permissions import Rights, governance_xml, permissions_xml

VALID = timedelta(days=365)
EARLIER = timedelta(days=1)
"""A computer whose clock is behind by less than this accepts a new enclave."""
MOST_BYTES = 5500
"""Of signed permissions: Fast DDS passes them in a handshake message of 8192 bytes. Measured with Debian's 3.1.2: 5578
bytes pass, 6362 do not."""
AUTHORITIES = ("identity_ca", "permissions_ca")
"""The one certifies processes, the other signs their permissions."""
FILES = (
    "identity_ca.cert.pem", "permissions_ca.cert.pem", "cert.pem", "key.pem", "governance.p7s", "permissions.p7s",
)  # fmt: skip
"""Files of an enclave, as ROS 2 reads them."""
DRONES = "drones"


@dataclass(frozen=True, slots=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    def signed(self, content: bytes) -> bytes:
        """The content with this authority's signature, as S/MIME."""
        builder = pkcs7.PKCS7SignatureBuilder().set_data(content)
        builder = builder.add_signer(self.certificate, self.key, hashes.SHA256())
        return builder.sign(Encoding.SMIME, [pkcs7.PKCS7Options.Text, pkcs7.PKCS7Options.DetachedSignature])


def make_keystore(
    out: Path, rights: Mapping[str, Rights], drones: Mapping[str, Collection[str]], domain: int, now: datetime
) -> None:
    """Write a new keystore with an enclave for each name of `rights`, valid for `VALID`.

    Parameters
    ----------
    out
        Folder of the keystore; it must be empty or missing.
    rights
        The rights of each enclave; a name is the full name of a node, as `/drone1/flight_control`.
    drones
        Each drone of the fleet, with the enclaves for the drone's own computer; no enclaves for a drone on this
        computer.
    domain
        ROS domain in which the enclaves are valid.
    now
        The present time, UTC.

    Raises
    ------
    InputError
        For a folder that is in use, or can't be written.
    """
    if out.is_dir() and any(out.iterdir()):
        raise InputError(out, "--out", "is not empty", "name a new folder: no key is ever overwritten")
    begins, ends = now.astimezone(UTC) - EARLIER, now.astimezone(UTC) + VALID
    authorities = {name: _authority(f"blindspot {name}", begins, ends) for name in AUTHORITIES}
    identity, permissions = authorities["identity_ca"], authorities["permissions_ca"]
    governance = permissions.signed(governance_xml(domain))
    before = os.umask(0o077)
    try:
        with output_folder(out) as part:
            for name, authority in authorities.items():
                _write(part / "public" / f"{name}.cert.pem", authority.pem)
                _write(part / "private" / f"{name}.key.pem", _pem(authority.key))
            _write(part / "enclaves" / "governance.p7s", governance)
            for enclave, allowed in rights.items():
                key = ec.generate_private_key(ec.SECP256R1())
                granted = permissions.signed(permissions_xml(enclave, allowed, drones, domain, begins, ends))
                contents = (
                    identity.pem, permissions.pem, _certificate(enclave, key, identity, begins, ends), _pem(key),
                    governance, _of_a_size(enclave, granted),
                )  # fmt: skip
                for name, content in zip(FILES, contents, strict=True):
                    _write(_folder(part, enclave) / name, content)
            for drone, enclaves in drones.items():
                if not enclaves:
                    continue
                own = part / DRONES / drone
                shutil.copytree(part / "public", own / "public")
                for enclave in enclaves:
                    shutil.copytree(_folder(part, enclave), _folder(own, enclave))
        out.chmod(0o700)
    finally:
        os.umask(before)


def _of_a_size(enclave: str, permissions: bytes) -> bytes:
    if len(permissions) > MOST_BYTES:
        problem = f"has permissions of {len(permissions)} bytes, and Fast DDS exchanges at most {MOST_BYTES}"
        raise InputError(enclave, "", problem, "make the fleet smaller, or name its drones shorter")
    return permissions


def _folder(keystore: Path, enclave: str) -> Path:
    return keystore / "enclaves" / enclave.lstrip("/")


def _write(path: Path, content: bytes) -> None:
    """Write a new file for the owner's eyes alone, in folders for the owner alone (by the umask)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _authority(name: str, begins: datetime, ends: datetime) -> _Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = _builder(subject, subject, key, begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return _Authority(key, builder.sign(key, hashes.SHA256()))


def _certificate(
    enclave: str, key: ec.EllipticCurvePrivateKey, issuer: _Authority, begins: datetime, ends: datetime
) -> bytes:
    builder = _builder(_name(enclave), issuer.certificate.subject, key, begins, ends)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number())
    return builder.not_valid_before(begins).not_valid_after(ends)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
