"""Scenarios of a search, and the distribution from which they are drawn.

A scenario is a mission of the campaign: a town, up to three faults, wind, an error of the energy model, and the crew's
patience. Kinds, town and patience have categories; all other numbers are shares of their bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from blindspot_lab.campaign.faults import KINDS, Fault
from blindspot_lab.campaign.faulty_flight import ENERGY_ERROR, WIND_MPS, Luck
from blindspot_lab.campaign.random_town import Minutes

FAULTS = 3
SHORT_MINUTES: Minutes = (2.0, 3.5)
TOWNS = (10, 4, 6, 8)
"""Numbers of towns whose short missions the search flies, with one or two drones and up to two zones."""
PATIENCE_S = (8.0, 25.0, inf)
SPAN_S = 260.0
"""Faults begin within this time from the start on."""
NONE = "none"
"""A place of a fault that stays free."""
KIND_NAMES = (NONE, *KINDS)
_SHARES = 3 * FAULTS + 2
"""Begin, length and size of each fault, wind and error of the energy model."""
_CATEGORIES = (len(TOWNS), len(PATIENCE_S), *[len(KIND_NAMES)] * FAULTS, *[3] * FAULTS)
"""Town, patience, the kind of each fault, and its drone."""
LEAST_WEIGHT, LEAST_SPREAD = 0.3, 0.15
"""Part of each distribution that stays as at the beginning, so that no region is lost."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One mission: indices of the categories, and shares of the bounds of all numbers."""

    categories: tuple[int, ...]
    shares: tuple[float, ...]

    @property
    def seed(self) -> int:
        """The campaign's seed, which gives the town, gusts, batteries and noise."""
        return 4 * TOWNS[self.categories[0]]

    @property
    def luck(self) -> Luck:
        wind, error = self.shares[-2:]
        return Luck(wind * WIND_MPS, (2.0 * error - 1.0) * ENERGY_ERROR, PATIENCE_S[self.categories[1]])

    def faults(self, drones: Sequence[str]) -> tuple[Fault, ...]:
        """The faults for the drones of the town, in the order of their places."""
        kinds, whose = self.categories[2 : 2 + FAULTS], self.categories[2 + FAULTS :]
        made = []
        for place, (kind, drone) in enumerate(zip(kinds, whose, strict=True)):
            begins, lasts, size = self.shares[3 * place : 3 * place + 3]
            if KIND_NAMES[kind] != NONE:
                low_s, high_s = KINDS[KIND_NAMES[kind]].lasts_s
                at_s = round(2.0 + begins * SPAN_S, 1)
                for_s = round(low_s + lasts * (high_s - low_s), 1)
                name = drones[drone % len(drones)]
                made.append(Fault(KIND_NAMES[kind], name, at_s, for_s, round(size, 3)))
        return tuple(made)


class Distribution:
    """Independent categories and normal shares, learned from the best scenarios."""

    def __init__(self) -> None:
        self.weights = [np.full(count, 1.0 / count) for count in _CATEGORIES]
        self.mean, self.spread = np.full(_SHARES, 0.5), np.full(_SHARES, 0.6)

    def draw(self, random: np.random.Generator) -> Scenario:
        """A scenario. Shares beyond their bounds are folded back, which keeps the first draws almost uniform."""
        categories = tuple(int(random.choice(len(weights), p=weights)) for weights in self.weights)
        shares: NDArray[np.float64] = random.normal(self.mean, self.spread)
        folded = 1.0 - np.abs(1.0 - np.mod(shares, 2.0))
        return Scenario(categories, tuple(float(share) for share in folded))

    def learn(self, best: Sequence[Scenario]) -> None:
        """Move towards the best scenarios."""
        for index, weights in enumerate(self.weights):
            counts = np.bincount([one.categories[index] for one in best], minlength=len(weights))
            self.weights[index] = (1.0 - LEAST_WEIGHT) * counts / len(best) + LEAST_WEIGHT / len(weights)
        shares = np.array([one.shares for one in best])
        self.mean = shares.mean(axis=0)
        self.spread = shares.std(axis=0) + LEAST_SPREAD
