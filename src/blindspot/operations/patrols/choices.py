"""What may follow after a pass: the possible next passes, the places that they look at, and the time between starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from blindspot.operations.patrols.sights import Sights

ROUND_S = 1.0
"""Times of places are rounded by so much, s, always to the lookout's advantage, so that equal places merge."""
START_BITS = 3.5
"""Every start after the first is at least as hard to guess as one of 2 to this power equally likely minutes."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible next pass: the variant, and the start, uniform between two times after the start of this pass, s."""

    variant: int
    from_s: float
    until_s: float
    probability: float


Choices = Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Places:
    """Distinct places: (variants, places) first and last view, s after the take-off, and the longest time between two
    views of one pass, s."""

    first_s: Floats
    last_s: Floats
    longest_s: float

    @classmethod
    def of(cls, sights: Sequence[Sights], cells: NDArray[np.bool_]) -> Places:
        """The places of some cells (flat mask); each variant sees all of them."""
        first_s = np.stack([np.ceil(own.first_s[cells] / ROUND_S) for own in sights])
        last_s = np.stack([np.floor(own.last_s[cells] / ROUND_S) for own in sights])
        distinct = np.unique(np.concatenate([first_s, last_s]).astype(np.float64), axis=1) * ROUND_S
        longest_s = max(float(own.longest_s[cells].max(initial=0.0)) for own in sights)
        return cls(distinct[: len(sights)], distinct[len(sights) :], longest_s)


@dataclass(frozen=True, slots=True)
class Turn:
    """Times of the game, s: the least from a start of each variant to the next start (tour and swap), and (variants,
    variants) the greatest that keeps the promise."""

    least_s: Floats
    most_s: Floats


def spread_s() -> float:
    """The least span over which starts of `START_BITS` spread, s."""
    return float(60.0 * 2.0**START_BITS)
