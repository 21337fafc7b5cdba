"""How much the best view sees: the same as asking all views at once, and no more than asked for."""

import numpy as np
import pytest

from blindspot.planning.airspace.paths import ways_from
from blindspot.planning.drones import best_view as gain
from blindspot.planning.drones.best_view import best_gain_m2, some_view_sees
from blindspot.planning.drones.patrols import drones_of
from blindspot.planning.views.candidates import POSE_ERROR_M, Fineness, aims_for, pictures, positions, survey
from blindspot.planning.views.drone_sight import Targets
from blindspot.planning.views.target_ground import survey_ground

ROUGH = Fineness(16.0, 8, 20.0)


@pytest.fixture(scope="module")
def ground(mission, site):
    return survey_ground(mission, site)


@pytest.fixture(scope="module")
def drones(mission, ground):
    return drones_of(mission, ground)


@pytest.fixture(scope="module")
def cells(ground):
    return np.flatnonzero(ground.spots.blind)[::50]


@pytest.fixture(scope="module")
def weight_m2(cells):
    return np.random.default_rng(1).integers(1, 9, len(cells)) * 0.25


@pytest.fixture(autouse=True)
def rough(monkeypatch):
    monkeypatch.setattr(gain, "FINE", ROUGH)


@pytest.fixture(scope="module")
def exact_m2(mission, ground, drones, cells, weight_m2):
    """By all views of all places together."""
    first = drones[0]
    usable = np.logical_or.reduce([np.isfinite(ways_from(d.air, d.home_2d).distance_m) for d in drones])
    places = positions(first.air, usable, ROUGH)
    aims, seen_in = aims_for(first.model, mission.file.limits, ROUGH), pictures(first.model, mission.file.band)
    targets = Targets.of(ground.field, cells)
    views = survey(ground.taller(POSE_ERROR_M), places, first.up_m, aims, targets, seen_in)
    best_m2 = np.zeros(len(cells))
    for number in range(len(views.place)):
        seen = views.of(number)
        best_m2[seen] = np.maximum(best_m2[seen], weight_m2[seen].sum())
    return best_m2


@pytest.mark.parametrize("share", [0.1, 0.9, 2.0])
def test_it_agrees_with_all_views_together_up_to_the_limit(
    mission, ground, drones, cells, weight_m2, exact_m2, share
):  # fmt: skip
    enough_m2 = share * exact_m2.max()
    found_m2 = best_gain_m2(mission, ground, drones, cells, weight_m2, enough_m2=enough_m2)
    assert found_m2 == pytest.approx(np.minimum(exact_m2, enough_m2))


def test_a_view_sees_enough_where_the_best_one_does(mission, ground, drones, cells, weight_m2, exact_m2):
    asked = (mission, ground, drones, cells, weight_m2)
    assert some_view_sees(*asked, float(exact_m2.max()), ROUGH)
    assert not some_view_sees(*asked, float(exact_m2.max()) + 0.25, ROUGH)


def test_without_the_cap_more_is_seen(mission, ground, drones, cells, weight_m2, with_file):
    narrow = with_file(mission, band={"max_px_per_m": 28.0})
    capped, uncapped = (
        best_gain_m2(narrow, ground, drones, cells, weight_m2, enough_m2=0.25, capped=capped)
        for capped in (True, False)
    )
    assert (uncapped >= capped).all()
    assert (uncapped > capped).any()
