import json
import math

import pytest
from hypothesis import given, strategies as st

from blindspot.coverage.sight.fixed import fixed_coverage
from blindspot.site.features.osm_cameras import COMPASS, parse_direction
from blindspot.site.relief.raster import height_field
from blindspot.site.town.lens import vfov_deg
from blindspot.site.town.model import Preset


def read(town, **tags):
    """The first camera of the crossroads, fixed, with these tags changed (None takes one away), and its findings."""
    features = town.features("cameras_invented.geojson")
    kept = {**features[0]["properties"], **{key.replace("__", ":"): value for key, value in tags.items()}}
    features[0]["properties"] = {key: value for key, value in kept.items() if value is not None}
    town.write("cameras_invented.geojson", features)
    site = town.load()
    camera = next((c for c in site.cameras if c.id == "corner"), None)
    reported = {f.problem: (f.action, f.detail) for f in site.findings if f.feature == "corner"}
    return camera, reported


def test_a_well_tagged_camera_is_taken_as_it_is(crossroads):
    corner = crossroads.cameras[0]
    assert (corner.kind, corner.heading_deg, corner.tilt_deg, corner.height_m) == ("fixed", 180.0, -15.0, 6.0)
    assert (corner.hfov_deg, corner.width_px, corner.height_px) == (60.0, 1920, 1080)
    assert corner.vfov_deg == pytest.approx(35.98, abs=0.01)
    assert corner.f_px == pytest.approx(960 / math.tan(math.radians(30)))
    assert corner.assumptions == ("range",)
    assert corner.always_sees


@pytest.mark.parametrize(
    ("tag", "meant"),
    [("camera_type", "camera:type"), ("hfov", "hfov_deg"), ("heights", "height"), ("resolutions", "resolution")],
)
def test_a_tag_that_resembles_a_known_one_is_reported(town, tag, meant):
    _, reported = read(town, **{meant: None, tag: "7"})
    assert reported[f"has {tag}, which is not read"] == ("left out", f"is {meant} meant?")


@pytest.mark.parametrize("tag", ["surveillance:zone", "camera:mount", "operator", "description", "note", "level"])
def test_openstreetmaps_own_similar_tags_are_not_reported(town, tag):
    _, reported = read(town, **{tag: "7"})
    assert not any("is not read" in problem for problem in reported)


@pytest.mark.parametrize(
    ("text", "heading_deg", "hfov_deg"),
    [("135", 135.0, 60.0), ("SE", 135.0, 60.0), ("south-east", 135.0, 60.0), ("105-165", 135.0, 60.0)],
)
def test_a_direction_without_its_prefix_counts_as_well(town, text, heading_deg, hfov_deg):
    camera, reported = read(town, camera__direction=None, direction=text)
    assert (camera.heading_deg, camera.hfov_deg, camera.always_sees) == (heading_deg, hfov_deg, True)
    assert "is fixed and has no direction" not in reported


def test_of_two_directions_the_first_readable_counts_and_the_other_is_reported(town):
    camera, reported = read(town, camera__direction="180", direction="90")
    assert camera.heading_deg == 180.0
    assert reported["has another direction, 90 deg"] == ("left out", "camera:direction counts, 180 deg")
    camera, reported = read(town, camera__direction="towards the bank", direction="90")
    assert camera.heading_deg == 90.0
    assert "has camera:direction 'towards the bank'" in reported


def test_a_dome_sees_all_around_as_one_picture(crossroads):
    dome = crossroads.cameras[1]
    assert (dome.kind, dome.hfov_deg, dome.heading_deg) == ("dome", 360.0, None)
    assert dome.f_px == pytest.approx(2560 / (2 * math.pi))
    assert dome.always_sees


@pytest.mark.parametrize(
    ("tag", "problem", "detail"),
    [
        ("height", "has no height", "5 m"),
        ("camera__tilt", "has no tilt", "-15 deg"),
        ("hfov_deg", "has no field of view", "60 deg, fixed"),
        ("resolution", "has no resolution", "1920x1080"),
        ("camera__direction", "is fixed and has no direction", "excluded from the coverage"),
        ("camera__type", "has no camera:type", "fixed"),
    ],
)
def test_each_missing_tag_is_an_assumption_by_name(town, tag, problem, detail):
    camera, reported = read(town, **{tag: None})
    assert reported[problem] == ("assumed", detail)
    assert len(camera.assumptions) == 2  # this one and the range


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"hfov_deg": 200}, "has a field of view of 200 deg"),
        ({"camera__direction": "towards the bank"}, "has camera:direction 'towards the bank'"),
        ({"camera__direction": "towards the bank"}, "is fixed and has no direction"),
    ],
)
def test_values_that_make_no_sense_count_as_missing(town, tags, problem):
    assert problem in read(town, **tags)[1]


@pytest.mark.parametrize(
    ("tag", "given", "problem", "detail"),
    [
        ("height", "NaN", "has a height that can't be used", "5 m, as height is 'NaN'"),
        ("height", "20 ft", "has a height that can't be used", "5 m, as height is '20 ft'"),
        ("height", -5, "has a height that can't be used", "5 m, as height is -5"),
        ("camera__tilt", "120", "has a tilt that can't be used", "-15 deg, as camera:tilt is '120'"),
        ("camera__tilt", "steep", "has a tilt that can't be used", "-15 deg, as camera:tilt is 'steep'"),
        ("hfov_deg", "wide", "has a field of view that can't be used", "60 deg, fixed, as hfov_deg is 'wide'"),
        ("range_m", "0", "has a range that can't be used", "100 m, as range_m is '0'"),
        ("resolution", "big", "has a resolution that can't be used", "1920x1080, as resolution is 'big'"),
        ("resolution", "0000x0000", "has a resolution that can't be used", "1920x1080, as resolution is '0000x0000'"),
    ],
)
def test_an_unusable_value_is_reported_as_it_stands_and_assumed(town, tag, given, problem, detail):
    camera, reported = read(town, **{tag: given})
    assert reported[problem] == ("assumed", detail)
    assert len(camera.assumptions) == (1 if tag == "range_m" else 2)


def test_a_height_may_say_its_metres(town):
    assert read(town, height="7.5 m")[0].height_m == 7.5


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"man_made": "mast"}, "has man_made 'mast'"),
        ({"surveillance__type": "ALPR"}, "has surveillance:type 'ALPR'"),
        ({"surveillance": "indoor"}, "watches indoors"),
        ({"camera__type": "doorbell"}, "has camera:type 'doorbell'"),
    ],
)
def test_other_features_than_cameras_of_the_town_are_left_out_by_name(town, tags, problem):
    camera, reported = read(town, **tags)
    assert camera is None
    assert reported == {problem: ("left out", "")}


def test_a_camera_without_direction_or_that_turns_does_not_count_as_seeing(town):
    assert not read(town, camera__direction=None)[0].always_sees
    panning, reported = read(town, camera__type="panning")
    assert not panning.always_sees
    assert "turns" in reported


def test_cameras_of_one_ref_keep_names_of_their_own(town):
    """Coverage and improvements know a camera by its name: of two that turn, one counted as seeing."""
    (camera, *others) = town.features("cameras_invented.geojson")
    camera["properties"] |= {"ref": "Mairie", "camera:type": "panning"}
    town.write("cameras_invented.geojson", [camera, camera, camera, *others])
    site = town.load()
    assert [one.id for one in site.cameras[:3]] == ["Mairie", "Mairie (2)", "Mairie (3)"]
    repaired = [(f.feature, f.detail) for f in site.findings if f.problem == "has the ref of another camera"]
    assert repaired == [(f"Mairie ({k})", "named so here") for k in (2, 3)]
    found = fixed_coverage(site, height_field(site, site.area_of_interest.bounds))
    assert len(found.left_out) + len(found.area_m2) == len(site.cameras)


def test_camera_angle_is_never_trusted(town):
    camera, reported = read(town, **{"camera__angle": "70"})
    assert (camera.tilt_deg, camera.hfov_deg) == (-15.0, 60.0)
    assert reported["has camera:angle, which means the tilt or the field of view"][0] == "left out"


def test_a_stated_sector_is_heading_and_field_of_view(town):
    camera, _ = read(town, camera__direction="315-45", hfov_deg=None)
    assert (camera.heading_deg, camera.hfov_deg) == (0.0, 90.0)


def test_a_lens_and_a_sensor_make_a_field_of_view(town):
    camera, reported = read(town, hfov_deg=None, focal_mm="2.8", sensor_mm=5.6)
    assert camera.hfov_deg == pytest.approx(90.0)
    assert "hfov" not in camera.assumptions
    assert "has no field of view" not in reported


def test_a_sensor_of_an_optical_format_has_the_shape_of_the_picture(town):
    camera, reported = read(town, hfov_deg=None, focal_mm=4, sensor='1/2.8"')
    width_mm = 18 / 2.8 * 16 / math.hypot(16, 9)
    assert camera.hfov_deg == pytest.approx(2 * math.degrees(math.atan(width_mm / 8)))
    assert reported['has a sensor of 1/2.8"'] == ("assumed", "5.60 mm wide")


@pytest.mark.parametrize(
    ("tags", "problem"),
    [
        ({"focal_mm": 4}, "has an incomplete lens"),
        ({"sensor_mm": 5.6}, "has an incomplete lens"),
        ({"focal_mm": 0, "sensor_mm": 5.6}, "has an incomplete lens"),
        ({"focal_mm": 4, "sensor": "large"}, "has sensor 'large'"),
    ],
)
def test_an_incomplete_lens_is_reported_and_not_used(town, tags, problem):
    camera, reported = read(town, **tags)
    assert reported[problem][0] == "left out"
    assert camera.hfov_deg == 60.0


@pytest.mark.parametrize("kind", [["fixed"], {"a": 1}, 7, True])
def test_a_type_that_is_no_word_leaves_the_camera_out(town, kind):
    camera, reported = read(town, camera__type=kind)
    assert camera is None
    assert [action for problem, (action, _) in reported.items() if problem.startswith("has camera:type")] == [
        "left out"
    ]


def test_contradicting_fields_of_view_see_no_more_than_the_narrowest_and_no_better_than_the_widest(town):
    """Beside the narrowest picture the ground may be unseen, and the widest has the fewest pixels."""
    camera, reported = read(town, hfov_deg=60, focal_mm=2.8, sensor_mm=5.6, camera__direction="140-220")
    found = "contradicts itself: sees 60 deg (hfov_deg), 90 deg (lens), 80 deg (sector of camera:direction)"
    assert reported[found] == ("assumed", "60 deg, with the pixels per metre of 90 deg")
    assert camera.hfov_deg == 60.0
    assert camera.f_px == pytest.approx(960.0, rel=0.002)
    assert camera.vfov_deg == pytest.approx(vfov_deg(60.0, 1920, 1080))
    assert "hfov" in camera.assumptions


def test_fields_of_view_that_nearly_agree_are_the_stated_one(town):
    camera, reported = read(town, hfov_deg=60, camera__direction="148-212")
    assert camera.hfov_deg == 60.0
    assert not any("contradicts" in problem for problem in reported)


def test_a_dome_with_a_narrow_view_is_a_fixed_camera_that_needs_a_direction(town):
    camera, reported = read(town, camera__type="dome", hfov_deg=90, camera__direction=None)
    assert (camera.kind, camera.hfov_deg, camera.always_sees) == ("fixed", 90.0, False)
    assert reported["is a dome that does not see all round"][0] == "assumed"
    assert "is fixed and has no direction" in reported


def test_half_a_dome_without_direction_does_not_count_as_seeing(town):
    camera, reported = read(town, camera__type="dome", hfov_deg=180, camera__direction=None)
    assert (camera.kind, camera.always_sees) == ("dome", False)
    assert "is dome and has no direction" in reported


TOUR = [
    {"heading_deg": 360, "tilt_deg": -10, "hfov_deg": 60, "dwell_s": 20},
    {"heading_deg": 90, "tilt_deg": -5, "hfov_deg": 12, "dwell_s": 10},
]


@pytest.mark.parametrize("given", [TOUR, json.dumps(TOUR)])
def test_the_tour_of_a_panning_camera_is_read(town, given):
    camera, reported = read(town, camera__type="panning", hfov_deg=None, camera__tilt=None, presets=given)
    assert camera.presets == (Preset(0.0, -10.0, 60.0, 20.0), Preset(90.0, -5.0, 12.0, 10.0))
    assert (camera.hfov_deg, camera.tilt_deg) == (12.0, -5.0)
    assert not camera.always_sees
    assert "5 s at each move" in reported["turns through presets and gives no time between them"][1]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"presets": []}, "presets: needs at least 1"),
        ({"presets": "round and round"}, "presets: Invalid JSON"),
        ({"presets": [{**TOUR[0], "dwell_s": 0}]}, "presets preset 1, dwell_s: should be greater than 0"),
        ({"presets": [TOUR[0], {**TOUR[1], "zoom": 3}]}, "presets preset 2, zoom"),
        ({"presets": TOUR, "camera__type": "fixed"}, "has presets and does not turn"),
    ],
)
def test_a_tour_that_can_not_be_read_is_left_out_as_a_whole(town, tags, words):
    camera, reported = read(town, **{"camera__type": "panning", **tags})
    assert camera.presets == ()
    assert [action for problem, (action, _) in reported.items() if words in problem] == ["left out"]


@given(st.integers(0, 359))
def test_degrees_are_read_as_degrees(degrees):
    assert parse_direction(str(degrees)) == (degrees, None)


@given(start=st.integers(0, 359), width=st.integers(1, 359))
def test_a_sector_runs_clockwise_and_is_centred(start, width):
    heading_deg, sector_deg = parse_direction(f"{start}-{(start + width) % 360}")
    assert sector_deg == width
    assert math.isclose(heading_deg, (start + width / 2) % 360)


@pytest.mark.parametrize(("number", "word"), list(enumerate(COMPASS)))
def test_compass_words(number, word):
    assert parse_direction(word.lower()) == (22.5 * number, None)


@pytest.mark.parametrize(
    ("text", "heading_deg"),
    [("north", 0), ("North-East", 45), ("northwest", 315), ("south south west", 202.5), ("east-north-east", 67.5),
     ("westnorthwest", 292.5)],
)  # fmt: skip
def test_compass_words_may_be_written_out(text, heading_deg):
    assert parse_direction(text) == (heading_deg, None)


@pytest.mark.parametrize(
    ("text", "expected"), [("N-SE", (67.5, 135)), ("west-north", (315, 90)), ("north-west", (315, None))]
)
def test_two_words_are_a_range_unless_they_are_one_wind(text, expected):
    assert parse_direction(text) == expected


@pytest.mark.parametrize("text", ["", "up", "north-north", "northern", "400", "nan", "10-", "1-2-3", None])
def test_an_invalid_direction_is_none(text):
    assert parse_direction(text) == (None, None)


def test_nantes_lists_every_assumption_about_its_cameras(nantes):
    listed = {(f.feature, f.action) for f in nantes.findings if f.file == "cameras_invented.geojson"}
    assert len(nantes.cameras) == 160
    assert all((camera.id, "assumed") in listed for camera in nantes.cameras if camera.assumptions)
    assert sum(camera.always_sees for camera in nantes.cameras) == 89 + 50
