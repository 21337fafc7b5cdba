"""The proven least time of a covering tour: exact on small choices, and never above a tour that is found."""

from __future__ import annotations

import numpy as np
import pytest

from blindspot.planning.tours.covering_tour import Rates, TourChoice, covering_tour
from blindspot_lab.solvers.least_tour import least_tour

REST_S, STAY_S = 1.0, 2.0


def choice_of(seed: int, places: int = 7, targets: int = 12) -> TourChoice:
    """Random places, views and legs; all ways are open, at 1 m/s."""
    chance = np.random.default_rng(seed)
    at = np.vstack([np.zeros(2), chance.uniform(-60.0, 60.0, (places - 1, 2))])
    away = at[None] - at[:, None]
    leg = np.full((places, places), -1, dtype=np.int32)
    for number in range(6):
        a, b = chance.choice(places, 2, replace=False)
        leg[a, b] = number
    views = [chance.choice(targets, 3, replace=False).tolist() for _ in range(2 * places)]
    lists = [
        *views,
        *([] for _ in range(places)),
        *(chance.choice(targets, 2, replace=False).tolist() for _ in range(6)),
    ]
    standing = np.repeat(np.arange(places), 2)
    return TourChoice(
        go_s=np.hypot(away[..., 0], away[..., 1]).astype(np.float32), bearing_deg=np.zeros_like(leg, dtype=np.float32),
        leg=leg, place=np.concatenate([standing, np.arange(places)]).astype(np.int32),
        aim=np.array([*range(2 * places), *[2 * places] * places], dtype=np.int32),
        heading_deg=np.zeros(3 * places, dtype=np.float32), pitch_deg=np.full(3 * places, -90.0, dtype=np.float32),
        stay_s=np.array([STAY_S] * 2 * places + [0.0] * places, dtype=np.float32),
        first=np.concatenate([[0], np.cumsum([len(seen) for seen in lists])]).astype(np.int64),
        seen=np.array([target for seen in lists for target in sorted(seen)], dtype=np.int32),
        weight=np.ones(targets, dtype=np.float32), beside=np.full((places, 8), -1, dtype=np.int32),
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_no_tour_is_faster_and_the_search_comes_near(seed: int) -> None:
    choice = choice_of(seed)
    visible = float(len(np.unique(choice.seen)))
    tour = covering_tour(choice, Rates(1e9, 1e9, REST_S), goal=visible, moves=50_000, seed=1)
    least = least_tour(choice, REST_S)
    assert least.proven
    assert least.time_s - 1e-3 <= tour.time_s <= 1.05 * least.time_s
