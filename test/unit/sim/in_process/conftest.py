"""A watch over the crossroads by hand: two posts, each in its own half of the perimeter, with a short LOITER_TIME."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from math import atan2, degrees, inf
from pathlib import Path

import pytest
from shapely import box
from test.factories import coverage_of, plan_of, square, view_at

from blindspot.core.folders import CONFIG_DIR
from blindspot.mission import Mission, Plan, load_mission, site_pads, timing
from blindspot.mission.failsafe_settings import failsafe
from blindspot.mission.plan import Aim, Expected, Route
from blindspot.mission.plan_figures import WatchedTarget
from blindspot_sim.in_process.packs import Packs
from blindspot_sim.in_process.watch_flight import WatchFlight

UP_M, ASIDE_M, SPEED_MPS = 70.0, 17.5, 6.0
NEAR_M, FAR_M = 9.5, 79.5
"""North and south edges of each half: the halves are 19 m apart."""
DWELL_S, WATCH_S, SWAP_S = 240.0, 900.0, 30.0
AUTHORISATIONS = {1: "crossroads_watch_sim.yaml", 2: "crossroads_watch_spare_sim.yaml"}
"""By the number of cameras that may look at once."""

Fly = Callable[..., WatchFlight]


def post(mission: Mission, drone: str, pad: str, dwell_s: float) -> Plan:
    """The post of one drone north or south of the crossing; the fence is that half of the perimeter."""
    model, side = mission.model_of(drone), 1.0 if pad == "north" else -1.0
    origin, pads = site_pads(mission)
    aim = Aim(heading_deg=180.0 if side > 0 else 0.0, pitch_deg=-degrees(atan2(UP_M, ASIDE_M)))
    view = view_at(0.0, side * ASIDE_M, UP_M, aim=aim, speed_mps=SPEED_MPS, dwell_s=dwell_s)
    cost = timing.flight(model, pads[pad], UP_M, (view,))[-1]
    half = box(-FAR_M, min(side * NEAR_M, side * FAR_M), FAR_M, max(side * NEAR_M, side * FAR_M))
    route = Route(
        drone=drone, model=model.name, pad=pad, home=pads[pad], takeoff_up_m=UP_M, steps=(view,),
        failsafe=failsafe(model, SPEED_MPS, UP_M, half),
        expected=Expected(
            flight_time_s=cost.time_s, distance_m=cost.distance_m, energy_wh=cost.energy_wh,
            battery_left_fraction=max(0.0, 1.0 - cost.energy_wh / model.energy.usable_wh()),
        ),
    )  # fmt: skip
    return plan_of(
        route, id=f"post-{drone}", origin=origin, perimeter=square(FAR_M), coverage=coverage_of(),
        watch=WatchedTarget(target="stage", target_m2=400.0, seen_m2=400.0),
    )  # fmt: skip


@pytest.fixture(scope="session")
def crossroads() -> Mission:
    return load_mission(CONFIG_DIR / "missions" / "crossroads_watch.yaml")


@pytest.fixture
def watch(crossroads: Mission, tmp_path: Path) -> Fly:
    """Makes a watch that has not begun, with the cameras that may look at once and the seconds of the watch."""

    def make(
        cameras: int = 1, *, watch_s: float = WATCH_S, dwell_s: float = DWELL_S, seed: int = 1,
        packs: Packs | None = None, slot_ends: str = "23:00",
    ) -> WatchFlight:  # fmt: skip
        file = crossroads.file
        own = (CONFIG_DIR / "authorisations" / AUTHORISATIONS[cameras]).read_text(encoding="utf-8")
        authorisation = tmp_path / "authorisation.yaml"
        authorisation.write_text(
            own.replace("../missions", str(CONFIG_DIR / "missions")).replace("23:00", slot_ends), encoding="utf-8"
        )
        ends = file.start + timedelta(seconds=watch_s)
        mission = replace(
            crossroads, file=file.model_copy(update={"latest_landing": ends, "swap_s": SWAP_S}),
            authorisation_path=authorisation,
        )  # fmt: skip
        posts = [post(mission, one.name, one.pad, dwell_s) for one in file.fleet]
        return WatchFlight(mission, posts, tmp_path, seed=seed, packs=packs)

    return make


# What a test sees of a watch: the pictures themselves, not the orders


def pictures(flight: WatchFlight) -> list[tuple[float, str]]:
    """(s, drone) of each exposure, the oldest first."""
    found: list[tuple[float, str]] = []
    for name, drone in flight.drones.items():
        log = drone.log()
        found += [(stamp_s, name) for stamp_s in log.stamp_s[log.capturing].tolist()]
    return sorted(found)


def most_looking(flight: WatchFlight) -> int:
    """The most drones with an exposure within one second, at any exposure."""
    last: dict[str, float] = {}
    most = 0
    for stamp_s, name in pictures(flight):
        last[name] = stamp_s
        most = max(most, sum(stamp_s - at_s <= 1.0 for at_s in last.values()))
    return most


def gaps(flight: WatchFlight, longer_s: float = 1.0) -> list[tuple[float, float]]:
    """(begin, length) of each pause between two pictures that is longer than this, s."""
    stamps_s = [stamp_s for stamp_s, _ in pictures(flight)]
    return [(a, b - a) for a, b in pairwise(stamps_s) if b - a > longer_s]


def longest_gap_s(flight: WatchFlight) -> float:
    return max((length_s for _, length_s in gaps(flight, 0.0)), default=inf)


def least_battery(flight: WatchFlight) -> float:
    """The smallest share of a battery at the landing of any turn."""
    return min((turn.battery_fraction for drone in flight.drones.values() for turn in drone.turns), default=inf)


def once(when: Callable[[WatchFlight], bool], act: Callable[[WatchFlight], object]) -> Callable[[WatchFlight], None]:
    """A deed at the first moment at which the condition holds."""
    done: list[bool] = []

    def step(flight: WatchFlight) -> None:
        if not done and when(flight):
            done.append(True)
            act(flight)

    return step


def run(flight: WatchFlight, *deeds: Callable[[WatchFlight], None], to_s: float = inf) -> None:
    """Fly to this moment, or to the end, with deeds in between."""

    def until(now: WatchFlight) -> bool:
        for deed in deeds:
            deed(now)
        return now.now_s >= to_s

    flight.run(until)


def after_s(at_s: float) -> Callable[[WatchFlight], bool]:
    return lambda flight: flight.now_s >= at_s


def in_overlap(flight: WatchFlight) -> bool:
    """Whether both drones are on post."""
    return all(drone.state == "on_post" for drone in flight.drones.values())
