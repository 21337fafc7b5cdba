"""Draws of a watch with the relay alone: random ways and power, without flight dynamics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from random import Random
from time import process_time

from blindspot.operations.watches import PostPlan, Relay
from blindspot_lab.bench.played_watch import Gap, PlayedDrone, PlayedWatch

SPREAD = 0.30
"""Coefficient of variation of ways and power, drawn for each turn from log-normal distributions with mean 1."""


@dataclass(frozen=True, slots=True)
class Draw:
    """The result of one draw."""

    seed: int
    gaps: tuple[Gap, ...]
    reliefs: int
    most_rights: int


@dataclass(frozen=True, slots=True)
class WatchDraws:
    """Results of several draws: shares of the draws, 0 to 1, and the processor time of all draws, s."""

    draws: int
    without_gap: float
    without_unforeseen_gap: float
    reliefs: int
    most_rights: int
    longest_gap_s: float
    cpu_s: float


def draw(posts: Sequence[PostPlan], seed: int, *, hours: float = 4.0, cap: int = 2, overlap_s: float = 15.0) -> Draw:
    """One watch with drawn ways and power. The same seed gives the same result."""
    random = Random(seed)
    begins_s, ends_s = 3600.0, 3600.0 * (1.0 + hours)
    relay = Relay(posts, starts_s=begins_s, ends_s=ends_s, cap=cap, overlap_s=overlap_s, swap_s=180.0)

    def new_turn(drone: PlayedDrone) -> None:
        drone.ways, drone.power = _factor(random), _factor(random)

    watch = PlayedWatch(posts, relay, cap, new_turn)
    watch.play(begins_s, ends_s)
    return Draw(seed, tuple(watch.gaps), watch.reliefs, watch.most_rights)


def watch_draws(posts: Sequence[PostPlan], seeds: Iterable[int], *, hours: float = 4.0, cap: int = 2) -> WatchDraws:
    """Draws with these seeds.

    Parameters
    ----------
    posts
        The posts of a planned watch: `PostPlan.of` of each of its plans.
    seeds
        One draw for each seed.
    hours, cap
        Length of the watch, h, and the most cameras that may look at once.
    """
    begins_s = process_time()
    results = [draw(posts, seed, hours=hours, cap=cap) for seed in seeds]
    return WatchDraws(
        draws=len(results),
        without_gap=sum(not each.gaps for each in results) / len(results),
        without_unforeseen_gap=sum(all(gap.foreseen for gap in each.gaps) for each in results) / len(results),
        reliefs=sum(each.reliefs for each in results),
        most_rights=max(each.most_rights for each in results),
        longest_gap_s=max((gap.length_s for each in results for gap in each.gaps), default=0.0),
        cpu_s=process_time() - begins_s,
    )


def _factor(random: Random) -> float:
    sigma = sqrt(log(1.0 + SPREAD**2))
    return exp(random.gauss(-0.5 * sigma * sigma, sigma))
