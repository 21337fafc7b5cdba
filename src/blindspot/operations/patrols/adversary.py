"""The lookout's best chance: an act of so many seconds at a place and a time of his choice, between two passes.

He knows the library with its choices and all evenings before. He sees each take-off and knows its variant at once. His
act begins and ends while the promise runs, so after the first look at his place and before the evening's last one. The
act succeeds if it lies between two looks at the place. He may wait for the best situation of all evenings, so his
success is the largest over all variants, places and moments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from blindspot.operations.patrols.sights import Sights

ROUND_S = 1.0
"""Times of places are rounded by so much, s, always to the lookout's advantage, so that equal places merge."""
WAIT_EVERY_S = 60.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """A possible next pass: its variant, and its start, uniform between two times after the start of this pass, s."""

    variant: int
    from_s: float
    until_s: float
    probability: float


Choices = Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Places:
    """Distinct places: (variants, places) first and last look, s after the take-off, and the longest time between two
    looks of one pass, s."""

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


def success(choices: Sequence[Choices], places: Places, act_s: float) -> float:
    """Best chance of an act of `act_s` seconds, 0..1, over the situations after each variant."""
    return max(success_after(now, own, places, act_s) for now, own in enumerate(choices))


def success_after(now: int, choices: Choices, places: Places, act_s: float) -> float:
    """Best chance of an act that begins after the variant `now` took off and before the pass after the next one."""
    coming = {choice.variant for choice in choices if choice.probability > 0.0}
    if act_s <= max(places.longest_s, *(float(places.first_s[j].max()) for j in coming)):
        return 1.0  # between two looks of a pass, or from a take-off to its first look
    best = float(chances(now, choices, places, act_s).max())
    latest_s = max(choice.until_s for choice in choices)
    for wait_s in np.arange(min(choice.from_s for choice in choices), latest_s, WAIT_EVERY_S):
        if (still := survival(choices, np.array([wait_s]))[0]) > 1e-6:
            best = max(best, float(chances(now, choices, places, act_s, wait_s).max()) / still)
    return min(1.0, best)


def chances(now: int, choices: Choices, places: Places, act_s: float, wait_s: float = -inf) -> Floats:
    """For each place the chance that the next take-off is after `wait_s`, and that the act succeeds which begins then,
    or after the last look of the variant `now` if that is later."""
    begins_s, total = np.maximum(places.last_s[now], wait_s), np.zeros(places.first_s.shape[1])
    for variant in {choice.variant for choice in choices}:
        own = [choice for choice in choices if choice.variant == variant]
        total += survival(own, np.maximum(begins_s + act_s - places.first_s[variant], wait_s))
    return total


def survival(choices: Choices, time_s: Floats) -> Floats:
    """Chance that the next pass is one of the choices and starts at `time_s` or later, for each time."""
    total = np.zeros(len(time_s))
    for choice in choices:
        total += choice.probability * share_after(choice.from_s, choice.until_s, time_s)
    return total


def share_after(from_s: float | Floats, until_s: float | Floats, time_s: Floats) -> Floats:
    """Share of the time between `from_s` and `until_s` that lies at `time_s` or later; both may be the same moment."""
    span_s = np.maximum(np.asarray(until_s) - from_s, 1e-6)
    share: Floats = np.clip((np.asarray(until_s) + 1e-6 - time_s) / span_s, 0.0, 1.0)
    return share


def safe_s(choices: Sequence[Choices], places: Places, chance: float = 0.95) -> float:
    """The longest act, s, that succeeds with this chance: the 5 % quantile of the time to the next look, where and when
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
