"""A watch that lacks something is told before anything flies, with the number that would do."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from blindspot.core import InputError
from blindspot.law import load_authorisation
from blindspot.mission import load_fleet
from blindspot.operations import watches

CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture
def authorisation(tmp_path):
    """The authorisation of the watch with other lines."""

    def made(**lines):
        text = (CONFIG / "authorisations" / "crossroads_watch_sim.yaml").read_text().replace("../", f"{CONFIG}/")
        for old, new in lines.values():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "authorisation.yaml"
        path.write_text(text)
        return load_authorisation(path)

    return made


def test_the_example_lacks_nothing(watch, posts, authorisation):
    fleet = load_fleet(CONFIG / "fleets" / "crossroads.yaml")
    assert watches.shortages(watches.forecast(watch, posts), authorisation(), fleet) == ()


def test_too_few_minutes_are_named_with_those_that_would_do(watch, posts, authorisation):
    lines = {"minutes": ("max_flight_min_per_day: 600", "max_flight_min_per_day: {}")}
    found = watches.forecast(watch, posts)

    def lacking(minutes):
        (old, new) = lines["minutes"]
        return watches.shortages(found, authorisation(minutes=(old, new.format(minutes))))

    (line,) = lacking(60)
    needed = int(line.rpartition(": ")[2].split()[0])
    assert line.startswith("window.max_flight_min_per_day of SIM-CROSSROADS-WATCH is 60") and 265 < needed < 290
    assert lacking(needed) == () and lacking(needed - 1) != ()


def test_a_slot_that_ends_early_is_named_with_the_slot_that_would_do(watch, posts, authorisation):
    short = authorisation(slot=('end: "23:00"', 'end: "17:00"'))
    (line,) = watches.shortages(watches.forecast(watch, posts), short)
    assert "window.daily_slots of SIM-CROSSROADS-WATCH bars" in line and "from 13:58 to 17:59 would do" in line
    wide = authorisation(slot=('start: "06:00", end: "23:00"', 'start: "13:58", end: "17:59"'))
    assert watches.shortages(watches.forecast(watch, posts), wide) == ()


def test_too_long_at_one_place_is_named(watch, posts, authorisation):
    limited = authorisation(place=("  max_flight", "  max_min_per_place_per_week: 100\n  max_flight"))
    (line,) = watches.shortages(watches.forecast(watch, posts), limited)
    assert "max_min_per_place_per_week of SIM-CROSSROADS-WATCH is 100" in line


def test_too_few_drones_are_named_with_the_minutes_without_a_picture(watch, posts, authorisation, with_file):
    slow = watches.forecast(with_file(watch, swap_s=1500.0), posts)
    (line,) = watches.shortages(slow, authorisation())
    assert line.startswith("fleet: nobody looks at stage for") and line.endswith("3 drones would do")


def test_too_few_packs_are_named_with_the_packs_that_would_do(watch, posts, authorisation, tmp_path):
    text = (CONFIG / "fleets" / "crossroads.yaml").read_text().replace("../", f"{CONFIG}/")
    for pack in ("A2", "B1", "B2", "C1", "C2"):
        text = text.replace(f"  - {{id: {pack}, model: reference}}\n", "")
    (tmp_path / "drones").symlink_to(CONFIG / "drones")
    (tmp_path / "fleets").mkdir()
    (tmp_path / "fleets" / "small.yaml").write_text(text)
    fleet = load_fleet(tmp_path / "fleets" / "small.yaml")
    (line,) = watches.shortages(watches.forecast(watch, posts), authorisation(), fleet)
    assert line == "packs of small.yaml: 1 packs of reference are too few for the watch: 5 would do"


def test_more_targets_than_cameras_are_refused(watch, authorisation, with_file):
    street = [{"name": name, "area": "east-west street"} for name in ("a", "b")]
    fleet = [{"name": f"drone{k}", "model": "reference", "pad": f"pad{k}"} for k in range(4)]
    with pytest.raises(InputError, match=r"targets.*has 2, and SIM-CROSSROADS-WATCH lets 1 cameras look at once"):
        watches.refuse_cameras(with_file(watch, targets=street, fleet=fleet), authorisation())


@pytest.mark.parametrize(("cameras", "words"), [(1, "with a pause of 2 to 5 s"), (2, "without a pause")])
def test_a_spare_camera_spares_the_pause(watch, authorisation, cameras, words):
    asked = authorisation(cameras=("max_simultaneous_cameras: 1", f"max_simultaneous_cameras: {cameras}"))
    assert words in watches.hand_over(watch, asked)


def test_a_watch_over_midnight_needs_the_minutes_of_each_day(watch, posts, authorisation, with_file):
    start = watch.file.start + timedelta(hours=8)
    late = with_file(watch, start=start, latest_landing=start + timedelta(hours=4))
    minutes = watches.minutes_by_day(watches.forecast(late, posts), authorisation())
    assert len(minutes) == 2 and all(100 < needed < 175 for needed in minutes.values())
