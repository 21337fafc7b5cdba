"""The environment of a process: what a keystore must have, and the sentence for what it lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blindspot.core import DependencyError, InputError
from blindspot.stack.enclaves import security
from blindspot.stack.enclaves.keystore import make_keystore
from blindspot.stack.enclaves.permissions import Rights
from blindspot.stack.enclaves.security import has_security, secure_environment

NOW = datetime(2026, 11, 28, 14, tzinfo=UTC)
CAMERA = "/drone1/camera"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """The environment of a shell with a keystore, and a Fast DDS with security."""
    make_keystore(tmp_path / "keystore", {CAMERA: Rights()}, {}, 7, NOW)
    (tmp_path / "libfastrtps.so").write_bytes(b"\x7fELF DDS:Auth:PKI-DH ")
    return {
        "ROS_SECURITY_KEYSTORE": str(tmp_path / "keystore"), "ROS_DOMAIN_ID": "7", "LD_LIBRARY_PATH": str(tmp_path),
    }  # fmt: skip


def test_a_shell_without_a_keystore_changes_nothing():
    assert secure_environment({"ROS_DOMAIN_ID": "7"}, [CAMERA], NOW) == {}


def test_a_keystore_is_enforced(environ):
    found = secure_environment(environ, [CAMERA], NOW)
    assert found["ROS_SECURITY_ENABLE"] == "true" and found["ROS_SECURITY_STRATEGY"] == "Enforce"
    assert found["ROS_SECURITY_KEYSTORE"] == environ["ROS_SECURITY_KEYSTORE"]


def test_a_missing_enclave_is_named(environ):
    with pytest.raises(InputError, match=r"has no identity_ca\.cert\.pem, so /drone2/camera can't join"):
        secure_environment(environ, [CAMERA, "/drone2/camera"], NOW)


def test_a_key_that_others_can_read_is_refused(environ):
    key = Path(environ["ROS_SECURITY_KEYSTORE"]) / "enclaves" / CAMERA.lstrip("/") / "key.pem"
    key.chmod(0o640)
    with pytest.raises(InputError, match="has mode 0640: others can use it; chmod 600"):
        secure_environment(environ, [CAMERA], NOW)


@pytest.mark.parametrize("later", [timedelta(days=366), timedelta(days=-2)])
def test_an_enclave_outside_its_validity_is_refused(environ, later):
    with pytest.raises(InputError, match="is valid from 2026-11-27 to 2027-11-28"):
        secure_environment(environ, [CAMERA], NOW + later)


def test_the_keystore_of_another_domain_is_refused(environ):
    with pytest.raises(InputError, match="is for another ROS_DOMAIN_ID than 8"):
        secure_environment(environ | {"ROS_DOMAIN_ID": "8"}, [CAMERA], NOW)


def test_a_middleware_without_security_is_named(environ, tmp_path):
    (tmp_path / "libfastrtps.so").write_bytes(b"\x7fELF")
    with pytest.raises(DependencyError, match="built without security"):
        secure_environment(environ, [CAMERA], NOW)


def test_another_middleware_is_not_judged(environ, tmp_path):
    (tmp_path / "libfastrtps.so").write_bytes(b"\x7fELF")
    assert has_security(environ | {"RMW_IMPLEMENTATION": "rmw_cyclonedds_cpp"}) is None
    assert has_security({"LD_LIBRARY_PATH": str(tmp_path / "nothing")}) is None


def test_a_command_gets_the_arguments_of_its_enclave(environ, monkeypatch):
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    for name in ("ROS_SECURITY_ENABLE", "ROS_SECURITY_STRATEGY"):
        monkeypatch.setenv(name, "")  # set by the call, removed by monkeypatch
    monkeypatch.delenv("RMW_IMPLEMENTATION", raising=False)
    monkeypatch.setattr(security, "datetime", Fixed)
    assert security.join_securely(CAMERA) == ["--ros-args", "--enclave", CAMERA]
    monkeypatch.delenv("ROS_SECURITY_KEYSTORE")
    assert security.join_securely(CAMERA) is None


class Fixed(datetime):
    """The time at which the keystore was made."""

    @classmethod
    def now(cls, tz=None):
        return NOW
