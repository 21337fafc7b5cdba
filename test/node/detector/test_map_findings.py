"""Pictures that are compared with the town model."""

from __future__ import annotations

from test.node.detector.conftest import Compares

from blindspot.nodes.cameras import eyes as eyes_module
from blindspot.vision.town.map_findings import load_map_findings


def test_differences_from_the_town_model_are_written_into_the_runs_folder(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path, map_check_s=0.01)
    eyes.spin_until(lambda: (tmp_path / "map_findings.drone1.json").is_file(), eyes.expose)
    (kept,) = load_map_findings(tmp_path)
    assert (kept.drone, kept.judged, kept.disagreements) == ("drone1", 2, Compares(None, None).disagreements())


def test_a_folder_that_cannot_be_written_stops_no_masking(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path / "gone", map_check_s=0.01)
    eyes.spin_until(lambda: len(eyes.masked) >= 3, eyes.expose)


def test_a_comparison_that_fails_ends_no_masking(camera, tmp_path, monkeypatch):
    class Fails(Compares):
        def look(self, bgr, pose):
            raise ZeroDivisionError

    monkeypatch.setattr(eyes_module, "MapCheck", Fails)
    eyes = camera(run_dir=tmp_path, map_check_s=0.01)
    eyes.spin_until(lambda: len(eyes.masked) >= 3, eyes.expose)


def test_unless_asked_for_no_picture_is_compared(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(eyes_module, "MapCheck", Compares)
    eyes = camera(run_dir=tmp_path, map_check_s=0.0)
    eyes.spin_until(lambda: len(eyes.masked) >= 3, eyes.expose)
    assert list(tmp_path.glob("map_findings*")) == []
