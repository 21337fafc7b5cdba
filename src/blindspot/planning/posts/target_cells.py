"""The public ground of each target of an overwatch, as cells. Ground that fixed cameras see counts as well."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from blindspot.core import InputError
from blindspot.mission import Mission, priorities
from blindspot.planning.views.target_ground import Ground
from blindspot.site.ground import mask_of

Cells = NDArray[np.int64]


def target_cells(mission: Mission, ground: Ground) -> dict[str, Cells]:
    """The flat cells of each target's public ground; raises InputError for a target without public ground."""
    areas, found = priorities.target_areas(mission, ground.site), dict[str, Cells]()
    for number, one in enumerate(mission.file.targets, 1):
        found[one.name] = np.flatnonzero(mask_of(ground.field.grid, [areas[one.name]]) & ground.spots.public)
        if not len(found[one.name]):
            problem = f"no public ground of {one.name} lies inside the perimeter"
            raise InputError(
                mission.path,
                f"targets item {number}, area",
                problem,
                "check its position, or name squares in site.yaml",
            )
    return found
