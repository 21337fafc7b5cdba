"""The reason for each drone that stays on the pad, proven by views from all air in the drone's reach."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from blindspot.mission import Mission
from blindspot.planning.drones.best_view import some_view_sees
from blindspot.planning.drones.patrols import Drone
from blindspot.planning.tours.view_chooser import ENOUGH_AT_LAST_M2
from blindspot.planning.views.candidates import FINE
from blindspot.planning.views.target_ground import Ground

NOTHING_TO_SEE = "no view of blind ground was found from the air around its pad; another pad may help"
SEES_NO_MORE = "no plan was found that sees more with it"
EVERY = 2
"""Step between the rows and columns of the blind cells that a view is sought for."""


def why_idle(mission: Mission, ground: Ground, drones: Sequence[Drone], flying: Collection[str]) -> dict[str, str]:
    """The reason for each of the drones that does not fly."""
    blind = np.zeros_like(ground.spots.blind)
    blind[::EVERY, ::EVERY] = ground.spots.blind[::EVERY, ::EVERY]
    cells = np.flatnonzero(blind)
    weight_m2 = np.full(len(cells), EVERY**2 * ground.field.grid.cell_area_m2)

    def sees(drone: Drone) -> bool:
        return some_view_sees(mission, ground, [drone], cells, weight_m2, ENOUGH_AT_LAST_M2, FINE)

    idle = (drone for drone in drones if drone.name not in flying)
    return {drone.name: SEES_NO_MORE if sees(drone) else NOTHING_TO_SEE for drone in idle}
