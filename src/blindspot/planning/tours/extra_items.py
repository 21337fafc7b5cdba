"""Further items in a route that returns along its mission, so that every return begins on a clear line.

From a hold PX4 flies straight to the closest item of the whole mission. Where that line comes too near a tall building,
a zone, the perimeter or another drone's territory, an item on the drone's own stretch becomes the closest. From a leg
that is flown again after a hold, a return backwards leaves out the begin of the leg and cuts the corner there. Where
that line is barred, a waypoint makes this corner stand twice before the leg.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
import shapely
from numpy.typing import NDArray

from blindspot.core import PlanningError
from blindspot.mission import Leg, Point, Step, View, Waypoint, return_path, rounding
from blindspot.planning.drones.patrols import Patrol
from blindspot.planning.tours.returns import balanced, begins_in_mission, may_be_closest, spots

ROUNDS = 12
ON_STRETCH_M = 0.01
EVERY_M = 0.5
"""Distance of the positions along a step from which lines are judged, m. A drone may be `OFF_PATH_M` beside them, as
for the checker: more would bar tight corners, where no further item helps."""


class UnclearReturnError(PlanningError):
    """Returns of a drone stay barred near these places, m ENU: two stretches of its tour meet around a sharp corner."""

    def __init__(self, drone: str, places: Sequence[tuple[float, float]]) -> None:
        self.drone, self.places = drone, tuple(places)
        super().__init__(f"a return of {drone} would not be clear: set limits.return to straight")


def with_items(patrol: Patrol, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps with the further items that their returns need; unchanged for a straight return.

    Raises UnclearReturnError if the line to the closest item stays barred.
    """
    if patrol.drone.rtl_type == return_path.STRAIGHT or not steps:
        return steps
    for _ in range(ROUNDS):
        held, cut = _barred(patrol, steps)
        if not len(held) and not len(cut):
            return _named(balanced(patrol.drone, steps), patrol.drone.name)
        last, steps = steps, _split(patrol, steps, held) if len(held) else _with_begins_twice(patrol, steps, cut)
    at, ends = spots(patrol.drone, last, EVERY_M)[0], _ends(patrol, last)
    barred = [(float(east_m), float(north_m)) for east_m, north_m in at[held, :2]]
    barred += [(ends[number][0].east_m, ends[number][0].north_m) for number in cut]
    raise UnclearReturnError(patrol.drone.name, barred)


def _barred(patrol: Patrol, steps: tuple[Step, ...]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(positions along the steps from which the line to a possibly closest item is blocked; steps from which a return
    in the mission mode begins on a blocked line), as indices."""
    drone = patrol.drone
    at, number, _ = spots(drone, steps, EVERY_M)
    places = return_path.positions_of(drone.home, drone.up_m, steps)
    row = np.array([(p.at.east_m, p.at.north_m, p.at.up_m) for p in places])
    ends = np.array([[(p.east_m, p.north_m, p.up_m) for p in pair] for pair in _ends(patrol, steps)])
    room = drone.returns if patrol.sector is None else drone.returns.intersection(patrol.sector)
    room = room.buffer(ON_STRETCH_M)
    shapely.prepare(room)

    def blocked(spot: NDArray[np.int64], item: NDArray[np.int64]) -> NDArray[np.int64]:
        own = (np.abs(row[item][:, None, :] - ends[number[spot]]) < ON_STRETCH_M).all(axis=2).any(axis=1)
        spot, item = spot[~own], item[~own]
        lines = shapely.linestrings(np.stack([at[spot, :2], row[item, :2]], axis=1))
        return np.unique(spot[~shapely.covers(room, lines)])

    step, place, _ = begins_in_mission(places, len(steps))
    spot, begin = np.nonzero(number[:, None] == step[None, :])
    return blocked(*np.nonzero(may_be_closest(at, row, return_path.OFF_PATH_M))), np.unique(
        number[blocked(spot, place[begin])]
    )


def _with_begins_twice(patrol: Patrol, steps: tuple[Step, ...], cut: NDArray[np.int64]) -> tuple[Step, ...]:
    """The steps, with a waypoint at the begin of each step that a return may leave out."""
    out: list[Step] = []
    for number, (step, (start, _)) in enumerate(zip(steps, _ends(patrol, steps), strict=True)):
        out += [Waypoint(to=start, speed_mps=step.speed_mps), step] if number in cut else [step]
    return tuple(out)


def _split(patrol: Patrol, steps: tuple[Step, ...], barred: NDArray[np.int64]) -> tuple[Step, ...]:
    """The steps, with an item in the middle of each stretch of barred positions."""
    at, number, _ = spots(patrol.drone, steps, EVERY_M)
    runs = [
        [k for _, k in run]
        for _, run in groupby(enumerate(barred.tolist()), key=lambda pair: (number[pair[1]], pair[1] - pair[0]))
    ]
    middle = {int(number[run[0]]): at[run[len(run) // 2]] for run in runs}
    out: list[Step] = []
    for k, (step, (start, _)) in enumerate(zip(steps, _ends(patrol, steps), strict=True)):
        if k in middle:
            east_m, north_m = rounding.place(*middle[k][:2])
            via = Point(east_m=east_m, north_m=north_m, up_m=step.to.up_m)
            if via not in (start, step.to):
                part = step.model_copy(update={"to": via})
                out.append(part if isinstance(step, Leg) else Waypoint(to=via, speed_mps=step.speed_mps))
        out.append(step)
    return tuple(out)


def _ends(patrol: Patrol, steps: tuple[Step, ...]) -> list[tuple[Point, Point]]:
    """Begin and end of each step."""
    drone = patrol.drone
    over_pad = Point(east_m=drone.home.east_m, north_m=drone.home.north_m, up_m=drone.up_m)
    starts = [over_pad, *(step.to for step in steps[:-1])]
    return [(start, step.to) for start, step in zip(starts, steps, strict=True)]


def _named(steps: tuple[Step, ...], drone: str) -> tuple[Step, ...]:
    """The steps, with views and legs numbered again."""
    number, out = 0, list[Step]()
    for step in steps:
        if isinstance(step, View | Leg):
            number += 1
            step = step.model_copy(update={"id": f"{drone}-{number:03d}"})
        out.append(step)
    return tuple(out)
