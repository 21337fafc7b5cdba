from types import SimpleNamespace

import numpy as np
import pytest
import shapely
import shapely.affinity

from blindspot.site.ground.grid import Grid, HeightField
from blindspot.site.town.model import Building
from blindspot_lab.bench import coverage as bench
from blindspot_lab.bench.tools import gdal_viewshed, network
from blindspot_lab.bench.tools.scenes import dome


def test_without_gdal_the_comparison_is_left_out_and_reported(monkeypatch, capsys, tmp_path):
    field = HeightField(Grid(0.0, 0.0, 0.5, 2, 2), np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    scene = bench.Scene(tmp_path / "absent.npz", field, (), (), ())
    slow, broken = (tmp_path / name for name in ("slow", "broken"))
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    broken.write_text("#!/bin/sh\necho Traceback >&2\necho no such driver: MEM >&2\nexit 1\n")
    slow.chmod(0o755)
    broken.chmod(0o755)
    for python, limit_s, why in (
        (None, 60, "GDAL's Python bindings are absent: apt install python3-gdal"),
        (slow, 0.1, "GDAL's viewshed exceeded 0.1 s"),
        (broken, 60, "no such driver: MEM"),
    ):
        monkeypatch.setattr(gdal_viewshed, "LIMIT_S", limit_s)
        monkeypatch.setattr(gdal_viewshed, "python_with_gdal", lambda python=python: python)
        assert bench.gdal_targets("synthetic_seed7", scene, 1.0, 1.0) == []
        assert f"NOT MEASURED: synthetic_seed7 against GDAL: {why}\n" in capsys.readouterr().err


def test_gdal_sees_about_the_same_of_a_scene(shared_data):
    if gdal_viewshed.python_with_gdal() is None:
        pytest.skip("NOT TESTED: GDAL's Python bindings are absent (apt install python3-gdal)")
    path = shared_data / "scenes" / "synthetic_seed7.npz"
    scene, theirs = bench.Scene.load(path), gdal_viewshed.viewsheds(path, bench.CELL_M)
    assert 0.5 < scene.share_off(theirs.seen) < 10  # it sees the same town: rows and columns are not mixed up


@pytest.mark.parametrize("turned_deg", [0.0, 20.0])
def test_cells_along_walls_are_right_where_walls_run_between_cells(turned_deg):
    """A house 10 x 6 m, 8 m high, along the lines of the grid or across them; the mast looks along its south wall,
    where the steps of a turned wall hide what the wall does not.."""
    house = shapely.affinity.rotate(shapely.box(20, 20, 30, 26), turned_deg, origin=(20, 20))
    building = Building(id="house", footprint=house, ground_m=0.0, height_m=8.0, assumed=False)
    rows, cols = np.indices((100, 100)) * 0.5 + 0.25
    top = np.where(shapely.contains_xy(house, cols, rows), 8.0, 0.0).astype(np.float32)
    field = HeightField(Grid(0.0, 0.0, 0.5, 100, 100), np.zeros_like(top), top)
    turn = np.radians(turned_deg)
    mast = dome(0, 20.03 - 8 * np.cos(turn), 19.98 - 8 * np.sin(turn), 6.0, 60.0)
    cells, off = network.edges_off([building], field, [mast])
    if turned_deg == 0:
        assert (cells, off) == (2 * (20 + 12) + 4 + 2 * (20 + 12) - 4, 0)
    else:
        assert 0 < off < 0.25 * cells


def test_among_the_footprints_a_low_wall_hides_what_lies_close_behind_it_only():
    """A 6 m mast, a 4 m wall that ends 10 m away: a head (1.7 m) is hidden up to 10 x 4.3 / 2 = 21.5 m; under a bridge
    whose underside is 4.5 m up all is seen, but for what lies within its footprint."""
    for min_height_m, is_hidden in ((0.0, True), (4.5, False)):
        wall = Building("wall", shapely.box(9, 0, 10, 50), 0.0, 4.0 + min_height_m, False, min_height_m=min_height_m)
        field = HeightField(Grid(0.0, 0.0, 0.5, 100, 100), *(np.zeros((100, 100), np.float32) for _ in range(2)))
        points_m = np.array([[21.4, 25.0], [21.6, 25.0], [9.5, 25.0]])
        camera = dome(0, 0.0, 25.0, 6.0, 60.0)
        seen = network.seen_among([wall], shapely.STRtree([wall.footprint]), camera, field, points_m, np.full(3, 1.7))
        assert seen.tolist() == [not is_hidden, True, False]


def test_every_change_is_timed_and_put_back():
    field = HeightField(Grid(0.0, 0.0, 0.5, 60, 60), *(np.zeros((60, 60), np.float32) for _ in range(2)))
    cameras = [dome(0, 10.0, 10.0, 6.0, 8.0), dome(1, 20.0, 20.0, 6.0, 8.0)]
    town = network.Network(SimpleNamespace(cameras=cameras), field)
    before = town.coverage.count.copy()
    assert len(network.change_times_ms(town, cameras)) == 4
    assert (town.coverage.count == before).all()
    assert before.any()
