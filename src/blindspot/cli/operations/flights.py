"""The passes of a simulated operation, flown in process: the flight logic, vehicles and gate of `sim --in-process`.

Each pass is a flight of its own, with noise and gusts of that flight alone. A picture counts by the rules of a run with
ROS.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING

from blindspot.cli.sessions.sim_in_process import Eyes, Pictures, outcome_of, views_of
from blindspot.core import workers
from blindspot.coverage.ground import SeenGround
from blindspot.flight import FleetRun
from blindspot.law import Loaded
from blindspot.mission import GroundMasks

if TYPE_CHECKING:
    from blindspot.operations.simulation import FlownPass, PassToFly


def fly_all(masks: GroundMasks, flights: Sequence[PassToFly]) -> Iterable[FlownPass]:
    """Fly passes over the ground of their mission, in several processes. The cameras of all passes know the town as
    at the first pass."""
    if not flights:
        return
    eyes = Eyes.of(Loaded(flights[0].mission))
    with ProcessPoolExecutor(workers(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(partial(_flown, masks, eyes), flights)


def _flown(masks: GroundMasks, eyes: Eyes, flight: PassToFly) -> FlownPass:
    from blindspot.operations.simulation import FlownPass
    from blindspot_sim.in_process import fly_in_process

    log = fly_in_process(flight.plan, flight.mission, seed=flight.seed)
    outcome, reason = outcome_of(log, FleetRun([route.drone for route in flight.plan.routes]))
    views = tuple(views_of(Pictures.of(log, eyes), eyes, SeenGround(masks, flight.plan.band)))
    return FlownPass(views, log.duration_s, outcome, reason)
