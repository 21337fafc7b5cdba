"""The public ground in squares of ten metres: the places that a person may name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.ground import streets_on
from blindspot.planning.atlas.atlas_file import SQUARE_M
from blindspot.planning.views.target_ground import Ground

SAMPLE_M = 2.0
"""Distance of the points for which the search tests whether a view sees a square, m."""

HALF, LEAST_M2 = 0.5, 12.0
"""A view shows a square if it shows half of the square's public ground, or this area of it."""

Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Squares:
    """Squares with public ground inside the perimeter, whether fixed cameras see it or not.

    `number` (n, 2) counts squares from the site's origin to the east and to the north. `cells` are all public cells of
    the field (flat), `square_of` the square of each of them. `area_m2` is the public ground of each square.
    """

    number: NDArray[np.int64]
    cells: Cells
    square_of: NDArray[np.int64]
    area_m2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.number)

    @classmethod
    def of(cls, ground: Ground) -> Squares:
        cells = np.flatnonzero(ground.spots.public)
        at = np.floor(ground.field.grid.centres(cells) / SQUARE_M).astype(np.int64)
        number, square_of = np.unique(at, axis=0, return_inverse=True)
        square_of = square_of.ravel()
        area_m2 = np.bincount(square_of) * np.float64(ground.field.grid.cell_area_m2)
        return cls(number, cells, square_of, area_m2)

    def streets(self, ground: Ground) -> list[tuple[str, ...]]:
        """The names of the streets and public squares of each square."""
        names, street_of = streets_on(ground.site, ground.field.grid)
        pairs = np.unique(np.column_stack([self.square_of, street_of.ravel()[self.cells]]), axis=0)
        found: list[list[str]] = [[] for _ in range(len(self))]
        for square, street in pairs.tolist():
            found[square] += [names[street]] if names[street] else []
        return [tuple(each) for each in found]

    @property
    def least_shares(self) -> NDArray[np.float64]:
        """Least share of each square in a picture that shows the square."""
        return np.minimum(HALF, LEAST_M2 / self.area_m2)

    def shares(self, ground: Ground, seen: Cells) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(squares of which public cells are seen, seen share of the public ground of each, 0..1)."""
        places = np.searchsorted(self.cells, seen)
        counts = np.bincount(self.square_of[places], minlength=len(self))
        some = np.flatnonzero(counts)
        return some, counts[some] * ground.field.grid.cell_area_m2 / self.area_m2[some]

    def samples(self, ground: Ground) -> tuple[Cells, NDArray[np.int64]]:
        """(cells about `SAMPLE_M` apart, the square of each); each square has at least one."""
        cols, step = ground.field.grid.cols, max(1, round(SAMPLE_M / ground.field.grid.cell_m))
        kept = (self.cells // cols % step == 0) & (self.cells % cols % step == 0)
        missing = np.setdiff1d(np.arange(len(self)), self.square_of[kept])
        _, first = np.unique(self.square_of, return_index=True)
        kept[first[missing]] = True
        return self.cells[kept], self.square_of[kept]
