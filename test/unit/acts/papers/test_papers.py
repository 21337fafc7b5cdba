"""Keys, signatures and revocations without a terminal: a pass-phrase is asked for only where a signature may follow."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from blindspot.acts.papers import countersign_file, revoke_authorisation, sign_file, trust_new_key
from blindspot.core.errors import InputError
from blindspot.law.signatures import load_key, new_key, read_revocations, trusted_keys

SIM_ONLY = Path(__file__).parents[4] / "config" / "authorisations" / "crossroads_sim.yaml"
PHRASE = "a long pass-phrase"
NOW = datetime(2026, 11, 2, 12, 0, 0, 500_000, tzinfo=UTC)


@pytest.fixture
def key(tmp_path, monkeypatch):
    """A key that this machine trusts under the name of `roy`."""
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    trust_new_key(tmp_path / "roy.key", lambda: PHRASE)
    return tmp_path / "roy.key"


def read(path):
    return load_key(path, PHRASE)


def never(*_):
    raise AssertionError("a pass-phrase was asked for")


def test_a_new_key_is_trusted_and_overwrites_nothing(key, tmp_path):
    before = key.read_bytes()
    assert [file.name for file in (tmp_path / "trusted").iterdir()] == ["roy.pub"]
    with pytest.raises(InputError, match="no key is ever overwritten"):
        trust_new_key(key, never)
    (tmp_path / "other").mkdir()
    with pytest.raises(InputError, match="is trusted already under this name"):
        trust_new_key(tmp_path / "other" / "roy.key", lambda: PHRASE)
    assert key.read_bytes() == before and not (tmp_path / "other" / "roy.key").exists()


def test_a_file_without_signatures_is_neither_signed_nor_countersigned(key):
    with pytest.raises(InputError, match="it carries no signature"):
        sign_file(SIM_ONLY, key, never)
    with pytest.raises(InputError, match="which one person signs"):
        countersign_file(SIM_ONLY, key, never)


def test_a_list_is_issued_at_the_time_after_the_pass_phrase(key, tmp_path):
    clock = [NOW]

    def typed_slowly(path):
        clock[0] += timedelta(minutes=3)
        return read(path)

    file = tmp_path / "revocations.yaml"
    listed, issued = revoke_authorisation(file, SIM_ONLY, key, typed_slowly, "B. Roy", "lost", lambda: clock[0])
    assert issued == (NOW + timedelta(minutes=3)).replace(microsecond=0)
    assert [(one.by, one.at) for one in listed] == [("B. Roy", issued)]
    assert read_revocations(file, trusted_keys(tmp_path / "trusted")).listed == listed


def test_a_list_by_an_untrusted_key_or_without_a_reason_is_not_issued(key, tmp_path):
    file, other = tmp_path / "revocations.yaml", tmp_path / "other.key"
    other.write_bytes(new_key(PHRASE)[0])
    with pytest.raises(InputError, match="is no key that this machine trusts"):
        revoke_authorisation(file, SIM_ONLY, other, read, "B. Roy", "lost", lambda: NOW)
    with pytest.raises(InputError, match="person and reason are missing"):
        revoke_authorisation(file, SIM_ONLY, key, never, "B. Roy", "", lambda: NOW)
    assert not file.exists()
