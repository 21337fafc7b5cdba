"""The blind ground of a running stack, as the map draws it."""

from __future__ import annotations

import base64
import gzip
import json

import numpy as np
import pytest

from blindspot.console.live_ground import NEVER, LiveGround
from blindspot.core import InputError


def drawn(ground: LiveGround, now_s: float):
    document = json.loads(gzip.decompress(ground.document(now_s)))
    units = np.frombuffer(base64.b64decode(document["last"]), "<u2").reshape(document["rows"], document["columns"])
    return document, units


@pytest.fixture
def ground(site):
    return LiveGround(site.frame)


def test_without_a_cell_there_is_no_document(ground):
    assert ground.document(0.0) is None


def test_the_latest_view_of_a_cell_counts_and_north_is_the_first_row(ground):
    ground.see(np.array([[1.0, 1.0], [3.0, 5.0], [1.5, 0.5]]), np.array([10.0, np.nan, 90.0]))
    document, units = drawn(ground, now_s=100.0)
    assert units.shape == (3, 2) and units[0, 1] == NEVER and units[0, 0] == units[1, 0] == 0
    age_s = document["at_s"] - (document["begin_s"] + (units[2, 0] - 1) * document["unit_s"])
    assert age_s == pytest.approx(10.0, abs=document["unit_s"])
    before = document["number"]
    ground.see(np.array([[3.0, 5.0]]), np.array([100.0]))
    document, units = drawn(ground, now_s=100.0)
    assert document["number"] == before + 1 and units[0, 1] not in (0, NEVER)


def test_places_that_are_no_numbers_or_span_a_country_change_nothing(ground):
    for centres_m in ([[np.nan, 1.0]], [[0.0, 0.0], [1e6, 1e6]]):
        with pytest.raises(InputError):
            ground.see(np.array(centres_m), np.zeros(len(centres_m)))
    assert ground.document(0.0) is None
