"""The packs that a person may name for a drone."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.acts.orders import pack_of
from blindspot.core import InputError
from blindspot.mission import load_fleet

FLEETS = Path(__file__).resolve().parents[4] / "config" / "fleets"


@pytest.fixture(scope="module")
def fleet():
    return load_fleet(FLEETS / "crossroads.yaml")


def test_a_listed_pack_of_the_drones_model_is_taken(fleet):
    assert pack_of(fleet, "drone1", "A2") == "A2"


@pytest.mark.parametrize(("pack", "message"), [("", "--pack: is missing"), ("Z9", "Z9 is no pack of model reference")])
def test_where_packs_are_listed_another_or_none_is_refused(fleet, pack, message):
    with pytest.raises(InputError, match=rf"{message}; the fleet file lists A1, A2, B1, B2, C1, C2"):
        pack_of(fleet, "drone1", pack)


def test_a_fleet_without_packs_needs_none():
    fleet = load_fleet(FLEETS.parent / "missions" / "crossroads.yaml")
    assert pack_of(fleet, "drone1", "") == ""
    with pytest.raises(InputError, match="lists no packs; leave it out"):
        pack_of(fleet, "drone1", "A1")
