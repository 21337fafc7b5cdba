import io
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from shapely.geometry import Polygon, box

from blindspot.coverage.maps import page
from blindspot.coverage.maps.canvas import OVERSAMPLING, Canvas
from blindspot.coverage.maps.picture import DRONES, FIXED, PUBLIC, STILL_BLIND, Map, arrows, wedge
from blindspot.site.ground.grid import Grid
from blindspot.site.town.model import Building, FixedCamera, Pad, Tree, Zone

BOUNDS_M = (-50.0, 0.0, 50.0, 80.0)
CAMERA = FixedCamera(
    id="a", east_m=0.0, north_m=40.0, height_m=5.0, kind="fixed", heading_deg=90.0, tilt_deg=-10.0, hfov_deg=60.0,
    vfov_deg=40.0, width_px=1920, height_px=1080, range_m=100.0,
)  # fmt: skip


def route(drone):
    at = [SimpleNamespace(east_m=e, north_m=n) for e, n in ((-30.0, 20.0), (30.0, 20.0), (30.0, 60.0))]
    kinds = ("waypoint", "view", "leg")
    steps = [SimpleNamespace(kind=kind, to=to) for kind, to in zip(kinds, at, strict=True)]
    return SimpleNamespace(drone=drone, pad="north", home=SimpleNamespace(east_m=-30.0, north_m=60.0), steps=steps)


def pixel(canvas, east_m, north_m):
    x, y = canvas.to_px(np.array([[east_m, north_m]]))[0]
    return tuple(canvas.pixels[int(y), int(x)].tolist())


@pytest.mark.parametrize("px_per_m", [0.3, 1.0, 4.0, 11.0])
def test_a_mask_lies_where_its_cells_lie_at_any_zoom(px_per_m):
    """The mask's southern half is set: north is up, so it is the picture's lower half."""
    canvas = Canvas(BOUNDS_M, px_per_m, (255, 255, 255))
    grid = Grid(-100.0, -40.0, 0.5, 320, 400)
    mask = np.zeros(grid.shape, bool)
    mask[:160, :] = True
    share = canvas.mask(grid, mask)
    assert share.shape == (canvas.height, canvas.width)
    half = canvas.height // 2
    assert (share[: half - 3] == 0).all()
    assert share[half + 3 :].min() == pytest.approx(1.0)


def test_a_mask_outside_the_picture_draws_nothing():
    canvas = Canvas(BOUNDS_M, 2.0, (255, 255, 255))
    grid = Grid(500.0, 500.0, 0.5, 20, 20)
    canvas.wash(canvas.mask(grid, np.ones(grid.shape, bool)), (0, 0, 0))
    assert (canvas.pixels == 255).all()


def test_crowns_have_a_green_edge_and_a_line_in_the_legend_where_there_are_any():
    oak = Tree("oak", 0.0, 40.0, radius_m=8.0, ground_m=0.0, base_m=2.0, height_m=12.0)
    far = replace(oak, east_m=500.0)
    bare, wooded = (Map(BOUNDS_M, "a", size_px=200).trees((tree,)) for tree in (far, oak))
    assert pixel(wooded.canvas, 0.0, 40.0) == pixel(bare.canvas, 0.0, 40.0), "the ground below keeps its colour"
    red, green, blue = pixel(wooded.canvas, 8.0, 40.0)
    assert green > red and green > blue
    assert [entry.label for entry in wooded.entries] == ["tree's crown"]
    assert bare.entries == []


def test_holes_of_a_polygon_stay_open():
    canvas = Canvas(BOUNDS_M, 2.0, (255, 255, 255))
    ring = Polygon(box(-20, 20, 20, 60).exterior, [box(-10, 30, 10, 50).exterior])
    canvas.polygon(ring, (0, 0, 0))
    assert pixel(canvas, -15, 40) == (0, 0, 0)
    assert pixel(canvas, 0, 40) == (255, 255, 255)
    assert canvas.area([ring]).mean() == pytest.approx(ring.area / (100 * 80), rel=0.05)


def test_the_whole_map_is_a_png_with_every_layer_explained(tmp_path: Path):
    grid = Grid(-50.0, 0.0, 0.5, 160, 200)
    rows = np.arange(160)[:, None] * np.ones((1, 200), int)
    idle = replace(CAMERA, id="b", north_m=70.0, heading_deg=None)
    picture = (
        Map(BOUNDS_M, "Crossroads", subtitle="as built", attribution="drawn by hand", size_px=300)
        .ground(grid, rows < 120, PUBLIC)
        .ground(grid, rows < 40, FIXED)
        .ground(grid, (rows >= 40) & (rows < 80), STILL_BLIND)
        .buildings([Building("1", box(-40, 10, -20, 30), 0.0, 12.0, False)])
        .zones([Zone("school", "no_fly", box(20, 10, 40, 30))])
        .perimeter(box(-45, 5, 45, 75))
        .cameras([CAMERA, idle])
        .routes([route("alpha"), route("bravo")])
        .pads([Pad("north", -30.0, 60.0, 0.0), Pad("elsewhere", 900.0, 0.0, 0.0)])
        .fact("blind", "1 000 m²")
    )
    path = picture.save(tmp_path / "map.png")
    image = Image.open(path)
    assert image.format == "PNG"
    assert image.width > 300 + page.PANEL
    assert [entry.label for entry in picture.entries] == [
        PUBLIC.label, FIXED.label, STILL_BLIND.label, "building (darker: taller)", "no-fly zone", "perimeter",
        "fixed camera and its direction", "turns or unknown aim: not counted", "alpha", "bravo", "launch pad",
    ]  # fmt: skip
    colours = {colour for _, colour in image.getcolors(1_000_000)}
    assert {DRONES[0], DRONES[1]} <= colours


def test_the_same_map_gives_the_same_bytes():
    def made():
        buffer = io.BytesIO()
        Map(BOUNDS_M, "x", size_px=200).cameras([CAMERA]).image().save(buffer, "PNG")
        return buffer.getvalue()

    assert made() == made()


def test_codes_in_a_title_do_not_turn_it_around():
    def drawn(title):
        return Map(BOUNDS_M, title, size_px=200).image().tobytes()

    assert drawn("plan\u202e\x9b A") == drawn("plan A")


def test_a_map_of_nothing_is_refused():
    with pytest.raises(ValueError, match="rectangle"):
        Map((0.0, 0.0, 0.0, 0.0), "nowhere")


def test_a_wedge_opens_towards_the_heading():
    looking_east = wedge(CAMERA, 10.0)
    assert looking_east.centroid.x > 5.0
    assert looking_east.centroid.y == pytest.approx(40.0)
    assert wedge(replace(CAMERA, kind="dome", hfov_deg=360.0), 10.0).area == pytest.approx(314, rel=0.02)


def test_arrows_point_along_the_way_and_skip_short_pieces():
    heads = arrows(np.array([[0.0, 0.0], [100.0, 0.0], [101.0, 0.0]]), spacing_m=50.0, size_m=4.0)
    assert len(heads) == 2
    assert all(head.exterior.coords[0][0] == head.bounds[2] for head in heads)


@pytest.mark.parametrize(("longest_m", "bar_m"), [(99.0, 50.0), (100.0, 100.0), (249.0, 200.0), (0.7, 0.5)])
def test_the_scale_bar_has_a_round_length(longest_m, bar_m):
    assert page.round_length(longest_m) == bar_m


def test_without_a_full_typeface_text_falls_back_to_plain_letters():
    assert page.plain("Asnières · 12\u00a0m² – é") == "Asnieres - 12 m2 - e"


def test_pictures_are_drawn_larger_and_reduced():
    canvas = Canvas(BOUNDS_M, 2.0, (255, 255, 255))
    assert (canvas.width, canvas.height) == (200 * OVERSAMPLING, 160 * OVERSAMPLING)


SEEN_BY = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]]),
    "deuteranopia": np.array([[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9690]]),
    "tritanopia": np.array([[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]),
}
"""Linear RGB as readers with a colour-vision deficiency see it (Machado, Oliveira and Fernandes 2009, severity 1)."""


def lab(colour, vision):
    """CIELAB of an sRGB colour (0..255)."""
    share = np.array(colour) / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(to_xyz @ np.clip(SEEN_BY[vision] @ linear, 0.0, 1.0) / (0.9505, 1.0, 1.089))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", SEEN_BY)
def test_route_colours_differ_for_every_reader(vision):
    for one, other in combinations(DRONES, 2):
        assert np.linalg.norm(lab(one, vision) - lab(other, vision)) > 25, (one, other)


def test_two_flights_are_not_joined_on_the_map():
    west, east = np.array([[-40.0, 0.0], [-30.0, 0.0]]), np.array([[30.0, 0.0], [40.0, 0.0]])
    between = np.full((1, 2), np.nan)
    joined, apart = (
        np.asarray(
            Map((-50.0, -20.0, 50.0, 20.0), "a", size_px=200).flown({"drone1": np.vstack(points)}).canvas.image()
        )
        for points in ((west, east), (west, between, east))
    )
    middle = apart.shape[0] // 2, apart.shape[1] // 2
    ground = apart[2, 2]
    assert (apart[middle] == ground).all() and (joined[middle] != ground).any()


def test_a_drone_on_post_has_one_line_in_the_legend():
    names = ("drone1", "drone2")
    picture = Map(BOUNDS_M, title="t", size_px=200).routes([route(name) for name in names])
    picture.posts({name: np.array([(-30.0, 20.0), (30.0, 20.0)]) for name in names})
    assert [entry.label for entry in picture.entries].count("drone1") == 1
    assert sum("drone" in entry.label for entry in picture.entries) == 2
