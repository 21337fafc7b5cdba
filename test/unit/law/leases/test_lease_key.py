"""The key of the leases: readable by its owner alone, or refused."""

from __future__ import annotations

import os
import stat

import pytest

from blindspot.core.errors import InputError
from blindspot.law.keys.key_file import public_half
from blindspot.law.leases.lease_key import (
    load_lease_key,
    load_public_lease_key,
    make_lease_key,
    renew_lease_key,
    usual_lease_key,
)
from blindspot.law.signatures.signing import new_key


@pytest.fixture
def key(tmp_path):
    make_lease_key(tmp_path / "keys" / "lease.key")
    return tmp_path / "keys" / "lease.key"


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_both_halves_belong_together_and_the_private_one_is_its_owners(key):
    assert load_lease_key(key).public_key() == load_public_lease_key(public_half(key))
    assert mode(key) == 0o600 and mode(key.parent) == 0o700


def test_no_key_is_overwritten(key):
    with pytest.raises(FileExistsError):
        make_lease_key(key)


def test_the_key_of_a_run_is_another_at_each_start(key):
    key.parent.chmod(0o755)
    before = load_public_lease_key(public_half(key))
    renew_lease_key(key)
    assert load_lease_key(key).public_key() == load_public_lease_key(public_half(key)) != before
    assert mode(key) == 0o600 and mode(key.parent) == 0o700


@pytest.mark.parametrize("wide", [0o640, 0o604, 0o644, 0o660, 0o620])
def test_a_private_key_that_others_can_read_or_write_is_refused(key, wide):
    key.chmod(wide)
    with pytest.raises(InputError, match=rf"lease_key: has mode {wide:04o}: others can use it; chmod 600 "):
        load_lease_key(key)


def test_a_public_key_that_every_user_may_replace_is_refused(key):
    """Its owner would let the drone fly."""
    public_half(key).chmod(0o646)
    with pytest.raises(InputError, match="lease_key: may be written by every user; chmod o-w "):
        load_public_lease_key(public_half(key))


def test_a_new_public_key_is_safe_with_any_umask(tmp_path):
    before = os.umask(0)
    try:
        make_lease_key(tmp_path / "lease.key")
    finally:
        os.umask(before)
    assert mode(public_half(tmp_path / "lease.key")) == 0o644
    assert load_public_lease_key(public_half(tmp_path / "lease.key"))


def test_a_file_that_is_no_key_is_reported_in_one_sentence(key, tmp_path):
    with pytest.raises(InputError, match=r"can't be read .*; make one: blindspot authority lease-key"):
        load_lease_key(tmp_path / "none")
    with pytest.raises(InputError, match=r"is no private key without a pass-phrase"):
        load_lease_key(public_half(key))
    locked = tmp_path / "signer.key"
    locked.write_bytes(new_key("a long pass-phrase")[0])
    locked.chmod(0o600)
    with pytest.raises(InputError, match=r"is no private key without a pass-phrase"):
        load_lease_key(locked)
    with pytest.raises(InputError, match=r"is no public key; copy the .pub file"):
        load_public_lease_key(key)
    with pytest.raises(InputError, match=r"can't be read .*; copy the .pub file"):
        load_public_lease_key(tmp_path / "none.pub")


def test_the_usual_place_is_beside_the_trusted_keys(tmp_path):
    assert usual_lease_key({"HOME": str(tmp_path)}) == tmp_path / ".config" / "blindspot" / "lease.key"
    assert usual_lease_key({"XDG_CONFIG_HOME": "/etc/x", "HOME": "/"}).parent.parts[-2:] == ("x", "blindspot")
