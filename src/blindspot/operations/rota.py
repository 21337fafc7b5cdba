"""Which drone flies which battery pack in which pass: a rota without a pack that is still warm or empty.

A pack that has landed cools, is charged, and may then fly again. HiGHS chooses one pack for each flight; among all
possible rotas HiGHS prefers packs with few past charges.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import highspy

from blindspot.core import SilentHighs
from blindspot.mission import DroneModel, Fleet


@dataclass(frozen=True, slots=True)
class Pack:
    """A charged battery pack; `rest_s` is the time from the landing until the pack is charged again, s."""

    id: str
    model: str
    flies_wh: float
    rest_s: float
    cycles: int = 0


@dataclass(frozen=True, slots=True)
class Flight:
    """One drone in one pass: from take-off to landing, s, and the needed energy, Wh."""

    number: int
    drone: str
    model: str
    from_s: float
    until_s: float
    need_wh: float


def packs_of(fleet: Fleet) -> tuple[Pack, ...]:
    """The packs of a fleet with the usable energy of each pack: the capacity at the model's age and temperature,
    without the reserve."""
    return tuple(
        Pack(
            pack.id, pack.model, usable_wh(fleet.models[pack.model], pack.capacity_wh), pack.cool_s + pack.charge_s,
            pack.cycles,
        )
        for pack in fleet.file.packs
    )  # fmt: skip


def usable_wh(model: DroneModel, capacity_wh: float | None) -> float:
    """Energy of a pack that a plan may use, Wh; `capacity_wh` is that of the pack now, None for the model's own."""
    energy = model.energy
    share = 1.0 if capacity_wh is None else capacity_wh / (energy.capacity_wh * energy.health_fraction)
    return energy.usable_wh() * share * (1.0 - energy.reserve_fraction)


def rota(
    flights: Sequence[Flight], packs: Sequence[Pack], ready_s: Mapping[str, float] | None = None
) -> Mapping[tuple[int, str], str] | None:
    """A pack for each (number of the pass, drone); None if there is no rota. `ready_s` is the time, s, before which a
    pack of this id is still warm or empty from an earlier flight.

    >>> evening = [Flight(1, "drone1", "m", 0.0, 600.0, 50.0), Flight(2, "drone1", "m", 1500.0, 2100.0, 50.0)]
    >>> dict(rota(evening, [Pack("A1", "m", 80.0, 3600.0), Pack("A2", "m", 80.0, 3600.0)]))
    {(1, 'drone1'): 'A1', (2, 'drone1'): 'A2'}
    >>> rota(evening, [Pack("A1", "m", 80.0, 3600.0)]) is None
    True
    """
    ready_s = ready_s or {}
    pairs = [
        (f, p) for f, flight in enumerate(flights) for p, pack in enumerate(packs)
        if pack.model == flight.model and pack.flies_wh >= flight.need_wh
        and flight.from_s >= ready_s.get(pack.id, -inf)
    ]  # fmt: skip
    highs: Any = SilentHighs()
    columns = {
        (f, p): highs.addBinary(obj=float(packs[p].cycles) + 1e-3 * p + 1e-6 * f * (len(packs) - p)) for f, p in pairs
    }
    for f in range(len(flights)):
        own = [column for (flight, _), column in columns.items() if flight == f]
        if not own:
            return None
        highs.addConstr(sum(own) == 1)
    for p, pack in enumerate(packs):
        for flight in flights:  # at each take-off, a pack is in one flight or in the rest after one
            taken = [
                columns[o, p] for o, other in enumerate(flights)
                if (o, p) in columns and other.from_s <= flight.from_s < other.until_s + pack.rest_s
            ]  # fmt: skip
            if len(taken) > 1:
                highs.addConstr(sum(taken) <= 1)
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    chosen = [(f, p) for (f, p), column in columns.items() if highs.val(column) > 0.5]
    return {(flights[f].number, flights[f].drone): packs[p].id for f, p in chosen}


def packs_missing(flights: Sequence[Flight], packs: Sequence[Pack], fresh: Mapping[str, Pack]) -> dict[str, int]:
    """The fewest further packs of each model with which a rota exists; empty if none are missing.

    `fresh` is a pack of each model as it would be bought.
    """
    missing: dict[str, int] = {}
    for model in dict.fromkeys(flight.model for flight in flights):
        own = [flight for flight in flights if flight.model == model]
        known = [pack for pack in packs if pack.model == model]
        for more in range(len(own) + 1):
            bought = [fresh[model]] * more
            if rota(own, [*known, *bought]) is not None:
                break
        else:
            more = -1  # not even a fresh pack for each flight: the tour needs more than a pack holds
        if more:
            missing[model] = more
    return missing
