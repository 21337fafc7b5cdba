"""`blindspot console --host`: the page for other computers needs a certificate, and keys of operators."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.cli.operate.console import console
from blindspot.console.beyond import make_certificate
from blindspot.core import InputError
from blindspot.mission import load_fleet
from blindspot.stack import stack_record

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"


@pytest.fixture
def standing(monkeypatch, tmp_path):
    """A stack on this computer whose fleet file has no keys."""
    assert not load_fleet(FLEET).has_keys
    record = stack_record.StackRecord(
        1, 1, "boot", 0, "embedded", FLEET, tmp_path, tmp_path / "journal.jsonl", (), "2026-12-05T20:00:00Z"
    )
    monkeypatch.setattr(stack_record, "stack_here", lambda _: replace(record))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "one two", "https://town.example"])
def test_a_text_that_is_no_address_of_this_computer_is_refused(host):
    with pytest.raises(InputError, match=r"--host: is .*, and no address that a browser opens; name one IPv4 address"):
        console(host=host)


def test_other_computers_without_a_certificate_are_refused_with_the_way_out():
    fix = r"make one: blindspot authority console-certificate --host 192\.0\.2\.7 --out DIR$"
    with pytest.raises(InputError, match=rf"--certificate: is missing, and other computers open 192\.0\.2\.7; {fix}"):
        console(host="192.0.2.7")


def test_a_certificate_for_this_computer_alone_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"--certificate: serves other computers alone; leave it out, or give --host"):
        console(host="localhost", certificate=tmp_path)


def test_a_fleet_whose_operators_have_no_keys_is_refused(standing, tmp_path):
    made = make_certificate("192.0.2.7", tmp_path / "tls", datetime.now(UTC)).file.parent
    with pytest.raises(InputError, match=r"operators: names no key, and people log in with keys; make each: .*-key$"):
        console(host="192.0.2.7", certificate=made)
