"""The checker's rules about a return along the mission, from every sample of a flight.

A return is a straight line to an item and the route from there on, forwards or backwards. The route itself is judged
as a flight, so these rules judge the lines, the settings and the energy.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from blindspot.mission import DroneModel
from blindspot.planning.checker.check_flight import Flight, Violation
from blindspot.planning.checker.check_items import Items
from blindspot.planning.checker.check_track import Array, hops_wh, landing_wh

LANDS_OUTSIDE = 5.0
"""The only GF_ACTION with such returns: a return from outside the fence could lead on along a foreign mission."""


def breaches(flight: Flight) -> Iterator[Violation]:
    """The settings and the route allow a return along the mission."""
    if flight.along is None:
        return
    if flight.route.failsafe.rally:
        yield flight.breach("autopilot", 0, "RTL_TYPE 4 ignores rally points: the plan must have none")
    if flight.route.failsafe.parameters.get("GF_ACTION", LANDS_OUTSIDE) != LANDS_OUTSIDE:  # reported above if absent
        yield flight.breach("autopilot", 0, "RTL_TYPE 4 needs GF_ACTION 5: outside its fence the drone must land")
    if flight.route.begin is not None:
        yield flight.breach("autopilot", 0, "RTL_TYPE 4 needs a route from its pad, this one begins in the air")


def home_wh(flight: Flight) -> Array:
    """Energy of the dearest return from each sample, landed, Wh."""
    assert flight.along is not None
    items, found, track, model = flight.along.items, flight.along.begins, flight.track, flight.model
    speeds = {flight.return_mps, *(step.speed_mps for step in flight.route.steps)}
    back_wh, on_wh = _along_wh(items, model, speeds)
    length_m = items.at_m[found.place] - track.at_m[found.sample]
    rest_wh = np.where(found.forwards, on_wh[found.place], back_wh[found.place])
    way_wh = hops_wh(length_m, model, speeds) + rest_wh
    worst = np.zeros(len(track.time_s))
    np.maximum.at(worst, found.sample, way_wh)
    return worst


def _along_wh(items: Items, model: DroneModel, speeds: set[float]) -> tuple[Array, Array]:
    """Energy backwards and forwards from each place to the pad, landed, Wh."""
    home_up_m = float(items.at_m[-1, 2])
    between_wh = hops_wh(np.diff(items.at_m[:-1], axis=0), model, speeds)
    back_wh = np.concatenate([[0.0], np.cumsum(between_wh)]) + landing_wh(float(items.at_m[0, 2]) - home_up_m, model)
    on_wh = np.concatenate([np.cumsum(between_wh[::-1])[::-1], [0.0]])
    on_wh += landing_wh(float(items.at_m[-2, 2]) - home_up_m, model)
    on_ground_wh = landing_wh(0.0, model)
    return np.append(back_wh, back_wh[-1] + on_wh[-1]), np.append(on_wh, on_ground_wh)
