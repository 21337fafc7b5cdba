"""Ages of places over several runs: cells of the site, the latest view, a file that survives restarts."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from test.factories import masks_over

from blindspot.coverage.ground.ages import GroundAges
from blindspot.coverage.ground.seen import SeenGround
from blindspot.mission import DensityBand
from blindspot.mission.ground_masks import GroundMasks
from blindspot.site.ground.grid import Grid


def masks(east_m: float = 0.0, cells: int = 8) -> GroundMasks:
    """Blind ground of half-metre cells from a corner on."""
    return masks_over(Grid(east_m, 0.0, 0.5, cells, cells))


def seen(at_s: float, share: float = 1.0, cells: int = 8) -> np.ndarray:
    """A view of the southern rows of each 2 m cell."""
    found = np.full((cells, cells), np.nan)
    found[np.arange(cells) % 4 < 4 * share] = at_s
    return found


@pytest.fixture
def ages():
    return GroundAges()


def test_the_areas_of_the_cells_are_those_of_the_blind_ground_in_them(ages):
    ages.take(masks(), seen(10.0))
    part = masks()
    part.blind[:3] = False  # the southern cells keep a quarter of their ground, the northern ones all
    assert sorted(ages.areas_m2(part)) == [1.0, 1.0, 4.0, 4.0]
    assert ages.areas_m2(masks(east_m=100.0)).tolist() == [0.0] * 4, "ground of another mission"


def test_the_age_counts_from_the_latest_view(ages):
    ages.take(masks(), seen(10.0))
    ages.take(masks(), seen(50.0))
    ages.take(masks(), seen(30.0))
    assert len(ages) == 4
    assert ages.ages_s(80.0).tolist() == [30.0] * 4
    assert sorted(map(tuple, ages.centres_m().tolist())) == [(1.0, 1.0), (1.0, 3.0), (3.0, 1.0), (3.0, 3.0)]


def test_a_cell_is_seen_when_half_of_it_was(ages):
    ages.take(masks(), seen(10.0, share=0.25))
    assert np.isnan(ages.ages_s(80.0)).all()
    ages.take(masks(), seen(20.0, share=0.5))
    assert ages.ages_s(80.0).tolist() == [60.0] * 4


def test_runs_with_other_perimeters_share_cells_west_of_the_origin_too(ages):
    ages.take(masks(-4.0), seen(10.0))
    ages.take(masks(-2.0), seen(20.0))
    assert len(ages) == 6
    assert sorted(ages.last_seen_s.tolist()) == [10.0] * 2 + [20.0] * 4
    assert sorted({east for east, _ in ages.centres_m().tolist()}) == [-3.0, -1.0, 1.0]


def test_a_clock_that_was_set_back_gives_no_negative_age(ages):
    ages.take(masks(), seen(100.0))
    assert ages.ages_s(80.0).tolist() == [0.0] * 4


def test_the_file_survives_a_restart_and_a_broken_one_changes_nothing(ages, tmp_path):
    ages.take(masks(), seen(10.0))
    ages.save(tmp_path / "state" / "ages.npz")
    again = GroundAges()
    assert again.load(tmp_path / "state" / "ages.npz")
    assert again.ages_s(80.0).tolist() == ages.ages_s(80.0).tolist()
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    assert not again.load(tmp_path / "broken.npz")
    assert not again.load(tmp_path / "none.npz")
    assert len(again) == 4


def kept_ages() -> GroundAges:
    found = GroundAges()
    found.take(masks(), seen(10.0))
    return found


@pytest.mark.parametrize(
    "kept", [kept_ages(), SeenGround(masks(), DensityBand(min_px_per_m=25.0, max_px_per_m=60.0)), masks()]
)
def test_after_a_power_cut_a_file_of_ground_is_whole(tmp_path, monkeypatch, kept):
    """The new content is on the disk before it replaces the old one."""
    path, synced = tmp_path / "ground.npz", []
    path.write_text("old")

    def sync(file: int) -> None:
        shutil.copy(Path(f"/proc/self/fd/{file}"), tmp_path / "synced.npz")
        synced.append(path.read_text())

    monkeypatch.setattr(os, "fsync", sync)
    kept.save(path)
    assert synced == ["old"]
    assert (tmp_path / "synced.npz").read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ground.npz", "synced.npz"]
