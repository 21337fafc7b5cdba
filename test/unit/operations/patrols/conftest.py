"""Small libraries with invented looks: the draw, the game and the weeks need no town."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.mission import GroundMasks
from blindspot.operations.patrols.adversary import Choice
from blindspot.operations.patrols.library import Library, Variant, gaps_s
from blindspot.operations.patrols.sights import Sights
from blindspot.site.ground import Grid, HeightField

FLIGHT_S, SWAP_S, REVISIT_S = 580.0, 180.0, 1800.0


def grid_masks(cells: int) -> GroundMasks:
    """Flat open ground, all of it blind, in one row."""
    grid = Grid(0.0, 0.0, 1.0, 1, cells)
    flat = np.zeros(grid.shape, np.float32)
    yes = np.ones(grid.shape, bool)
    return GroundMasks(HeightField(grid, flat, flat), yes, ~yes, yes)


def library_of(
    first_s: np.ndarray, last_s: np.ndarray, choices: tuple[tuple[Choice, ...], ...] | None = None
) -> Library:
    """A library whose variant k looks at cell c first and last at `first_s[k, c]` and `last_s[k, c]`."""
    variants = []
    for number, (first, last) in enumerate(zip(first_s.astype(np.float32), last_s.astype(np.float32), strict=True)):
        route = SimpleNamespace(
            drone="drone1", pad="east", expected=SimpleNamespace(flight_time_s=FLIGHT_S), steps=()
        )  # fmt: skip
        plan = SimpleNamespace(routes=(route,))
        variants.append(Variant(f"v{number + 1:02d}", plan, Sights(first, last, last - first)))
    cells = first_s.shape[1]
    promised = np.ones(cells, bool)
    gap_s = gaps_s(variants, promised)
    ground = grid_masks(cells)
    return Library(
        "0" * 64, REVISIT_S, SWAP_S, tuple(variants), ground, promised, promised, float(cells), gap_s, choices
    )  # fmt: skip


@pytest.fixture
def random_library() -> Callable[[int], Library]:
    """Libraries of some variants that look at the cells in orders of their own; choices by chance, all allowed."""

    def make(seed: int) -> Library:
        random = np.random.default_rng(seed)
        variants, cells = int(random.integers(2, 5)), 40
        first_s = np.stack([random.permutation(np.linspace(60.0, 380.0, cells)) for _ in range(variants)])
        last_s = first_s + random.uniform(0.0, 100.0, first_s.shape)
        gap_s = np.array([[(first - last).max() for first in first_s] for last in last_s])
        choices = []
        for now in range(variants):
            latest_s = REVISIT_S - 60.0 - gap_s[now]
            spans = np.sort(random.uniform(FLIGHT_S + SWAP_S, latest_s[:, None], (variants, 2)), axis=1)
            weights = random.dirichlet(np.ones(variants))
            choices.append(tuple(Choice(j, *spans[j].tolist(), float(weights[j])) for j in range(variants)))
        return library_of(first_s, last_s, tuple(choices))

    return make
