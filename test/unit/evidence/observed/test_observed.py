"""The slot by which a flight is judged: a simulation's clock is the mission's, a real flight's is the system's. And
the density of its pictures, by the ground file of its plan."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from test.factories import masks_over

from blindspot.core.errors import InputError
from blindspot.evidence.observed.observed import density_in, slot_left_s
from blindspot.evidence.observed.picture_poses import PicturePose
from blindspot.evidence.observed.track import Track
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.mission.ground_masks import GroundMasks
from blindspot.site.relief.raster import height_field

AUTH = load_authorisation(Path(__file__).parents[4] / "config" / "authorisations" / "crossroads_sim.yaml")
"""Its slots end at 23:00 in Paris."""
MISSION = SimpleNamespace(file=SimpleNamespace(start=datetime(2026, 11, 6, 19, 0, tzinfo=UTC)))
LATER = datetime(2027, 3, 1, 21, 30, tzinfo=UTC)
"""Half an hour before the end of the slot of another day."""


def flown(began: datetime) -> dict[str, Track]:
    """A minute on the pad, a minute in the air."""
    stamps_s = began.timestamp() + np.arange(0.0, 121.0)
    count, in_air = len(stamps_s), np.arange(0, 121) >= 60
    return {"drone1": Track(stamps_s, np.zeros((count, 3)), np.ones(count), in_air, in_air, in_air.astype(str))}


def test_a_real_flight_is_judged_by_the_slot_of_its_own_day():
    assert slot_left_s(MISSION, AUTH, flown(LATER), simulated=False) == pytest.approx(1800.0)


def test_a_real_flight_outside_the_slots_has_none_whatever_its_mission_says():
    night = flown(LATER + timedelta(minutes=45))
    assert slot_left_s(MISSION, AUTH, night, simulated=False) == -math.inf
    assert slot_left_s(MISSION, AUTH, night, simulated=True) == 3 * 3600.0


def test_a_real_flight_that_takes_off_as_its_slot_begins_may_stand_ready_before():
    begins = datetime(2027, 3, 1, 5, 0, tzinfo=UTC)
    assert slot_left_s(MISSION, AUTH, flown(begins - timedelta(minutes=1)), simulated=False) == 17 * 3600.0 + 60.0


def test_without_a_flight_nothing_is_late_and_a_stamp_that_no_clock_shows_is_unknown():
    assert slot_left_s(MISSION, AUTH, {}, simulated=False) == math.inf
    odd = flown(LATER)
    odd["drone1"].stamp_s[:] -= 1e11
    assert slot_left_s(MISSION, AUTH, odd, simulated=False) is None


def test_a_picture_is_judged_up_to_the_ridges_of_the_ground_file(mission, site, tmp_path):
    """The roofs of the crossroads end 15 m over the street. A ridge of 30 m is 48 m below this camera: 63.4 px/m."""
    gabled = replace(site, buildings=tuple(replace(building, ridge_m=30.0) for building in site.buildings))
    picture = PicturePose(1.0, "drone1", -30.0, 30.0, 78.0, 0.0, -90.0, 0.0)
    found = []
    for number, town in enumerate((site, gabled)):
        masks_over(height_field(town, (-150.0, -150.0, 150.0, 150.0))).save(tmp_path / f"{number}.npz")
        found.append(density_in(GroundMasks.load(tmp_path / f"{number}.npz"), mission)(picture))
    assert found == pytest.approx([3045.0 / 69.0, 3045.0 / 48.0], abs=0.05)


def test_a_ground_file_without_ridges_is_refused(site, tmp_path):
    """An earlier version wrote the eaves alone: the ridges of that town are unknown."""
    masks_over(height_field(site, (-50.0, -50.0, 50.0, 50.0))).save(tmp_path / "ground.npz")
    with np.load(tmp_path / "ground.npz") as data:
        np.savez_compressed(tmp_path / "older.npz", **{name: data[name] for name in data if name != "peak_m"})
    with pytest.raises(InputError, match="make it with"):
        GroundMasks.load(tmp_path / "older.npz")
    assert GroundMasks.load(tmp_path / "older.npz", with_peaks=False).public.all(), "its masks are as good as before"
