"""Every row of the ladder has a cause, and its reaction is the one that is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest

from blindspot.core.config_file import read_yaml
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.ladder import rows
from blindspot.flight.watch.surroundings import CALM
from blindspot.mission.drone_model import DroneModel
from blindspot_lab.bench import flight, reactions

MODEL = read_yaml(flight.DRONES / "reference.yaml", DroneModel)
SETTINGS = FlightSettings(MODEL, no_fly=(reactions.ZONE,))


@pytest.fixture(scope="module")
def plan():
    whole = flight.planned()
    return whole.model_copy(update={"routes": whole.routes[:1]})


def reaction_s(plan, name: str, cause: reactions.Cause) -> float:
    row = next(row for row in rows(SETTINGS) if row.name == name)
    return reactions.Misled(flight.fleet_of(plan, MODEL), plan, SETTINGS).reaction_s(row, cause)


def test_every_row_has_a_cause():
    assert list(reactions.causes(SETTINGS)) == [row.name for row in rows(SETTINGS)]


@pytest.mark.parametrize(
    "name", ["lease lost", "vehicle lost", "fence near", "battery low", "aircraft near", "aircraft evaded"]
)
def test_a_reaction_is_neither_early_nor_late(plan, name):
    cause = reactions.causes(SETTINGS)[name]
    assert cause.after_s <= reaction_s(plan, name, cause) <= cause.after_s + reactions.MARGIN_S


def test_a_row_that_is_due_in_a_healthy_flight_ends_the_measurement(plan, monkeypatch):
    monkeypatch.setattr(reactions, "GIVE_UP_S", 20.0)
    cold = replace(SETTINGS, computer_hot_c=CALM.computer.temperature_c - 1.0)
    with pytest.raises(RuntimeError, match="the computer on board is too hot"):
        reactions.Misled(flight.fleet_of(plan, MODEL), plan, cold)


def test_without_its_cause_nothing_is_commanded(plan, monkeypatch):
    monkeypatch.setattr(reactions, "GIVE_UP_S", 20.0)
    assert reaction_s(plan, "fence near", reactions.Cause(0.0)) == float("inf")
