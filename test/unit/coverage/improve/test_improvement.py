"""Changes of cameras over a square to check by hand, and over the crossroads: the reported gain is the real one."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import box

from blindspot.coverage.improve.choose import best_sets
from blindspot.coverage.improve.improvement import Change, Judge, as_document, changed, improve, spots_today
from blindspot.coverage.improve.options import HIGHEST_MAST_M, options_of, poles_of, possible_changes
from blindspot.coverage.maps.town_maps import improvement_map
from blindspot.coverage.records.provenance import Provenance
from blindspot.site.load import load_site
from blindspot.site.town.frame import LocalFrame
from blindspot.site.town.geojson import load_area
from blindspot.site.town.model import FixedCamera, Pole, Preset, Site, Zone

NOBODY = Provenance("nobody", {})
CONFIG = Path(__file__).resolve().parents[4] / "config"
AWAY = FixedCamera(
    id="mast", east_m=5.25, north_m=5.25, height_m=4.0, kind="fixed", heading_deg=270.0, tilt_deg=-10.0, hfov_deg=90.0,
    vfov_deg=60.0, width_px=4000, height_px=2300, range_m=60.0,
)  # fmt: skip
"""It looks west, away from the square; turned to the east it sees all of it, with 25 px/m up to 80 m away."""

WEST = box(-20.0, 0.0, -10.0, 10.0)
"""Public ground that the camera watches today."""


def square(*cameras, area=None, poles=()):
    """A town of a square of 30 x 10 m, 15 m east of the camera, and WEST; its blind spots in the square or the area."""
    ground = box(20.0, 0.0, 50.0, 10.0)
    site = Site(
        name="Square", folder=Path(), frame=LocalFrame(47.0, 2.0, 0.0, 48.0),
        area_of_interest=box(-60.0, -60.0, 120.0, 80.0), buildings=(), roads=(), cameras=cameras, pads=(),
        emergency_areas=(), zones=(Zone("square", "public", ground), Zone("west", "public", WEST)),
        findings=(), attribution="nobody", poles=poles,
    )  # fmt: skip
    return site, spots_of(site, area or ground)


def spots_of(site, area):
    return spots_today(site, area, 25.0)


@pytest.fixture(scope="module")
def crossroads():
    site = load_site(CONFIG / "sites" / "crossroads")
    return site, spots_of(site, load_area(CONFIG / "missions" / "crossroads_perimeter.geojson", site.frame))


def test_one_turned_camera_closes_everything():
    site, spots = square(AWAY, area=box(-60.0, -60.0, 120.0, 80.0))
    site = replace(site, zones=site.zones[:1])
    spots = spots_of(site, spots.perimeter)
    best = next(found for found in improve(site, spots, 3) if found.scope == "turned")
    assert spots.blind_area_m2 == best.closed_m2 == 300.0
    assert len(best.changes) == 1
    assert best.changes[0].after.heading_deg in (75.0, 90.0, 105.0)
    assert best.adds_m2 == (300.0,)
    assert best.gap == best.elsewhere_m2 == 0.0


def test_ground_outside_the_perimeter_that_is_seen_no_more_is_a_loss():
    """Turned, the camera would leave the 100 m2 in the west that it watches today; a new camera loses nothing."""
    site, spots = square(AWAY)
    turned, built = improve(site, spots, 1)
    assert (turned.closed_m2, turned.elsewhere_m2) == (300.0, -100.0)
    assert built.changes[0].kind == "new"
    assert built.elsewhere_m2 == 0.0


def test_a_loss_that_outweighs_the_gain_is_not_proposed():
    site, spots = square(AWAY, area=box(20.0, 0.0, 28.0, 10.0))
    assert not [found for found in improve(site, spots, 2) if found.scope == "turned"]


def test_a_site_that_is_seen_already_needs_no_change():
    site, spots = square(replace(AWAY, heading_deg=90.0))
    assert spots.blind_area_m2 == 0
    assert improve(site, spots, 2) == ()
    assert as_document(site, spots, (), NOBODY)["sets"] == []


def test_the_choice_agrees_with_a_full_recomputation(crossroads):
    """Over unsampled ground the model counts the very cells that the changed cameras see."""
    site, spots = crossroads
    judge = Judge.of(site, spots)
    built = possible_changes(site, spots.field, spots.public | judge.elsewhere, spots.min_px_per_m)
    assert built.spacing_m == spots.field.grid.cell_m
    times = np.zeros(built.targets, int)
    for choice in built.choices:
        times[choice.now] += 1
    inside_m2 = float((spots.public & spots.fixed_seen).sum()) * 0.25
    assert (times > 0).sum() * built.spacing_m**2 == inside_m2 + judge.elsewhere.sum() * 0.25
    for possible in (built, built.on_their_masts()):
        for chosen in best_sets(possible.choices, possible.targets, 2):
            changes = [Change(possible.choices[c].camera, possible.choices[c].options[k]) for c, k in chosen.picks]
            closed_m2, elsewhere_m2, _ = judge.gain(changes)
            assert closed_m2 + elsewhere_m2 == chosen.gain * possible.spacing_m**2


def test_more_changes_gain_more_and_no_set_is_worse_than_none(crossroads):
    site, spots = crossroads
    found = improve(site, spots, 2)
    for scope in ("turned", "built"):
        gains = [set_.closed_m2 + set_.elsewhere_m2 for set_ in found if set_.scope == scope]
        assert gains
        assert gains == sorted(gains)
        assert gains[0] > 0
    for one in found:
        assert sum(one.adds_m2) == one.closed_m2
        after = spots_of(changed(site, one.changes), spots.perimeter)
        assert spots.blind_area_m2 - after.blind_area_m2 == one.closed_m2


def test_a_dome_stays_a_dome_and_masts_keep_their_limit():
    dome = replace(AWAY, kind="dome", heading_deg=None, tilt_deg=-45.0, hfov_deg=360.0, vfov_deg=90.0, height_m=7.0)
    options = [option for mast in options_of(dome) for option in mast]
    assert [(option.kind, option.height_m) for option in options] == [("dome", 9.0)]
    assert options_of(replace(dome, height_m=HIGHEST_MAST_M)) == [[]]
    assert all(option.height_m <= HIGHEST_MAST_M for mast in options_of(AWAY) for option in mast)


def test_a_panning_camera_is_parked_and_its_own_aim_is_no_option():
    tour = (Preset(0.0, -10.0, 60.0, 5.0),)
    parked = [o for mast in options_of(replace(AWAY, kind="panning", presets=tour)) for o in mast]
    assert all(option.always_sees and not option.presets for option in parked)
    assert AWAY not in options_of(AWAY)[0]


def test_new_cameras_stand_on_the_poles_of_the_site_or_on_its_masts():
    site, spots = square(AWAY, poles=(Pole("lamp", 4.75, 4.75, 8.0),))
    (built,) = [found for found in improve(site, spots, 1) if found.scope == "built"]
    new = built.changes[0].after
    assert (new.id, new.east_m, new.north_m, new.height_m) == ("new on lamp", 4.75, 4.75, 8.0)
    assert [pole.name for pole in poles_of(replace(site, poles=()))] == ["mast"]


@pytest.mark.parametrize(
    ("before", "after", "kind", "reported"),
    [
        ({}, {"heading_deg": 90.0}, "turn", "turn camera mast from 270 to 90 deg"),
        ({}, {"tilt_deg": -20.0}, "turn", "tilt camera mast from -10 to -20 deg"),
        (
            {}, {"heading_deg": 15.0, "tilt_deg": -20.0, "height_m": 6.0}, "raise",
            "raise camera mast from 4 to 6 m, turn it from 270 to 15 deg and tilt it from -10 to -20 deg",
        ),
        (
            {"heading_deg": None}, {"heading_deg": 30.0}, "turn",
            "aim camera mast, whose direction is unknown, to 30 deg, tilted -10 deg",
        ),
        (
            {"kind": "panning", "heading_deg": None}, {"kind": "fixed", "heading_deg": 30.0}, "park",
            "park camera mast, which turns today, at 30 deg, tilted -10 deg",
        ),
    ],
)  # fmt: skip
def test_a_change_is_described_in_one_sentence(before, after, kind, reported):
    camera = replace(AWAY, **before)
    change = Change(camera, replace(camera, **after))
    assert (change.kind, str(change)) == (kind, reported)


def test_the_map_shows_gained_and_lost_ground():
    site, spots = square(AWAY, area=box(-60.0, -60.0, 120.0, 80.0))
    (turned, *_) = improve(site, spots, 1)
    seen = np.zeros(spots.field.grid.shape, bool)
    picture = improvement_map(site, spots, seen, [change.after for change in turned.changes], "Square", NOBODY)
    labels = [entry.label for entry in picture.entries]
    assert "seen today, blind after the changes" in labels
    assert "changed camera, will look there" in labels
    assert "new camera, will look there" not in labels
    assert "fixed camera and its direction" not in labels


def test_the_map_distinguishes_new_and_changed_cameras_and_names_both():
    site, spots = square(AWAY, area=box(-60.0, -60.0, 120.0, 80.0))
    turned, put_up = replace(AWAY, heading_deg=10.0), replace(AWAY, id="new on pole", east_m=30.0)
    picture = improvement_map(site, spots, spots.fixed_seen, [turned, put_up], "Square", NOBODY)
    signs = {entry.label: (entry.symbol, entry.colour) for entry in picture.entries}
    changed, new = signs["changed camera, will look there"], signs["new camera, will look there"]
    assert (changed[0], new[0]) == ("camera", "new_camera")
    assert [(camera.id, colour) for camera, colour in picture.named] == [("mast", changed[1]), ("new on pole", new[1])]
    picture.image()
