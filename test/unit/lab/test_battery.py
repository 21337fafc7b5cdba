"""The lines that a user copies from a log into the drone's file."""

import pytest
import yaml
from test.unit.flight.logs.test_calibration import HOVER_W, write

from blindspot_lab.battery import main


def test_the_lines_are_those_of_a_drone_file(tmp_path, capsys):
    assert main([str(write(tmp_path / "calm.ulg"))]) == 0
    lines = yaml.safe_load(capsys.readouterr().out)
    assert lines["performance"] == {"cruise_mps": 8.0}
    assert lines["energy"]["hover_w"] == pytest.approx(HOVER_W, abs=1.0)
    assert set(lines["energy"]) == {"hover_w", "cruise_extra_w", "climb_wh_per_m"}


def test_a_log_that_separates_nothing_is_refused_in_one_sentence(tmp_path, capsys):
    assert main([str(write(tmp_path / "short.ulg", ((20.0, 0.0, 0.0),)))]) == 2
    assert "s of hover" in capsys.readouterr().err
