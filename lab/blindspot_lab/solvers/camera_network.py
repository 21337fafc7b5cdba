"""A camera network that updates its coverage when one camera is turned, raised, added or removed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from blindspot.coverage.sight.fixed import FixedCoverage, Sight, enter, sight_of, sights, why_left_out
from blindspot.site import FixedCamera, Site
from blindspot.site.ground import HeightField


class Network:
    """A town's fixed cameras with their lines of sight and their common coverage.

    `coverage` equals the result of `fixed_coverage` to the last bit. The network owns it: each change updates its
    arrays and tables in place. The cost of a change depends only on the changed camera and the cameras that look into
    its old window, whatever the size of the town.
    """

    def __init__(self, site: Site, field: HeightField) -> None:
        self._field = field
        self._sights: dict[str, Sight] = {}
        shape = field.grid.shape
        self.coverage = FixedCoverage(np.zeros(shape, np.float32), np.zeros(shape, np.uint8), {}, {})
        for camera in site.cameras:
            if why := why_left_out(camera, field.grid):
                self.coverage.left_out[camera.id] = why
        looking = [camera for camera in site.cameras if camera.id not in self.coverage.left_out]
        for sight in sights(looking, field):
            self._add(sight)

    def changed(self, camera: FixedCamera) -> FixedCoverage:
        """Replace the camera of the same id, or add the camera; return the new coverage."""
        self.removed(camera.id)
        if why := why_left_out(camera, self._field.grid):
            self.coverage.left_out[camera.id] = why
        else:
            self._add(sight_of(camera, self._field))
        return self.coverage

    def removed(self, camera_id: str) -> FixedCoverage:
        """Remove a camera; return the new coverage. An unknown id is ignored."""
        self.coverage.left_out.pop(camera_id, None)
        self.coverage.area_m2.pop(camera_id, None)
        old = self._sights.pop(camera_id, None)
        if old is not None:
            window = _window(old, self._field)
            self.coverage.density_px_per_m[window], self.coverage.count[window] = 0, 0
            for sight in self._sights.values():
                part = _part(sight, window)
                if part is not None:
                    self._enter(part)
        return self.coverage

    def _add(self, sight: Sight) -> None:
        self._sights[sight.camera.id] = sight
        self.coverage.area_m2[sight.camera.id] = self._field.grid.cell_area_m2 * self._enter(sight)

    def _enter(self, sight: Sight) -> int:
        coverage = self.coverage
        return enter(sight, self._field, coverage.density_px_per_m, coverage.count)


def _window(sight: Sight, field: HeightField) -> tuple[slice, slice]:
    """The rows and columns of the field that a sight covers."""
    rows, cols = sight.clear.shape
    return (
        slice(sight.row_min, min(sight.row_min + rows, field.grid.rows)),
        slice(sight.col_min, min(sight.col_min + cols, field.grid.cols)),
    )


def _part(sight: Sight, window: tuple[slice, slice]) -> Sight | None:
    """The part of a sight that lies in a window, None if they are disjoint."""
    rows, cols = window
    height, width = sight.clear.shape
    row_min, row_max = max(rows.start, sight.row_min), min(rows.stop, sight.row_min + height)
    col_min, col_max = max(cols.start, sight.col_min), min(cols.stop, sight.col_min + width)
    if row_min >= row_max or col_min >= col_max:
        return None
    clear: NDArray[np.uint8] = np.zeros((row_max - row_min, 8 * math.ceil((col_max - col_min) / 8)), np.uint8)
    clear[:, : col_max - col_min] = sight.clear[
        row_min - sight.row_min : row_max - sight.row_min, col_min - sight.col_min : col_max - sight.col_min
    ]
    return replace(sight, row_min=row_min, col_min=col_min, clear=clear)
