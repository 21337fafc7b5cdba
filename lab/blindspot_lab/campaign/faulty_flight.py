"""One mission of a campaign. Its seed determines everything about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from blindspot.core.config_file import read_yaml
from blindspot.core.folders import CONFIG_DIR
from blindspot.flight.route.settings import FlightSettings
from blindspot.flight.watch.energy import battery_for_route
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.mission_file import Wind
from blindspot.mission.plan import Route
from blindspot.site.ground.terrain import FLAT
from blindspot_lab.campaign.faults import Fault, draw, script
from blindspot_lab.campaign.faulty_fleet import FaultyDrone, Fleet, Record
from blindspot_lab.campaign.observer import Breach, Margins, judge
from blindspot_lab.campaign.random_town import MINUTES, ORIGIN, Minutes, RandomTown, make_town
from blindspot_sim.fleet import vehicle_config
from blindspot_sim.mavros.simulated_mavros import SimulatedMavros

MISSIONS_A_TOWN = 4
WIND_MPS = 8.0
ENERGY_ERROR = 0.15


Judge = Callable[[RandomTown, Sequence[Record]], Any]


@dataclass(frozen=True, slots=True)
class Luck:
    """The part of a mission that is neither town nor fault: wind, error of the energy model, patience of the crew."""

    wind_mps: float
    energy_error: float
    crew_waits_s: float


@dataclass(frozen=True, slots=True)
class Flown:
    """The result of one mission. `outcomes` are (outcome, reason) by drone. Times are s; `drone_s` sums all drones."""

    seed: int
    faults: tuple[Fault, ...]
    outcomes: dict[str, tuple[str, str]]
    breaches: tuple[Breach, ...]
    margins: Margins
    duration_s: float
    drone_s: float
    verdicts: Any = None
    """The result of a further judge, if one was asked."""

    def __str__(self) -> str:
        outcomes = "; ".join(f"{name} {outcome}" for name, (outcome, _) in self.outcomes.items())
        return f"seed {self.seed}: {outcomes} ({' + '.join(map(str, self.faults))})"


def fly(
    seed: int, folder: Path, faults: tuple[Fault, ...] | None = None, minutes: Minutes = MINUTES,
    *, along: bool = False, luck: Luck | None = None, judged_by: Judge | None = None,
) -> Flown:  # fmt: skip
    """Fly the mission of a seed, and judge it.

    Parameters
    ----------
    seed
        Seed of town, plan, wind, noise and faults.
    folder
        Folder for the files of the law package. It must outlive the call.
    faults
        Replaces the faults drawn from the seed.
    minutes
        Bounds of a route's duration, min.
    along
        The drones return along their missions (`RTL_TYPE` 4).
    luck
        Replaces wind, errors of energy models and the crew's patience.
    judged_by
        A further judge, whose result is `Flown.verdicts`.

    Returns
    -------
    Flown
        Outcomes, broken rules and smallest margins.
    """
    town, random = town_of(seed, folder, minutes, along=along), Random(seed)
    wind = Wind(
        from_deg=random.uniform(0.0, 359.0), speed_mps=random.uniform(0.0, WIND_MPS), gust_mps=random.uniform(0.0, 1.0)
    )
    off = None
    if luck is not None:
        wind, off = wind.model_copy(update={"speed_mps": luck.wind_mps}), luck.energy_error
    drones = {
        route.drone: _drone(town, route, index, wind, random, seed, off) for index, route in enumerate(town.plan.routes)
    }
    crew_waits_s = random.choice((8.0, 25.0, inf))
    if luck is not None:
        crew_waits_s = luck.crew_waits_s
    if faults is None:
        faults = draw(random, seed, town)
    fleet = Fleet(town, drones)
    fleet.run(script(fleet, faults, crew_waits_s))
    records = [drone.record for drone in drones.values()]
    breaches, margins = judge(town, records)
    return Flown(
        seed, faults, {r.route.drone: (r.outcome, r.reason) for r in records}, tuple(breaches), margins,
        fleet.now_s, sum(min(r.ended_s, fleet.now_s) for r in records), judged_by and judged_by(town, records),
    )  # fmt: skip


def _drone(
    town: RandomTown, route: Route, index: int, wind: Wind, random: Random, seed: int, error: float | None
) -> FaultyDrone:
    """A drone with an energy use that differs from its model, and with a slightly used battery."""
    model = town.mission.model_of(route.drone)
    settings = FlightSettings(model, simulated=True, no_fly=town.no_fly)
    drawn = random.uniform(-ENERGY_ERROR, ENERGY_ERROR)
    off = 1.0 + (drawn if error is None else error)
    config = vehicle_config(model, route.drone, index + 1, ORIGIN, route.home, wind, FLAT)
    least = min(1.0, battery_for_route(settings, route) + 0.02)
    battery = replace(
        config.battery, hover_w=off * config.battery.hover_w, cruise_extra_w=off * config.battery.cruise_extra_w,
        initial_fraction=random.uniform(least, 1.0),
    )  # fmt: skip
    return FaultyDrone(
        SimulatedMavros(replace(config, battery=battery), seed=seed * 1000 + index), route, settings, ORIGIN
    )


def town_of(seed: int, folder: Path, minutes: Minutes = MINUTES, *, along: bool = False) -> RandomTown:
    """The town of a mission's seed."""
    return _town(seed // MISSIONS_A_TOWN, folder, minutes, along)


@lru_cache(maxsize=6)
def _town(seed: int, folder: Path, minutes: Minutes, along: bool) -> RandomTown:
    model = read_yaml(CONFIG_DIR / "drones" / "reference.yaml", DroneModel)
    return make_town(seed, model, folder, minutes, along=along)
