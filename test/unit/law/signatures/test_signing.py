import base64
import os
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

from blindspot.core.errors import InputError
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.signatures.signing import (
    key_id,
    load_key,
    new_key,
    person_of,
    sign,
    signed_content,
    signers,
    trusted_folder,
    trusted_keys,
)

PASSPHRASE = "correct horse battery"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """(folder of trusted keys with one of two, the trusted private key, the other)."""
    folder = tmp_path_factory.mktemp("keys")
    made = []
    for name in ("mine", "other"):
        private, public = new_key(PASSPHRASE)
        (folder / f"{name}.key").write_bytes(private)
        if name == "mine":
            (folder / "mine.pub").write_bytes(public)
        made.append(load_key(folder / f"{name}.key", PASSPHRASE))
    return folder, *made


@pytest.fixture
def file(document):
    return AuthorisationFile.model_validate(document)


def signed(file, *private):
    return file.model_copy(update={"signatures": tuple(sign(file, key) for key in private)})


def test_a_trusted_signature_counts_and_another_one_does_not(keys, file):
    folder, mine, other = keys
    trusted = trusted_keys(folder)
    assert list(trusted) == [key_id(mine.public_key())]
    assert signers(signed(file, other, mine), trusted) == (key_id(mine.public_key()),)
    assert signers(signed(file, other), trusted) == ()
    assert signers(file, trusted) == ()
    assert signers(signed(file, mine, mine), trusted) == (key_id(mine.public_key()),)


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o757])
@pytest.mark.parametrize("name", [".", "mine.pub"])
def test_keys_that_other_users_of_the_computer_may_write_are_not_trusted(keys, tmp_path, name, mode):
    folder = tmp_path / "trusted"
    shutil.copytree(keys[0], folder)
    assert trusted_keys(folder)
    (folder / name).chmod(mode)
    with pytest.raises(InputError, match="may be written by other users; protect it: chmod go-w"):
        trusted_keys(folder)


@pytest.mark.parametrize("name", [".", "mine.pub"])
def test_keys_of_another_user_of_the_computer_are_not_trusted(keys, tmp_path, name):
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: only root can give a file away")
    folder = tmp_path / "trusted"
    shutil.copytree(keys[0], folder)
    os.chown(folder / name, 65534, 65534)
    with pytest.raises(InputError, match=r"belongs to another user \(65534\); take it over"):
        trusted_keys(folder)


def test_any_change_of_the_content_voids_the_signature(keys, file, document):
    folder, mine, _ = keys
    signature = sign(file, mine)
    changes = [
        ("id", "SIM-2"), ("profile", "TEST-RANGE"), ("area.ceiling_m_agl", 101), ("area.sha256", "0" * 64),
        ("window.not_after", "2026-12-02T00:00:00+01:00"), ("window.max_flight_min_per_day", 61),
        ("sensors.max_simultaneous_cameras", 2), ("analytics.detectors", ["nanodet", "nanodet"]),
    ]  # fmt: skip
    for field, value in changes:
        *sections, last = field.split(".")
        changed = AuthorisationFile.model_validate(document).model_dump(mode="json", by_alias=True)
        part = changed
        for section in sections:
            part = part[section]
        part[last] = value
        said = AuthorisationFile.model_validate(changed | {"signatures": [signature.model_dump()]})
        assert signers(said, trusted_keys(folder)) == (), field


def test_layout_and_defaults_written_out_change_nothing(file, document):
    document["signer"] = None
    document["analytics"]["interconnections"] = []
    assert signed_content(AuthorisationFile.model_validate(document)) == signed_content(file)


def test_rubbish_in_place_of_a_signature_is_none(keys, file):
    folder, mine, _ = keys
    made = sign(file, mine)
    for rubbish in ("", "not base64!", "²" * 88, made.sig[:-8], "A" * 88):
        bad = file.model_copy(update={"signatures": (made.model_copy(update={"sig": rubbish}),)})
        assert signers(bad, trusted_keys(folder)) == ()


def test_a_key_opens_with_its_pass_phrase_alone(keys):
    folder, *_ = keys
    with pytest.raises(InputError, match="no key under this pass-phrase"):
        load_key(folder / "mine.key", "something else")
    with pytest.raises(InputError, match="no key under this pass-phrase"):
        load_key(folder / "mine.pub", PASSPHRASE)
    with pytest.raises(InputError, match="can't be read"):
        load_key(folder / "none.key", PASSPHRASE)
    with pytest.raises(InputError, match="at least 12"):
        new_key("short")


def test_a_new_key_costs_its_thief_600_000_rounds_and_an_older_file_is_still_read(tmp_path):
    private, _ = new_key(PASSPHRASE)
    said = base64.b64decode(b"".join(private.splitlines()[1:-1]))
    assert bytes.fromhex("02030927c0") in said, "the integer 600 000"
    assert bytes.fromhex("2a864886f70d0209") in said, "HMAC with SHA-256"
    assert bytes.fromhex("60864801650304012a") in said, "AES-256 in CBC mode"
    assert new_key(PASSPHRASE)[0] != private
    older, key = tmp_path / "older.key", Ed25519PrivateKey.generate()
    locked = BestAvailableEncryption(PASSPHRASE.encode())
    older.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    assert load_key(older, PASSPHRASE).public_key() == key.public_key()


def test_a_file_that_is_no_key_among_the_trusted_is_reported(tmp_path):
    assert trusted_keys(tmp_path / "nowhere") == {}
    (tmp_path / "bad.pub").write_text("hello")
    with pytest.raises(InputError, match=r"bad\.pub.*no public key"):
        trusted_keys(tmp_path)


def test_trusted_keys_lie_where_the_user_says_or_keeps_settings():
    assert trusted_folder({"BLINDSPOT_TRUSTED_KEYS": "/k"}).as_posix() == "/k"
    assert trusted_folder({"XDG_CONFIG_HOME": "/c", "HOME": "/h"}).as_posix() == "/c/blindspot/trusted_keys"
    assert trusted_folder({"HOME": "/h"}).as_posix() == "/h/.config/blindspot/trusted_keys"


@pytest.mark.parametrize("same", ["officer-1\u200b", "\u2060OFFICER-1", " officer-\uff11\n", "off\u00adicer-1"])
def test_aut_02_signs_that_nobody_sees_make_no_second_person(same):
    assert person_of(same) == person_of("officer-1") and person_of("A.  Roy") == person_of("a. roy")
