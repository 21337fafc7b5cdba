"""Mandates are kept by evening and person, and count for the operation file that was signed."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from types import SimpleNamespace

import pytest
from test.unit.law.orders.test_mandate import PASS, UNSIGNED, signed

from blindspot.core.errors import InputError
from blindspot.law.orders.mandate import read_mandate
from blindspot.operations.mandates.passes import keep_mandate, mandate_of, operation_sha256, pass_key, pass_signer


@pytest.fixture
def operation(tmp_path):
    path = tmp_path / "operation.yaml"
    path.write_text("name: Evenings\n")
    fleet = SimpleNamespace(has_keys=True, file=SimpleNamespace(name="Ours"))
    return SimpleNamespace(path=path, fleet=fleet)


@pytest.fixture
def mandate(operation):
    return signed(replace(UNSIGNED, operation_sha256=operation_sha256(operation)))


def test_a_mandate_is_found_by_its_evening_and_its_person(operation, mandate, tmp_path):
    keep_mandate(tmp_path / "state", mandate)
    assert mandate_of(tmp_path / "state", operation, mandate.evening, "A. Martin") == mandate
    assert mandate_of(tmp_path / "state", operation, mandate.evening, "B. Roy") is None
    assert mandate_of(tmp_path / "state", operation, "Evenings/2026-11-29/late", "A. Martin") is None
    later = replace(mandate, reason="another")
    keep_mandate(tmp_path / "state", later)
    assert mandate_of(tmp_path / "state", operation, mandate.evening, "A. Martin") == later


def test_the_evenings_of_an_operation_with_a_long_name_have_mandates_of_their_own(operation, mandate, tmp_path):
    """The second one replaced the first: its passes flew unsigned, and were refused."""
    evenings = [f"{'Evening_' * 8}/2026-11-02/{slot}" for slot in ("evening", "late")]
    for evening in evenings:
        keep_mandate(tmp_path, replace(mandate, evening=evening))
    found = [mandate_of(tmp_path, operation, evening, "A. Martin") for evening in evenings]
    assert [one and one.evening for one in found] == evenings


def test_another_operation_file_and_a_damaged_mandate_have_none(operation, mandate, tmp_path):
    keep_mandate(tmp_path, mandate)
    operation.path.write_text("name: Evenings\npasses: 9\n")
    assert mandate_of(tmp_path, operation, mandate.evening, "A. Martin") is None
    operation.path.write_text("name: Evenings\n")
    [file] = (tmp_path / "mandates").iterdir()
    file.write_text("mandate:xx:1:y")
    assert mandate_of(tmp_path, operation, mandate.evening, "A. Martin") is None


def test_a_pass_is_signed_with_the_mandate_of_its_person(operation, mandate, tmp_path):
    sign = pass_signer(tmp_path, operation, simulated=False)
    row = SimpleNamespace(occurrence=mandate.evening, person="A. Martin")
    assert sign(row, PASS) == ""
    keep_mandate(tmp_path, mandate)
    found, signature = read_mandate(sign(row, PASS))
    assert found == mandate and not signature.startswith("0:")
    operation.fleet.has_keys = False
    assert pass_signer(tmp_path, operation, simulated=False)(row, PASS) == ""


def test_a_mandate_for_a_file_that_was_changed_later_signs_no_pass_of_the_file_before(operation, mandate, tmp_path):
    """A pilot signed an evening with a lower limit of wind, and the scheduler still flew by the higher one."""
    sign = pass_signer(tmp_path, operation, simulated=False)
    row = SimpleNamespace(occurrence=mandate.evening, person="A. Martin")
    keep_mandate(tmp_path, mandate)
    operation.path.write_text("name: Evenings\nweather: {max_wind_mps: 4}\n")
    assert read_mandate(sign(row, PASS))[0] == mandate  # a drawn evening goes on by the file that drew it
    keep_mandate(tmp_path, replace(mandate, operation_sha256=operation_sha256(operation)))
    assert sign(row, PASS) == ""


def test_the_key_of_the_scheduler_is_made_once_for_its_owner_alone(tmp_path):
    first = pass_key(tmp_path / "state").private_bytes_raw()
    assert pass_key(tmp_path / "state").private_bytes_raw() == first
    assert stat.S_IMODE((tmp_path / "state" / "scheduler.key").stat().st_mode) == 0o600
    (tmp_path / "state" / "scheduler.key").chmod(0o640)
    with pytest.raises(InputError, match="has mode 0640: others can use it"):
        pass_key(tmp_path / "state")
    (tmp_path / "state" / "scheduler.key").write_bytes(b"short")
    with pytest.raises(InputError, match="has 5 bytes"):
        pass_key(tmp_path / "state")


def test_two_processes_that_make_the_key_at_once_get_the_same(tmp_path, monkeypatch):
    made = []

    def meanwhile(draft, path, link=os.link):
        monkeypatch.setattr(os, "link", link)
        made.append(pass_key(tmp_path).private_bytes_raw())
        link(draft, path)

    monkeypatch.setattr(os, "link", meanwhile)
    assert [pass_key(tmp_path).private_bytes_raw()] == made
    assert [file.name for file in tmp_path.iterdir()] == ["scheduler.key"]
