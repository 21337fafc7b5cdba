"""The home of a take-off as it is kept for a restart in flight."""

from __future__ import annotations

from math import isnan, nan
from queue import SimpleQueue

import pytest

from blindspot.flight.watch.home_place import HomeOfTakeOff
from blindspot.mission.plan import Point
from blindspot.nodes.autopilot import kept_home
from blindspot.nodes.autopilot.kept_home import KeptHome

HOME = HomeOfTakeOff(Point(east_m=1.0, north_m=-2.0, up_m=3.0), 3.5, 490.25)


class File:
    """One file, and a `KeptHome` on it; `keep` waits until it is written."""

    def __init__(self, path, monkeypatch) -> None:
        self.path, self.warned, self._written = path, SimpleQueue(), SimpleQueue()
        write = kept_home.write_whole

        def noted(*content) -> None:
            try:
                write(*content)
            finally:
                self._written.put(content)

        monkeypatch.setattr(kept_home, "write_whole", noted)
        self.kept = KeptHome(path, self.warned.put)

    def keep(self, run, home) -> None:
        self.kept.keep(run, home)
        self._written.get(timeout=10.0)

    def read_again(self, run):
        """What another process finds."""
        again = KeptHome(self.path, self.warned.put)
        again.close()
        return again.of(run)


@pytest.fixture
def file(tmp_path, monkeypatch):
    file = File(tmp_path / "home-drone1.json", monkeypatch)
    yield file
    file.kept.close()


@pytest.mark.parametrize("home", [HOME, HomeOfTakeOff(HOME[0], HOME[1], nan)])
def test_a_home_is_known_again_after_a_restart(file, home):
    file.keep("evening", home)
    found = file.read_again("evening")
    assert found is not None and found[:2] == home[:2]
    assert found.baro_m == home.baro_m or (isnan(found.baro_m) and isnan(home.baro_m))
    assert file.read_again("another run") is None


def test_the_home_of_an_earlier_flight_is_forgotten_before_the_next_take_off(file):
    file.keep("evening", HOME)
    file.keep("evening", None)
    assert file.read_again("evening") is None


def test_a_missing_or_broken_file_is_an_unknown_home(file):
    assert file.read_again("evening") is None
    file.path.write_text('{"run": "evening", "place": 3}')
    assert file.read_again("evening") is None
    assert all("is not known" in file.warned.get(timeout=10.0) for _ in range(2))


def test_a_disk_that_refuses_is_a_warning_and_no_end(file):
    file.path.mkdir()
    file.keep("evening", HOME)
    assert "not kept" in file.warned.get(timeout=10.0)
    file.keep("evening", None)
