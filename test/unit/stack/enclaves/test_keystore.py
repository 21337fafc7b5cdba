"""A keystore on the disk: its layout, its modes, its signatures as openssl verifies them."""

from __future__ import annotations

import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from blindspot.core import InputError
from blindspot.stack.enclaves.keystore import FILES, make_keystore
from blindspot.stack.enclaves.permissions import Rights

NOW = datetime(2026, 11, 28, 14, tzinfo=UTC)
CAMERA, MANAGER = "/drone1/camera", "/blindspot/mission_manager"


@pytest.fixture
def keystore(tmp_path: Path) -> Path:
    rights = {CAMERA: Rights(publishes=frozenset({"/drone1/camera/pose"})), MANAGER: Rights()}
    make_keystore(tmp_path / "keystore", rights, {"drone1": [CAMERA], "drone2": []}, 7, NOW)
    return tmp_path / "keystore"


def test_each_enclave_has_the_files_that_ros_reads(keystore):
    for enclave in (CAMERA, MANAGER):
        folder = keystore / "enclaves" / enclave.lstrip("/")
        assert {file.name for file in folder.iterdir()} == set(FILES)


def test_a_drone_gets_its_own_enclaves_alone_and_no_key_of_an_authority(keystore):
    own = keystore / "drones" / "drone1"
    assert [path.parent.relative_to(own).as_posix() for path in own.rglob("key.pem")] == ["enclaves/drone1/camera"]
    assert not list(own.rglob("*ca.key.pem")) and not (own / "private").exists()
    assert (own / "public" / "identity_ca.cert.pem").is_file()


def test_only_the_owner_enters_a_folder_or_reads_a_file(keystore):
    modes = {path.is_dir(): stat.S_IMODE(path.stat().st_mode) for path in (keystore, *keystore.rglob("*"))}
    assert modes == {True: 0o700, False: 0o600}
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o077 for path in keystore.rglob("*"))


def test_certificate_and_key_belong_together_and_come_from_the_authority(keystore):
    folder = keystore / "enclaves" / CAMERA.lstrip("/")
    own, authority = (x509.load_pem_x509_certificate((folder / name).read_bytes())
                      for name in ("cert.pem", "identity_ca.cert.pem"))  # fmt: skip
    own.verify_directly_issued_by(authority)
    key = load_pem_private_key((folder / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    assert key.public_key() == own.public_key()
    assert own.subject.rfc4514_string() == f"CN={CAMERA}"
    assert own.not_valid_before_utc < NOW < own.not_valid_after_utc


@pytest.mark.parametrize("name", ["permissions.p7s", "governance.p7s"])
def test_openssl_verifies_the_signatures_and_refuses_a_changed_document(keystore, name):
    folder = keystore / "enclaves" / CAMERA.lstrip("/")
    assert verify(folder, folder / name) == 0
    forged = folder / "forged.p7s"
    forged.write_bytes((folder / name).read_bytes().replace(b"<id>7</id>", b"<id>8</id>"))
    assert verify(folder, forged) != 0


def test_permissions_that_no_handshake_carries_are_refused(tmp_path):
    long = Rights(publishes=frozenset(f"/drone1/camera/topic_{number:03d}" for number in range(150)))
    with pytest.raises(InputError, match=r"has permissions of \d+ bytes, and Fast DDS exchanges at most 5500"):
        make_keystore(tmp_path / "keystore", {CAMERA: long}, {}, 7, NOW)
    assert not (tmp_path / "keystore").exists()


def test_no_key_is_overwritten(keystore):
    with pytest.raises(InputError, match="is not empty"):
        make_keystore(keystore, {MANAGER: Rights()}, {}, 7, NOW)


def verify(folder: Path, signed: Path) -> int:
    words = [
        "openssl",
        "smime",
        "-verify",
        "-text",
        "-in",
        str(signed),
        "-CAfile",
        str(folder / "permissions_ca.cert.pem"),
    ]
    return subprocess.run(words, capture_output=True, check=False).returncode
