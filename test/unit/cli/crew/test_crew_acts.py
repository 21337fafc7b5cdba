"""The orders of people in a page, up to the order that the owner of the graph gives."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from blindspot.cli.crew.crew_acts import crew_acts, resume, swapped
from blindspot.console import PageOrders
from blindspot.console.crew import RefusedAttempts
from blindspot.core import InputError
from blindspot.mission import load_fleet

FLEET = Path(__file__).parents[4] / "config" / "fleets" / "crossroads.yaml"
SAID = {"page_id": "p1", "person": "A. Martin", "reason": "the crane stands", "drones": ["drone1"]}


@pytest.fixture(scope="module")
def fleet():
    return load_fleet(FLEET)


@pytest.fixture
def orders(fleet):
    return PageOrders(fleet.names, "user")


def test_a_resume_goes_out_with_its_signature_once(fleet, orders):
    prepared = resume(fleet, orders, SAID)
    assert orders.next() is None
    for _ in range(2):
        prepared.carry("1:signed")
    given = orders.next()
    assert (given.order, given.drones, given.person, given.signature) == (
        "resume",
        ("drone1",),
        "A. Martin",
        "1:signed",
    )
    assert orders.next() is None
    assert (prepared.ordered.person, prepared.ordered.reason) == (given.person, given.reason)


def test_a_new_pack_stands_in_the_signed_reason(fleet, orders):
    prepared = swapped(fleet, orders, SAID | {"pack": "A2"})
    prepared.carry("1:signed")
    assert orders.next().reason == prepared.ordered.reason == "pack A2: the crane stands"


def test_orders_about_an_evening_are_given_while_the_stack_flies_an_operation(fleet, orders, tmp_path):
    record = SimpleNamespace(simulated=True, journal=tmp_path / "journal.jsonl")
    said = SAID | {"order": "confirm", "which": "an/evening/1", "wind_mps": 4.0}

    def prepares(operation):
        return crew_acts(record, fleet, orders, None, RefusedAttempts(record.journal), operation)["sign"](said)

    assert prepares(FLEET.parents[1] / "operations" / "crossroads_evenings.yaml")["drones"] == fleet.names
    with pytest.raises(InputError, match="confirm: is no order that a page gives"):
        prepares(None)


@pytest.mark.parametrize(
    ("kind", "changed"),
    [(resume, {"reason": " "}), (resume, {"person": ""}), (resume, {"drones": ["drone9"]}), (resume, {"drones": "x"}),
     (swapped, {"drones": []}), (swapped, {"pack": "Z9"}), (swapped, {"pack": ""})],
)  # fmt: skip
def test_an_order_that_names_too_little_is_one_sentence(fleet, orders, kind, changed):
    with pytest.raises(InputError):
        partial(kind, fleet, orders)(SAID | changed)
    assert orders.next() is None
