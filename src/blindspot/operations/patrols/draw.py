"""The draw of an evening: when each pass starts, and which variant it flies.

A draw is a pure function of the library and of a seed. The seed is HMAC-SHA256 of the occurrence with the operation's
key. The commitment is published before the evening, the seed after the evening: a draw is secret beforehand, and
everybody can check the draw later.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor

from blindspot.core import InputError
from blindspot.operations.patrols.choices import Choice
from blindspot.operations.patrols.library import Library


@dataclass(frozen=True, slots=True)
class Pass:
    """One take-off of the fleet: the number in the occurrence from 1 on, the start, UTC, and the variant's id."""

    occurrence: str
    number: int
    start: datetime
    variant: str


def seed_of(key: bytes, occurrence: str) -> bytes:
    """The seed of an occurrence: 32 bytes that only the holder of the operation's key can compute."""
    if len(key) < 16:
        raise InputError("operation key", "", f"has {len(key)} bytes", "use at least 16 random ones")
    return hmac.digest(key, occurrence.encode(), hashlib.sha256)


def commitment(seed: bytes) -> str:
    """The hash in the journal before the first pass; the seed follows after the last pass."""
    return hashlib.sha256(seed).hexdigest()


def draw_evening(
    library: Library, occurrence: str, slot_from: datetime, slot_until: datetime, passes: int, seed: bytes
) -> tuple[Pass, ...]:
    """Draw the passes of an occurrence, in the order of time. The same arguments give the same passes.

    The first pass starts anywhere in the slot (`slot_from` to `slot_until`, with time zone), with any variant. Each
    next pass is drawn by the library's choices after the previous pass. Every choice keeps the revisit promise, so
    every draw does. `seed` is a result of `seed_of`.
    """
    chance = Chances(seed)
    span_s = int((slot_until - slot_from).total_seconds())
    start = slot_from.astimezone(UTC) + timedelta(seconds=chance.below(span_s + 1))
    now = chance.below(len(library.variants))
    drawn = []
    for number in range(1, passes + 1):
        if number > 1:
            choice = chance.one_of(library.choices[now])
            start += timedelta(
                seconds=ceil(choice.from_s) + chance.below(floor(choice.until_s) - ceil(choice.from_s) + 1)
            )
            now = choice.variant
        drawn.append(Pass(occurrence, number, start, library.variants[now].id))
    return tuple(drawn)


class Chances:
    """Random numbers from a seed: the n-th is HMAC-SHA256(seed, n). Anyone can repeat them with any library."""

    def __init__(self, seed: bytes) -> None:
        self._seed, self._drawn = seed, 0

    def share(self) -> float:
        """Uniform in [0, 1)."""
        self._drawn += 1
        digest = hmac.digest(self._seed, str(self._drawn).encode(), hashlib.sha256)
        return int.from_bytes(digest[:6], "big") / 2**48

    def below(self, count: int) -> int:
        """Uniform in 0..count - 1."""
        return int(self.share() * count)

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """A choice by its probability."""
        left = self.share() * sum(choice.probability for choice in choices)
        for choice in choices:
            left -= choice.probability
            if left < 0.0:
                return choice
        return choices[-1]
