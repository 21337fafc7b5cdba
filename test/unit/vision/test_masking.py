import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from blindspot.camera.optics import Lens
from blindspot.camera.projection import CameraPose, project, unproject
from blindspot.core.errors import MaskingError
from blindspot.site.ground.grid import Grid
from blindspot.vision.masking import MAX_ATTITUDE_STD_DEG, SURE_SIGMAS, Masker, hidden_part
from blindspot.vision.models.detector import Detections
from blindspot.vision.town.seen_town import Prism, Town

NADIR = CameraPose(5.0, 0, 0, 60, heading_deg=0, pitch_deg=-90, position_std_m=0.1, attitude_std_deg=0.1)
OBLIQUE = CameraPose(5.0, 0, -60, 60, heading_deg=0, pitch_deg=-45, position_std_m=0.1, attitude_std_deg=0.1)

level_poses = st.builds(
    CameraPose,
    stamp_s=st.just(5.0), east_m=st.floats(-60, 60), north_m=st.floats(-80, 60), up_m=st.floats(30, 110),
    heading_deg=st.floats(0, 359), pitch_deg=st.floats(-90, -20), roll_deg=st.floats(-3, 3),
    position_std_m=st.floats(0, 2), attitude_std_deg=st.floats(0, 1.5),
)  # fmt: skip


def with_compass(pose, heading_std_deg):
    """The pose with a heading that is known less well, as far as a mask is drawn at all."""
    worst_deg = math.hypot(pose.attitude_std_deg, heading_std_deg)
    worse = replace(pose, attitude_std_deg=worst_deg, heading_std_deg=heading_std_deg)
    return worse if worse.aim_std_deg(pose.pitch_deg) <= MAX_ATTITUDE_STD_DEG else pose


poses = st.builds(with_compass, level_poses, st.floats(0, 3))


def white(lens):
    return np.full((lens.height_px, lens.width_px, 3), 255, np.uint8)


def shown(picture, points_m, pose, lens):
    """Of (n, 3) ENU points those whose pixel is shown."""
    pixels, _ = project(points_m, pose, lens)
    cell = np.rint(np.nan_to_num(pixels, nan=-1)).astype(int)
    inside = ((cell >= 0) & (cell < (lens.width_px, lens.height_px))).all(axis=1)
    return points_m[inside][picture[cell[inside, 1], cell[inside, 0]].max(axis=1) > 0]


def forbidden_ground(town):
    cells = np.flatnonzero(~town.allowed)
    return np.column_stack([town.grid.centres(cells), town.ground_m.ravel()[cells]])


def facades(town):
    """Points half a metre apart over all walls of the block, up to the eaves."""
    side, up = np.arange(0, 20.01, 0.5), np.arange(0, 12.01, 0.5)
    south = [(10 + s, -20, u) for s in side for u in up] + [(10 + s, 20, u) for s in side for u in up]
    return np.array(south + [(e, 2 * s - 20, u) for e in (10, 30) for s in side for u in up], float)


def in_front(points, town, pose):
    """Points of the block's walls that face the camera: the others are behind the block."""
    east, north = pose.east_m, pose.north_m
    faces = ((points[:, 0] == 10) & (east < 10)) | ((points[:, 0] == 30) & (east > 30))
    faces |= ((points[:, 1] == -20) & (north < -20)) | ((points[:, 1] == 20) & (north > 20))
    return points[faces]


def moved(pose, draw_position, draw_aim):
    """The pose where the camera may really have been, within the standard deviations that the margin takes."""
    east, north, up = (SURE_SIGMAS * d * pose.position_std_m / math.sqrt(3) for d in draw_position)
    worst_deg, level_deg = pose.attitude_std_deg, pose.level_std_deg
    heading, pitch, roll = (
        SURE_SIGMAS * d * std_deg / math.sqrt(3)
        for d, std_deg in zip(draw_aim, (worst_deg, level_deg, level_deg), strict=True)
    )
    return replace(
        pose, east_m=pose.east_m + east, north_m=pose.north_m + north, up_m=pose.up_m + up,
        heading_deg=pose.heading_deg + heading, pitch_deg=max(-90.0, pose.pitch_deg + pitch),
        roll_deg=pose.roll_deg + roll,
    )  # fmt: skip


unit = st.floats(-1, 1)


@settings(max_examples=60, deadline=None)
@given(pose=poses, at=st.tuples(unit, unit, unit), aim=st.tuples(unit, unit, unit))
def test_no_private_ground_and_no_facade_is_shown_wherever_the_camera_really_was(town, lens, pose, at, aim):
    picture = Masker(town, lens).mask(white(lens), Detections.none(), pose, 5.0)
    truly = moved(pose, at, aim)
    assert not len(shown(picture, forbidden_ground(town), truly, lens))
    assert not len(shown(picture, in_front(facades(town), town, truly), truly, lens))


@pytest.mark.parametrize(
    ("pose", "truly"),
    [
        (
            CameraPose(5.0, 55, 0, 80, 270, -46, position_std_m=0.0, attitude_std_deg=0.5),
            CameraPose(5.0, 55, 0, 80, 270, -47.1),
        ),
        (
            CameraPose(5.0, 50, 0, 80, 270, -49, position_std_m=1.5, attitude_std_deg=0.0),
            CameraPose(5.0, 53, 0, 80, 270, -49),
        ),
    ],
    ids=["aim", "position"],
)
def test_a_roof_just_beside_the_picture_is_hidden_where_it_may_be_inside(town, lens, pose, truly):
    """The block's western eaves, before the street, an arm's length below the lower edge."""
    eaves = np.array([(10 + e, n, 12.0) for e in np.arange(0, 3, 0.2) for n in range(-15, 16)])
    pixels, _ = project(eaves, pose, lens)
    assert pixels[:, 1].min() > lens.height_px
    picture = Masker(town, lens).mask(white(lens), Detections.none(), pose, 5.0)
    assert picture.any()
    assert not len(shown(picture, eaves, truly, lens))


def test_below_the_greatest_height_of_a_building_of_unknown_height_its_roof_is_not_shown(town, lens):
    """The roof is at 12 m and may be at 15 m. The camera at 14 m looks over the western eaves to the street."""
    may_be_higher = replace(town, prisms=(Prism(town.prisms[0].rings, 0.0, 12.0, 15.0),))
    pose = CameraPose(5.0, 12.0, 0.0, 14.0, 270, -45, position_std_m=0.1, attitude_std_deg=0.1)
    roof = np.array([(10 + e, n, 12.0) for e in np.arange(0, 2, 0.05) for n in np.arange(-1, 1.1, 0.1)])
    picture = Masker(may_be_higher, lens).mask(white(lens), Detections.none(), pose, 5.0)
    assert not len(shown(picture, roof, pose, lens))
    beside = replace(pose, east_m=8.0)
    assert Masker(may_be_higher, lens).mask(white(lens), Detections.none(), beside, 5.0).any()


@settings(max_examples=40, deadline=None)
@given(pose=poses, at=st.tuples(unit, unit, unit), aim=st.tuples(unit, unit, unit))
def test_on_a_hill_no_private_ground_is_shown_either(town, lens, pose, at, aim):
    """A slope of a tenth along the street, which no view of 30 deg and steeper can hide anything behind."""
    rise = 0.1 * (np.arange(town.grid.rows) * town.grid.cell_m)[:, None] * np.ones((1, town.grid.cols))
    hill = replace(town, ground_m=rise.astype(np.float32), prisms=())
    steep = replace(pose, pitch_deg=min(pose.pitch_deg, -40.0), up_m=pose.up_m + 10.0)
    picture = Masker(hill, lens).mask(white(lens), Detections.none(), steep, 5.0)
    assert not len(shown(picture, forbidden_ground(hill), moved(steep, at, aim), lens))


@pytest.fixture(scope="module")
def terraced(town):
    """The street below a wall of 4 m along its western pavement, with gardens above; no block."""
    ground_m = np.where(town.grid.centres(np.arange(town.ground_m.size))[:, 0] < -10, 4.0, 0.0)
    return replace(town, ground_m=ground_m.reshape(town.grid.shape).astype(np.float32), prisms=())


from_the_west = st.builds(
    CameraPose,
    stamp_s=st.just(5.0), east_m=st.floats(-80, -30), north_m=st.floats(-20, 20), up_m=st.floats(40, 80),
    heading_deg=st.floats(60, 120), pitch_deg=st.floats(-70, -40), roll_deg=st.floats(-3, 3),
    position_std_m=st.floats(0, 1), attitude_std_deg=st.floats(0, 0.5),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(pose=from_the_west, at=st.tuples(unit, unit, unit), aim=st.tuples(unit, unit, unit))
def test_gardens_above_a_street_are_not_shown_where_they_hide_it(terraced, lens, pose, at, aim):
    picture = Masker(terraced, lens).mask(white(lens), Detections.none(), pose, 5.0)
    assert not len(shown(picture, forbidden_ground(terraced), moved(pose, at, aim), lens))


def test_of_the_street_below_a_terrace_the_rest_is_shown(terraced, lens):
    """45 deg down and from the west the wall's top hides 4 m."""
    pose = replace(OBLIQUE, heading_deg=90.0, east_m=-60.0, north_m=0.0)
    picture = Masker(terraced, lens).mask(white(lens), Detections.none(), pose, 5.0)
    across = np.array([(east, 0.0, 0.0) for east in np.arange(-9.5, 9.6, 0.5)])
    east_m = shown(picture, across, pose, lens)[:, 0]
    assert -6 < east_m.min() < 0
    assert east_m.max() > 7


def test_on_flat_ground_no_terrace_hides_anything_and_the_height_may_be_of_numpy(town, lens):
    flat = replace(town, ground_m=np.zeros_like(town.ground_m))
    poses = [replace(OBLIQUE, up_m=up_m) for up_m in (np.float64(60), 60.0)]
    first, second = (Masker(flat, lens).mask(white(lens), Detections.none(), pose, 5.0) for pose in poses)
    assert first.any() and np.array_equal(first, second)


@pytest.mark.parametrize("size_px", [(640, 360), (641, 361), (643, 363)])
def test_each_cell_of_the_mask_covers_its_own_pixels_in_a_picture_of_any_size(town, size_px):
    """A mask that is stretched to the picture lies up to 3 px beside its ground."""
    lens = Lens(35.0, *size_px)
    keep = Masker(town, lens).keep(OBLIQUE, 5.0)
    picture = Masker(town, lens).mask(white(lens), Detections.none(), OBLIQUE, 5.0)
    rows, cols = np.indices(picture.shape[:2]) // 4
    assert 0 < np.count_nonzero(keep) < keep.size
    assert (picture.max(axis=2) == keep[rows, cols]).all()


@pytest.mark.parametrize("size_px", [(640, 360), (1920, 1080)])
def test_at_the_edges_of_a_wide_lens_the_margin_holds_for_a_camera_that_is_too_high_and_too_far_out(town, size_px):
    wide, east_m = Lens(90.0, *size_px), town.grid.centres(np.arange(town.allowed.size))[:, 0]
    square = replace(town, allowed=(np.abs(east_m) < 38).reshape(town.grid.shape), prisms=())
    pose = replace(NADIR, up_m=40.0, position_std_m=2.0)
    error_m = SURE_SIGMAS * pose.position_std_m * np.array([math.cos(0.76), math.sin(0.76)])
    truly = replace(pose, east_m=error_m[0], up_m=40.0 + error_m[1])
    picture = Masker(square, wide).mask(white(wide), Detections.none(), pose, 5.0)
    assert picture.any()
    assert not len(shown(picture, forbidden_ground(square), truly, wide))


def test_of_a_rolled_camera_that_was_lower_the_margin_holds_in_the_near_corner(lens):
    """The corner shows nearer ground than the middle of the lower edge, and the lower the camera, the nearer it is."""
    pose = CameraPose(5.0, 0, -50, 39.458, 0, -22.727, 15.0, position_std_m=3.0, attitude_std_deg=0.0)
    truly = replace(pose, east_m=-1.706, north_m=-53.725, up_m=33.177)
    assert math.dist(pose.position_m, truly.position_m) <= SURE_SIGMAS * pose.position_std_m
    grid = Grid(-150.0, -150.0, 0.5, 600, 600)
    at_m = grid.centres(np.arange(600 * 600))
    beyond_m = (at_m - (-26.467, 9.111)) @ (0.390, 0.921)
    allowed = (beyond_m > 0.3).reshape(grid.shape)
    field = Town(grid, np.zeros(grid.shape, np.float32), allowed, allowed, (), ())
    picture = Masker(field, lens).mask(white(lens), Detections.none(), pose, 5.0)
    assert picture.any()
    edge = np.column_stack([at_m, np.zeros(len(at_m))])[(beyond_m < 0) & (beyond_m > -3)]
    assert not len(shown(picture, edge, truly, lens))


def test_a_private_strip_of_one_cell_across_the_street_is_hidden_where_it_is_thin_in_the_picture(town, lens):
    north_m = town.grid.centres(np.arange(town.allowed.size))[:, 1].reshape(town.grid.shape)
    strip = np.flatnonzero((north_m > 5) & (north_m < 5.5) & town.allowed)
    across = replace(town, allowed=town.allowed & ((north_m < 5) | (north_m > 5.5)), prisms=())
    pose = CameraPose(5.0, 0, -85, 60, heading_deg=0, pitch_deg=-30, position_std_m=0.0, attitude_std_deg=0.0)
    picture = Masker(across, lens).mask(white(lens), Detections.none(), pose, 5.0)
    assert picture.any()
    assert not len(shown(picture, np.column_stack([town.grid.centres(strip), np.zeros(len(strip))]), pose, lens))


def test_surely_public_ground_is_shown(town, lens):
    picture = Masker(town, lens).mask(white(lens), Detections.none(), NADIR, 5.0)
    street = np.array([(e, n, 0.0) for e in range(-8, 8) for n in range(-8, 9)], float)
    pixels, _ = project(street, NADIR, lens)
    cells = np.rint(pixels).astype(int)
    assert (picture[cells[:, 1], cells[:, 0]] == 255).all()


def test_the_picture_given_is_left_alone(town, lens):
    picture = white(lens)
    Masker(town, lens).mask(picture, Detections.none(), NADIR, 5.0)
    assert picture.min() == 255


def test_a_worse_pose_shows_less(town, lens):
    areas = [
        np.count_nonzero(Masker(town, lens).keep(replace(OBLIQUE, position_std_m=s, attitude_std_deg=s), 5.0))
        for s in (0.0, 0.3, 0.6, 1.2)
    ]
    assert areas == sorted(areas, reverse=True)
    assert areas[0] > areas[-1]


def test_a_wrong_heading_hides_less_the_steeper_the_view(town, lens):
    """Straight down it turns the picture about its middle; the same doubt about every axis shifts it."""

    def area(pose):
        return np.count_nonzero(Masker(town, lens).keep(pose, 5.0))

    compass = replace(NADIR, attitude_std_deg=1.9, heading_std_deg=1.9)
    assert area(NADIR) > area(compass) > area(replace(NADIR, attitude_std_deg=1.9))


@pytest.mark.parametrize(
    ("pose", "why"),
    [
        (None, "pose is unknown"),
        (replace(NADIR, position_std_m=math.nan), "uncertain"),
        (replace(NADIR, position_std_m=3.1), "uncertain"),
        (replace(NADIR, attitude_std_deg=math.nan), "uncertain"),
        (replace(NADIR, attitude_std_deg=2.1), "uncertain"),
        (replace(NADIR, attitude_std_deg=math.nan, heading_std_deg=1.0), "uncertain"),
        (replace(NADIR, heading_std_deg=math.nan), "uncertain"),
        (replace(NADIR, pitch_deg=math.nan), "not a number"),
        (replace(NADIR, stamp_s=5.1), "from the picture"),
        (replace(OBLIQUE, roll_deg=180.0), "rolled by 180 deg"),
        (replace(OBLIQUE, roll_deg=-90.0), "rolled by -90 deg"),
        (replace(NADIR, stamp_s=math.nan), "from the picture"),
    ],
)
def test_without_a_sure_pose_there_is_no_picture(town, lens, pose, why):
    with pytest.raises(MaskingError, match=why):
        Masker(town, lens).mask(white(lens), Detections.none(), pose, 5.0)


def test_straight_down_there_is_no_upside(town, lens):
    """A gimbal that trembles there has any heading, and the roll that takes it back."""
    keep = Masker(town, lens).keep(replace(NADIR, pitch_deg=-89.9, heading_deg=90.0, roll_deg=-90.0), 5.0)
    assert np.count_nonzero(keep) == pytest.approx(np.count_nonzero(Masker(town, lens).keep(NADIR, 5.0)), rel=0.02)


def test_without_a_town_there_is_no_picture(lens):
    with pytest.raises(MaskingError, match="town"):
        Masker(None, lens).mask(white(lens), Detections.none(), NADIR, 5.0)


def test_a_picture_of_another_size_is_refused(town, lens):
    with pytest.raises(MaskingError, match="lens"):
        Masker(town, lens).mask(np.zeros((100, 100, 3), np.uint8), Detections.none(), NADIR, 5.0)


def box_at(east_m, north_m, label, pose, lens, half_px=(8, 20)):
    (u, v), *_ = project([(east_m, north_m, 0.8)], pose, lens)[0]
    box = np.array([[u - half_px[0], v - half_px[1], u + half_px[0], v + half_px[1]]], np.float32)
    return Detections(box, np.array([0.9], np.float32), (label,)), box[0].astype(int)


def test_the_head_is_hidden_and_the_feet_are_not(town, lens):
    found, (x1, y1, x2, y2) = box_at(0, 0, "person", OBLIQUE, lens)
    picture = Masker(town, lens).mask(white(lens), found, OBLIQUE, 5.0)
    assert picture[y1 : y1 + 14, x1:x2].max() == 0
    assert picture[y2 - 20 : y2, x1:x2].min() == 255


def test_seen_from_above_the_whole_person_is_hidden(town, lens):
    found, (x1, y1, x2, y2) = box_at(0, 0, "person", NADIR, lens)
    picture = Masker(town, lens).mask(white(lens), found, NADIR, 5.0)
    assert picture[y1:y2, x1:x2].max() == 0


def test_the_plate_zone_of_a_vehicle_is_hidden(town, lens):
    found, (x1, y1, x2, y2) = box_at(0, 0, "car", OBLIQUE, lens)
    picture = Masker(town, lens).mask(white(lens), found, OBLIQUE, 5.0)
    assert picture[y2 - 18 : y2, x1:x2].max() == 0
    assert picture[y1 : y1 + 16, x1:x2].min() == 255


@pytest.mark.parametrize("label", ["bicycle", "motorcycle"])
def test_of_a_bicycle_and_a_motorcycle_everything_is_hidden_and_a_rider_above(label):
    """A box of the vehicle alone is 1.05 m tall; the head of its rider ends 1.75 m above the ground."""
    x1, y1, x2, y2 = hidden_part((100.0, 100.0, 142.0, 142.0), label, is_whole=False)
    assert x1 < 100 and y1 <= 142 - 1.75 * 40 and x2 > 142 and y2 > 142


@given(grow_px=st.floats(0, 50), label=st.sampled_from(["person", "car", "bicycle", "motorcycle"]))
def test_uncertainty_grows_the_hidden_part_on_every_side(grow_px, label):
    small = np.array(hidden_part((100, 100, 120, 140), label, is_whole=False))
    large = np.array(hidden_part((100, 100, 120, 140), label, grow_px, is_whole=False))
    assert (np.sign([-1, -1, 1, 1]) * (large - small) >= grow_px - 1).all()


def hides(town, lens, pose, box, label="person"):
    """Whether a box is hidden as a whole in a white picture."""
    found = Detections(np.array([box], np.float32), np.array([0.9], np.float32), (label,))
    x1, y1, x2, y2 = (round(value) for value in box)
    return Masker(town, lens).mask(white(lens), found, pose, 5.0)[y1:y2, x1:x2].max() == 0


def test_of_someone_whom_the_lower_edge_cuts_off_at_the_chest_the_whole_face_is_hidden(town, lens):
    """The upper third of the box would end at the eyes."""
    bottom = float(lens.height_px)
    assert hides(town, lens, OBLIQUE, (310.0, bottom - 18, 322.0, bottom))
    assert not hides(town, lens, OBLIQUE, (310.0, bottom - 28, 322.0, bottom - 10))


def test_of_someone_who_lies_or_looks_over_a_car_the_whole_box_is_hidden(town, lens):
    assert hides(town, lens, OBLIQUE, (300.0, 200.0, 324.0, 212.0))
    assert hides(town, lens, OBLIQUE, (300.0, 200.0, 310.0, 213.0))
    assert not hides(town, lens, OBLIQUE, (300.0, 200.0, 310.0, 215.0))


def test_of_a_car_that_the_upper_edge_cuts_off_the_plate_is_hidden_too(town, lens):
    pose = replace(OBLIQUE, north_m=-30.0, pitch_deg=-55.0)
    assert hides(town, lens, pose, (310.0, 0.0, 350.0, 20.0), "car")
    assert not hides(town, lens, pose, (310.0, 10.0, 350.0, 30.0), "car")


@pytest.mark.parametrize("roll_deg", [0.0, 180.0])
def test_of_a_car_whose_near_face_is_not_low_in_the_picture_the_plate_is_hidden_too(town, roll_deg):
    """Behind the point below the camera, and in a view straight down that is turned upside down, it is high there."""
    wide, pose = Lens(90.0, 640, 360), replace(NADIR, pitch_deg=-85.0, up_m=30.0, roll_deg=roll_deg)
    towards = 1 if roll_deg else -1
    (u, v), *_ = project([(0.0, towards * 12.0, 0.8)], pose, wide)[0]
    assert hides(town, wide, pose, (u - 10, v - 10, u + 10, v + 10), "car")


def test_of_people_about_the_point_below_a_wide_lens_everything_is_hidden(town):
    """The picture reaches beyond the point straight below, where heads are at the sides and at the lower edge."""
    wide, pose = Lens(84.0, 640, 480), replace(OBLIQUE, north_m=0.0, up_m=30.0, pitch_deg=-58.0)
    (_, below_px), *_ = project([(0.0, 0.0, 0.0)], pose, wide)[0]
    assert below_px < wide.height_px - 10
    assert hides(town, wide, pose, (316.0, below_px - 8, 324.0, below_px + 8))
    assert hides(town, wide, pose, (390.0, below_px - 8, 406.0, below_px + 8))
    assert not hides(town, wide, pose, (316.0, 200.0, 324.0, 224.0))


def test_someone_on_private_ground_is_hidden_though_her_head_stands_before_the_street(town, lens):
    pose = replace(OBLIQUE, heading_deg=90, east_m=-75.0, north_m=30.0)
    found, (x1, y1, x2, y2) = box_at(-11, 30, "person", pose, lens, half_px=(6, 12))
    picture = Masker(town, lens).mask(white(lens), found, pose, 5.0)
    assert picture[y1:y2, x1:x2].max() == 0
    assert np.isfinite(unproject([(x1, y1)], pose, lens)).all()


@pytest.mark.parametrize("is_beside", [True, False], ids=["beside the street", "on the street"])
def test_someone_just_beside_the_street_is_hidden_also_where_the_reported_pose_places_her_on_it(town, lens, is_beside):
    """The camera was 1 m away from where it was reported, across its view: she appears to stand 2 m farther east."""
    pose = CameraPose(5.0, -45.0, 30.0, 20.0, 90, -30, position_std_m=0.4, attitude_std_deg=0.0)
    truly = replace(pose, east_m=pose.east_m - 0.5, up_m=pose.up_m - 0.86)
    found, (x1, y1, x2, y2) = box_at(-10.1 if is_beside else -8.0, 30, "person", truly, lens, half_px=(6, 18))
    picture = Masker(town, lens).mask(white(lens), found, pose, 5.0)
    assert bool(picture[y1:y2, x1:x2].max() == 0) is is_beside
