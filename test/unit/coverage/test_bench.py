from pathlib import Path

import numpy as np
import pytest

from blindspot.bench import coverage as bench
from blindspot.site.grid import Grid, HeightField


def test_without_gdal_the_comparison_is_left_out_and_told(monkeypatch, capsys):
    monkeypatch.setattr(bench, "viewsheds", lambda scene, cell_m: None)
    field = HeightField(Grid(0.0, 0.0, 0.5, 2, 2), np.zeros((2, 2), np.float32), np.zeros((2, 2), np.float32))
    scene = bench.Scene(Path("scene.npz"), field, (), (), ())
    assert bench.gdal_targets("synthetic_seed7", scene, 1.0, 1.0) == []
    assert "NOT MEASURED: synthetic_seed7 against GDAL" in capsys.readouterr().err


def test_gdal_sees_about_the_same_of_a_scene(shared_data):
    path = shared_data / "scenes" / "synthetic_seed7.npz"
    scene = bench.Scene.load(path)
    theirs = bench.viewsheds(path, bench.CELL_M)
    if theirs is None:
        pytest.skip("NOT TESTED: GDAL's Python bindings are absent (apt install python3-gdal)")
    assert 0.5 < scene.share_off(theirs.seen) < 10  # it sees the same town: rows and columns are not mixed up
