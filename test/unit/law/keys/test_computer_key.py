"""The key of a computer: made once, kept, and its signatures count for one purpose and one content."""

from __future__ import annotations

import stat

import pytest

from blindspot.core.errors import InputError
from blindspot.law.keys.computer_key import (
    beside,
    is_signed,
    keep_computer_key,
    load_computer_key,
    public_computer_key,
    usual_computer_key,
)
from blindspot.law.leases.lease_key import own_lease_key, renew_lease_key


@pytest.fixture
def path(tmp_path):
    keep_computer_key(tmp_path / "keys" / "computer.key")
    return tmp_path / "keys" / "computer.key"


def test_a_key_is_made_once_and_only_its_owner_can_read_it(path):
    before = load_computer_key(path).key_id
    keep_computer_key(path)
    assert load_computer_key(path).key_id == public_computer_key(path) == before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(InputError, match="computer_key: has mode 0640: others can use it; chmod 600"):
        load_computer_key(path)


def test_a_signature_counts_for_its_key_purpose_and_values_alone(path, tmp_path):
    key = load_computer_key(path)
    signature = key.sign("blindspot.head/1", 7, "ab")
    assert is_signed(key.key_id, signature, "blindspot.head/1", 7, "ab")
    keep_computer_key(tmp_path / "other.key")
    other = load_computer_key(tmp_path / "other.key").key_id
    for wrong in (
        (other, signature, "blindspot.head/1", 7, "ab"),
        (key.key_id, signature, "blindspot.part/1", 7, "ab"),
        (key.key_id, signature, "blindspot.head/1", 8, "ab"),
        (key.key_id, signature, "blindspot.head/1", "7", "ab"),
        (key.key_id, signature[:-2] + ("01" if signature.endswith("00") else "00"), "blindspot.head/1", 7, "ab"),
        (key.key_id, None, "blindspot.head/1", 7, "ab"),
        ("f" * 64, signature, "blindspot.head/1", 7, "ab"),
        (key.key_id.upper(), signature, "blindspot.head/1", 7, "ab"),
    ):
        assert not is_signed(*wrong)


def test_a_simulated_stack_makes_its_own_beside_the_lease_key_and_keeps_it(tmp_path):
    renew_lease_key(own_lease_key(tmp_path))
    before = public_computer_key(beside(own_lease_key(tmp_path)))
    renew_lease_key(own_lease_key(tmp_path))
    assert public_computer_key(beside(own_lease_key(tmp_path))) == before
    assert usual_computer_key({"HOME": "/home/a"}).as_posix() == "/home/a/.config/blindspot/computer.key"
