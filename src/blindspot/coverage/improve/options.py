"""Lists the possible changes of a town's fixed cameras, with the public ground that each change would see."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from blindspot.camera import Lens
from blindspot.coverage.sight.fixed import Sight, enter, sights
from blindspot.site import FixedCamera, Pole, Site
from blindspot.site.ground import HeightField
from blindspot.site.town import assumptions

STEP_DEG = 15.0
"""Cameras are turned to multiples of this angle."""
TILTS_DEG = (-10.0, -20.0, -35.0)
"""Possible tilts of a camera, in addition to its present tilt."""
RAISES_M, HIGHEST_MAST_M = (2.0, 4.0), 10.0
"""A mast may be raised by these amounts, up to the height of an ordinary street light column."""
NEW_LENS = Lens(assumptions.CAMERA_HFOV_DEG, *assumptions.CAMERA_RESOLUTION_PX)
"""The lens of a new camera. The new camera has the common lens and range, which are also assumed for a camera without
data."""
MOST_TARGETS = 1_000_000
"""Ground with more cells is sampled: every second, third ... row and column."""

Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Choice:
    """A camera, or (`camera` None) a pole that could carry a new one. At most one of its `options` is taken.

    `now` are the targets that the camera sees today. Option k sees `seen[first[k]:first[k + 1]]`. Targets are numbers,
    ascending in each list. A changed camera loses its view of today.
    """

    camera: FixedCamera | None
    now: Numbers
    options: tuple[FixedCamera, ...]
    first: NDArray[np.int64]
    seen: Numbers

    def option(self, k: int) -> Numbers:
        """The targets that an option sees."""
        return self.seen[self.first[k] : self.first[k + 1]]

    def on_its_mast(self) -> Choice:
        """The same choice, limited to the options on the camera's present mast."""
        own = self.camera and self.camera.height_m
        kept = [k for k, option in enumerate(self.options) if option.height_m == own]
        return choice(self.camera, self.now, [(self.options[k], self.option(k)) for k in kept])


def choice(camera: FixedCamera | None, now: Numbers, options: Sequence[tuple[FixedCamera, Numbers]]) -> Choice:
    """Make a choice from options, each with the targets that it sees."""
    first = np.cumsum([0, *(len(seen) for _, seen in options)], dtype=np.int64)
    seen = np.concatenate([np.empty(0, np.int32), *(seen for _, seen in options)])
    return Choice(camera, now, tuple(option for option, _ in options), first, seen)


@dataclass(frozen=True, slots=True)
class Options:
    """`choices` over the targets 0 to `targets` - 1, which are cells `spacing_m` apart."""

    choices: tuple[Choice, ...]
    targets: int
    spacing_m: float

    def on_their_masts(self) -> Options:
        """The same choices, limited to existing cameras on their present masts."""
        return replace(self, choices=tuple(c.on_its_mast() for c in self.choices if c.camera is not None))


def possible_changes(
    site: Site,
    field: HeightField,
    counted: NDArray[np.bool_],
    min_px_per_m: float,
    progress: Callable[[int, int], None] | None = None,
) -> Options:
    """The possible changes of every camera inside the field and every pole, with the cells that each would see.

    A cell counts if it is one of `counted` and is seen at `min_px_per_m` or more. `progress` is called with
    (done, total). One line of sight all round serves all directions of a mast. Choices with an empty view are left out.
    """
    grid = field.grid
    step = max(1, int(np.ceil(np.sqrt(counted.sum() / MOST_TARGETS))))
    sampled = np.zeros_like(counted)
    sampled[::step, ::step] = counted[::step, ::step]
    looker = _Looker.over(field, sampled, min_px_per_m)
    cameras = [camera for camera in site.cameras if grid.index(camera.east_m, camera.north_m)]
    poles = [pole for pole in poles_of(site) if grid.index(pole.east_m, pole.north_m)]
    asked: list[tuple[FixedCamera | None, list[list[FixedCamera]]]]
    asked = [(camera, options_of(camera)) for camera in cameras] + [(None, [new_options(pole)]) for pole in poles]
    choices = []
    for number, (camera, options) in enumerate(asked):
        found = [(option, seen) for option, seen in looker.look(options) if len(seen)]
        now = looker.now(camera) if camera is not None and camera.always_sees else looker.nothing
        if found or len(now):
            choices.append(choice(camera, now, found))
        if progress is not None:
            progress(number + 1, len(asked))
    return Options(tuple(choices), looker.targets.size, step * grid.cell_m)


def options_of(camera: FixedCamera) -> list[list[FixedCamera]]:
    """The options of a camera, one list for each height of its mast, the present height first.

    A dome stays a dome, so only its mast may grow. A panning camera is parked: it becomes a fixed camera.
    """
    heights_m = [camera.height_m, *(camera.height_m + more for more in RAISES_M)]
    possible_m = [camera.height_m, *(height for height in heights_m[1:] if height <= HIGHEST_MAST_M)]
    return [
        [option for option in _aimed(replace(camera, height_m=height_m)) if option != camera] for height_m in possible_m
    ]


def _aimed(camera: FixedCamera) -> Iterator[FixedCamera]:
    if camera.kind == "dome":
        yield camera
        return
    own = [camera.heading_deg] if camera.always_sees and camera.heading_deg is not None else []
    for heading_deg in dict.fromkeys([*own, *np.arange(0.0, 360.0, STEP_DEG).tolist()]):
        for tilt_deg in dict.fromkeys([camera.tilt_deg, *TILTS_DEG]):
            yield replace(camera, kind="fixed", heading_deg=heading_deg, tilt_deg=tilt_deg, presets=())


def poles_of(site: Site) -> tuple[Pole, ...]:
    """The poles that the site names. If the list is empty, the masts of its cameras."""
    return site.poles or tuple(Pole(c.id, c.east_m, c.north_m, c.height_m) for c in site.cameras)


def new_options(pole: Pole) -> list[FixedCamera]:
    """The options of a new camera with the reference lens on top of a pole, in all directions."""
    camera = FixedCamera(
        id=f"new on {pole.name}", east_m=pole.east_m, north_m=pole.north_m, height_m=pole.height_m, kind="fixed",
        heading_deg=None, tilt_deg=assumptions.CAMERA_TILT_DEG, hfov_deg=NEW_LENS.hfov_deg, vfov_deg=NEW_LENS.vfov_deg,
        width_px=NEW_LENS.width_px, height_px=NEW_LENS.height_px, range_m=assumptions.CAMERA_RANGE_M,
    )  # fmt: skip
    return list(_aimed(camera))


@dataclass(frozen=True, slots=True)
class _Looker:
    """Finds the targets that a camera sees. The rasters are scratch memory and zero between two cameras."""

    field: HeightField
    wanted: NDArray[np.bool_]
    targets: NDArray[np.int64]
    min_px_per_m: float
    density: NDArray[np.float32]
    count: NDArray[np.uint8]

    @classmethod
    def over(cls, field: HeightField, wanted: NDArray[np.bool_], min_px_per_m: float) -> _Looker:
        shape = field.grid.shape
        rasters = np.zeros(shape, np.float32), np.zeros(shape, np.uint8)
        return cls(field, wanted, np.flatnonzero(wanted), min_px_per_m, *rasters)

    @property
    def nothing(self) -> Numbers:
        return np.empty(0, np.int32)

    def now(self, camera: FixedCamera) -> Numbers:
        """The targets that a camera sees as it is."""
        return next(seen for _, seen in self.look([[camera]]))

    def look(self, by_height: Sequence[Sequence[FixedCamera]]) -> Iterator[tuple[FixedCamera, Numbers]]:
        """Each camera with the numbers of the targets that it sees. The cameras of one list stand on one mast."""
        masts = [cameras for cameras in by_height if cameras]
        all_round = sights([cameras[0] for cameras in masts], self.field, all_round=True)
        for cameras, sight in zip(masts, all_round, strict=True):
            near, cells = self._near(sight)
            numbers = np.searchsorted(self.targets, cells).astype(np.int32)
            for camera in cameras:
                yield camera, numbers[self._sees(replace(near, camera=camera), cells)] if len(cells) else self.nothing

    def _near(self, sight: Sight) -> tuple[Sight, NDArray[np.int64]]:
        """The sight reduced to the targets, and the flat indices of their cells."""
        rows, width = sight.clear.shape[0], min(sight.clear.shape[1], self.field.grid.cols - sight.col_min)
        part = (slice(sight.row_min, sight.row_min + rows), slice(sight.col_min, sight.col_min + width))
        clear = np.zeros_like(sight.clear)
        clear[:, :width] = sight.clear[:, :width] * self.wanted[part]
        row, col = np.nonzero(clear)
        return replace(sight, clear=clear), (row + sight.row_min) * self.field.grid.cols + col + sight.col_min

    def _sees(self, sight: Sight, cells: NDArray[np.int64]) -> NDArray[np.bool_]:
        enter(sight, self.field, self.density, self.count)
        flat = self.density.reshape(-1)
        seen: NDArray[np.bool_] = flat[cells] >= self.min_px_per_m
        flat[cells] = 0.0
        return seen
