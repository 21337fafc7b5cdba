"""The console's answer to "may we fly": signed leases alone count."""

from __future__ import annotations

import json
from threading import Lock

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test.unit.nodes.clients.test_console_records import FLEET

from blindspot.console.view import View
from blindspot.core.errors import InputError
from blindspot.law.leases import LeaseSigner
from blindspot.mission.fleet_file import load_fleet
from blindspot.nodes.clients.console_leases import ConsoleLeases
from blindspot.nodes.clients.console_records import ConsoleRecords
from blindspot.nodes.judging.leases import clearance_message
from blindspot.site.load import load_frame

NOW_S = 100.0


@pytest.fixture
def key():
    return Ed25519PrivateKey.generate()


@pytest.fixture
def view():
    return View()


@pytest.fixture
def leases(view, key, tmp_path, monkeypatch):
    fleet, public = load_fleet(FLEET), tmp_path / "lease.pub"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    records = ConsoleRecords(view, Lock(), fleet, load_frame(fleet.site_dir), (), None, "embedded")
    monkeypatch.setattr(ConsoleRecords, "stack_s", NOW_S)
    return ConsoleLeases(records, fleet.names, public, simulated=True)


def lease(key, *, granted=True, rule="", until_s=NOW_S + 2.0, drone="drone1", sentence="GO until 22:58"):
    signed = LeaseSigner(key).sign(
        drone, "SIM-1", "plan", "mission", granted=granted, may_look=granted, simulated=True,
        valid_until_ns=int(until_s * 1e9), rule=rule,
    )  # fmt: skip
    return clearance_message(signed, sentence)


def shown(view):
    return json.loads(view.since(0, 0.0))["set"]


def test_a_signed_lease_is_a_record_and_its_sentence_is_apart(leases, view, key):
    leases.take("drone1", lease(key))
    assert shown(view)["lease/drone1"] == {
        "granted": True, "may_look": True, "rule": "", "authorisation": "SIM-1", "sentence": "GO until 22:58",
    }  # fmt: skip


def test_a_signed_refusal_names_the_rule(leases, view, key):
    leases.take("drone1", lease(key, granted=False, rule="TIM-01", until_s=NOW_S))
    found = shown(view)["lease/drone1"]
    assert (found["granted"], found["rule"]) == (False, "TIM-01")


@pytest.mark.parametrize(
    "forged",
    [
        lambda _: lease(Ed25519PrivateKey.generate()),
        lambda key: lease(key, drone="drone2"),
        lambda key: lease(key, until_s=NOW_S - 1.0),
        lambda key: lease(key, until_s=NOW_S + 60.0),
    ],
)
def test_a_lease_that_does_not_count_changes_nothing(leases, view, key, forged):
    with pytest.raises(InputError, match="does not count"):
        leases.take("drone1", forged(key))
    assert view.number == 0
