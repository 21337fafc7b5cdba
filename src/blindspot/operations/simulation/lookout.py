"""The best chance of a lookout against a library, and the bound that physics sets for every schedule.

His act lasts so many seconds, at a place and a time of his choice, between two passes (`best_schedule`). He may wait
for the best situation of all evenings, so his success is the largest over all variants, places and moments.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from blindspot.operations.patrols.best_schedule import chances, survival
from blindspot.operations.patrols.choices import ROUND_S, Choices, Places, Turn, spread_s

WAIT_EVERY_S = 60.0

Floats = NDArray[np.float64]


def success(choices: Sequence[Choices], places: Places, act_s: float) -> float:
    """Best chance of an act of `act_s` seconds, 0..1, over the situations after each variant."""
    return max(success_after(now, own, places, act_s) for now, own in enumerate(choices))


def success_after(now: int, choices: Choices, places: Places, act_s: float) -> float:
    """Best chance of an act that begins after the variant `now` took off and before the next pass but one."""
    coming = {choice.variant for choice in choices if choice.probability > 0.0}
    if act_s <= max(places.longest_s, *(float(places.first_s[j].max()) for j in coming)):
        return 1.0  # between two views of a pass, or from a take-off to its first view
    best = float(chances(now, choices, places, act_s).max())
    latest_s = max(choice.until_s for choice in choices)
    for wait_s in np.arange(min(choice.from_s for choice in choices), latest_s, WAIT_EVERY_S):
        if (still := survival(choices, np.array([wait_s]))[0]) > 1e-6:
            best = max(best, float(chances(now, choices, places, act_s, wait_s).max()) / still)
    return min(1.0, best)


def bound(turn: Turn, places: Places, act_s: float) -> float:
    """A success that the lookout has against every schedule with these times, 0..1.

    He acts at the place whose last view comes first in the tour. Each tour looks at it at the soonest view of all
    places, or later. So the gap there is at least that of the starts, less the difference of the two. The best schedule
    puts as much chance as it may on starts before the act ends.
    """
    soonest_s = float(places.first_s.min()) - ROUND_S  # places are rounded to the lookout's advantage
    first_left_s = float(places.last_s.min(axis=1).max()) + ROUND_S
    before_s = act_s + first_left_s - soonest_s - float(turn.least_s.min())
    return float(np.clip(1.0 - before_s / spread_s(), 0.0, 1.0))


def safe_s(choices: Sequence[Choices], places: Places, chance: float = 0.95) -> float:
    """The longest act, s, that succeeds with this chance: the 5 % quantile of the time to the next view, where and when
    it suits the lookout best."""
    low_s, high_s = 0.0, max(choice.until_s for own in choices for choice in own) + float(places.first_s.max())
    while high_s - low_s > 1.0:
        middle_s = (low_s + high_s) / 2.0
        low_s, high_s = (middle_s, high_s) if success(choices, places, middle_s) >= chance else (low_s, middle_s)
    return low_s


def entropy_bits(choices: Sequence[Choices], resolution_s: float = 60.0) -> float:
    """Least entropy of the next start at this resolution, bits, over the variants in flight: the lookout knows it."""
    found = []
    for own in choices:
        first_s, last_s = min(c.from_s for c in own), max(c.until_s for c in own)
        edges_s = np.arange(first_s, last_s + 2 * resolution_s, resolution_s)
        shares = -np.diff(survival(own, edges_s))
        shares = shares[shares > 0.0] / shares.sum()
        found.append(float(-(shares * np.log2(shares)).sum()))
    return min(found)
