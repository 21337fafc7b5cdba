from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.coverage.ground.levels import Level
from blindspot.coverage.records.comparison import Comparison, compare, summarise_change
from blindspot.coverage.records.outlines import collection
from blindspot.coverage.records.provenance import of_both
from blindspot.site.load import load_site

CROSSROADS = Path(__file__).resolve().parents[4] / "config" / "sites" / "crossroads"


def later(found, seen):
    """The same town with another network."""
    spots = found.spots
    return replace(found, spots=replace(spots, fixed_seen=spots.public & seen, blind=spots.public & ~seen))


def test_gained_and_lost_by_hand(found, provenance):
    """Before, columns 0..2 are seen; afterwards columns 2..3: one is kept, two are lost, one is gained."""
    seen = np.zeros((12, 16), bool)
    seen[:, 2:4] = True
    change = Comparison(found, later(found, seen))
    assert (change.gained_area_m2, change.lost_area_m2) == (12 * 1 * 0.25, 12 * 2 * 0.25)
    assert change.gained[:, 3].all()
    assert change.lost[:, :2].all()
    figures = summarise_change(change, (Level("detect", 25.0),), provenance)
    change_m2 = figures["after"]["fixed_area_m2"] - figures["before"]["fixed_area_m2"]
    assert change_m2 == figures["gained_area_m2"] - figures["lost_area_m2"]
    assert figures["before"]["public_area_by_level_m2"] == {"detect": 9.0}
    assert figures["inputs_sha256"] == provenance.inputs_sha256


def test_ground_that_is_not_public_in_both_is_neither_gained_nor_lost(found):
    shut = found.spots.public.copy()
    shut[:, 10:] = False
    spots = replace(found.spots, public=shut, fixed_seen=shut.copy(), blind=shut & False)
    change = Comparison(found, replace(found, spots=spots))
    assert not change.gained[:, 10:].any()
    assert change.gained_area_m2 == 12 * (3 + 2) * 0.25
    assert change.lost_area_m2 == 0


def test_a_network_compared_with_itself_changes_nothing_and_one_without_cameras_loses_all():
    site = load_site(CROSSROADS)
    area = site.area_of_interest
    same = compare(site, site, area, 25.0)
    assert (same.gained_area_m2, same.lost_area_m2) == (0, 0)
    dark = compare(site, replace(site, cameras=()), area, 25.0)
    assert dark.gained_area_m2 == 0
    assert dark.lost_area_m2 == dark.before.spots.fixed_area_m2 > 0


def test_two_towns_are_refused():
    site = load_site(CROSSROADS)
    elsewhere = replace(site, frame=replace(site.frame, lat_deg=site.frame.lat_deg + 1))
    with pytest.raises(InputError, match="two networks of one town"):
        compare(site, elsewhere, site.area_of_interest, 25.0)


def test_hashes_of_both_stay_apart_and_thanks_are_given_once(found, provenance):
    both = of_both(provenance, provenance)
    assert both.attribution == provenance.attribution
    assert both.inputs_sha256["before/site.yaml"] == both.inputs_sha256["after/site.yaml"]
    assert both.fingerprint != provenance.fingerprint
    assert both.attribution in collection([], found.site.frame, both, {})
