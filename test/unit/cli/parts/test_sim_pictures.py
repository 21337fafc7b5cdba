"""The pictures of a flight in process: those that the camera of a run with ROS would take."""

from __future__ import annotations

import csv
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from blindspot.cli.sessions.sim_in_process import Eyes, Pictures, keep_log
from blindspot.law import Loaded
from blindspot.vision.town.seen_town import town_of


@pytest.fixture
def eyes(mission, site, plan, monkeypatch):
    """Over a crossroads whose roofs of 9 to 15 m carry a ridge of 30 m."""
    from shapely.geometry import Polygon

    gabled = replace(site, buildings=tuple(replace(building, ridge_m=30.0) for building in site.buildings))
    monkeypatch.setattr(
        "blindspot.vision.town.town_of_mission", lambda _: town_of(gabled, Polygon(plan.perimeter)), raising=False
    )
    return Eyes.of(Loaded(mission))


def log_of(*looks):
    """A flight that captures at (east m, north m, up m, pitch deg), a fifth of a second each."""
    count = len(looks)
    drone = SimpleNamespace(
        stamp_s=0.2 * np.arange(count), capturing=np.ones(count, bool), phases=(),
        camera_m=np.array([look[:3] for look in looks]), camera_deg=np.array([(0.0, look[3]) for look in looks]),
    )  # fmt: skip
    return SimpleNamespace(drones={"drone1": drone})


OVER_THE_STREET, OVER_A_ROOF = (0.0, 0.0, 90.0, -90.0), (-35.0, 35.0, 75.0, -90.0)
"""The ridge is 45 m below the second camera: 68 px/m. Its eaves are 60 m below: 51 px/m."""


def test_a_picture_over_the_cap_is_dropped_before_it_is_written(eyes, tmp_path):
    log = log_of(OVER_THE_STREET, OVER_A_ROOF, OVER_THE_STREET)
    pictures = Pictures.of(log, eyes)
    assert pictures.dropped == {"over the density cap": 1}
    keep_log(log, pictures, tmp_path)
    with (tmp_path / "looks.csv").open(newline="") as file:
        assert [float(row["up_m"]) for row in csv.DictReader(file)] == [90.0, 90.0]


def test_a_picture_beyond_the_pitch_limits_is_dropped(eyes):
    """The mission allows -90 to -50 deg, and the camera a degree more."""
    pictures = Pictures.of(log_of((0.0, 0.0, 90.0, -50.0), (0.0, 0.0, 90.0, -48.5)), eyes)
    assert pictures.dropped == {"beyond the pitch limits": 1} and len(pictures.poses["drone1"]) == 1


def test_the_stricter_cap_of_mission_and_authorisation_counts(eyes, mission, with_file, monkeypatch):
    """At 90 m the street is seen at 34.5 px/m."""
    stricter = with_file(mission, band={"min_px_per_m": 25.0, "max_px_per_m": 34.0})
    assert Pictures.of(log_of(OVER_THE_STREET), Eyes.of(Loaded(stricter))).dropped == {"over the density cap": 1}
    allowed = SimpleNamespace(camera=SimpleNamespace(max_px_per_m=34.0))
    monkeypatch.setattr("blindspot.law.loaded.load_authorisation", lambda _: allowed)
    assert Pictures.of(log_of(OVER_THE_STREET), Eyes.of(Loaded(mission))).dropped == {"over the density cap": 1}
