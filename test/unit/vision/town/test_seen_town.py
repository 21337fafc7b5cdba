import fcntl
import os
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from blindspot.core import CONFIG_DIR
from blindspot.core.errors import InputError
from blindspot.mission.mission_file import load_mission
from blindspot.site.load import load_site
from blindspot.site.town.geojson import load_area
from blindspot.site.town.model import Tree as SiteTree
from blindspot.vision.town.seen_town import Town, Tree, town_of
from blindspot.vision.town.town_cache import town_of_mission


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("towns")


def test_a_town_survives_its_file(town, tmp_path):
    town = replace(town, trees=(Tree(3.0, 4.0, 2.5, 1.0, 4.0, 9.0), Tree(-3.0, 4.0, 2.0, 0.0, 2.0, 6.0)))
    town.save(tmp_path / "town.npz")
    back = Town.load(tmp_path / "town.npz")
    assert back.grid == town.grid
    assert (back.allowed == town.allowed).all()
    assert (back.public == town.public).all()
    assert [(p.base_m, p.eaves_m, p.top_m) for p in back.prisms] == [(0.0, 12.0, 12.0)]
    assert (back.prisms[0].rings[0] == town.prisms[0].rings[0]).all()
    assert [(axis.tolist(), width) for axis, width in back.streets] == [([[0, -50], [0, 50]], 8.0)]
    assert back.trees == town.trees
    assert [path.name for path in tmp_path.iterdir()] == ["town.npz"]


@pytest.mark.parametrize("content", [b"", b"no town", b"PK\3\4 half a town"])
def test_a_foreign_file_is_reported_as_no_town_file(tmp_path, content):
    (tmp_path / "town.npz").write_bytes(content)
    for path in (tmp_path / "town.npz", tmp_path / "absent.npz"):
        with pytest.raises(InputError, match="no town file"):
            Town.load(path)


def test_unknown_ground_is_not_allowed(town):
    assert town.is_allowed(0, 0)
    assert not town.is_allowed(-20, 0)  # private
    assert not town.is_allowed(0, -40)  # public, outside the perimeter
    assert not town.is_allowed(0, 400)  # outside the town
    assert town.ground_at(0, 400) is None


def test_the_outline_of_the_allowed_ground_lies_within_it(town):
    (ring,) = town.allowed_rings
    assert (ring.min(axis=0) == [-9.75, -29.75, 0]).all()
    assert (ring.max(axis=0) == [9.75, 49.75, 0]).all()


def test_a_hole_of_the_allowed_ground_is_a_ring_of_its_own(town):
    allowed = town.allowed.copy()
    allowed[100:110, 96:104] = False
    holed = Town(town.grid, town.ground_m, town.public, allowed, (), ())
    assert len(holed.allowed_rings) == 2


def test_the_town_of_a_mission_is_made_once(mission, cache, monkeypatch):
    first = town_of_mission(mission, cache)
    assert first.allowed.any()
    assert first.prisms
    assert not (first.allowed & ~first.public).any()
    monkeypatch.setattr("blindspot.vision.town.town_cache.make_apart", lambda *_: pytest.fail("made again"))
    assert (town_of_mission(mission, cache).allowed == first.allowed).all()


def test_a_town_whose_file_a_power_cut_broke_is_made_again(mission, cache):
    whole = town_of_mission(mission, cache)
    for path in cache.glob("*.npz"):
        path.write_bytes(path.read_bytes()[:1000])
    assert (town_of_mission(mission, cache).allowed == whole.allowed).all()


def test_an_unwritable_cache_is_reported(mission, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"can't keep the town \(Not a directory\); name a folder .* XDG_CACHE_HOME"):
        town_of_mission(mission, tmp_path / "file" / "towns")


def test_the_wait_for_another_process_is_reported_and_ends(mission, cache, monkeypatch, capsys):
    town_of_mission(mission, cache)
    [lock] = cache.glob("*.lock")
    assert lock.read_text() == str(os.getpid()), "the process that held it last"
    monkeypatch.setattr("blindspot.vision.town.town_cache.PATIENT_S", 0.05)
    monkeypatch.setattr("blindspot.vision.town.town_cache.LIMIT_S", 0.3)
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=rf"process {os.getpid()} has held it for 0 s; end that process"):
            town_of_mission(mission, cache)
    said = capsys.readouterr().err
    assert said == f"{mission.path}: waits for its town, which process {os.getpid()} makes\n"
    assert town_of_mission(mission, cache).prisms and not capsys.readouterr().err


def test_another_evening_has_a_town_of_its_own(mission, cache, monkeypatch):
    """The buildings depend on the date."""
    town_of_mission(mission, cache)
    made = []
    monkeypatch.setattr("blindspot.vision.town.town_cache.make_apart", lambda mission, path: made.append(mission))
    later = replace(mission, file=mission.file.model_copy(update={"start": mission.file.start + timedelta(days=9)}))
    with pytest.raises(InputError):  # nothing was written
        town_of_mission(later, cache)
    assert made == [later]


def test_a_zone_that_was_drawn_in_a_subfolder_makes_the_town_anew(tmp_path, cache, monkeypatch):
    """An older town would show the ground of the new zone."""
    for name in ("missions", "drones", "authorisations", "sites/crossroads"):
        shutil.copytree(CONFIG_DIR / name, tmp_path / name)
    site = tmp_path / "sites" / "crossroads"
    (site / "zones").mkdir()
    zones = (site / "private_zones.geojson").rename(site / "zones" / "private.geojson")
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("private_zones.geojson", "zones/private.geojson"))
    mission, made = load_mission(tmp_path / "missions" / "crossroads.yaml"), []
    monkeypatch.setattr("blindspot.vision.town.town_cache.make_apart", lambda mission, path: made.append(path))
    for _ in range(2):
        with pytest.raises(InputError):  # nothing was written
            town_of_mission(mission, cache)
        zones.write_text(zones.read_text() + "\n")
    assert made[0] != made[1]


@pytest.mark.parametrize("code", ["model.py", "seen_town.py", "mission_site.py"])
def test_an_upgrade_of_the_code_that_makes_a_town_makes_it_anew(mission, tmp_path, monkeypatch, code):
    """The last of them chooses the dated obstacles of a mission's time."""
    made, read = [], Path.read_bytes
    monkeypatch.setattr("blindspot.vision.town.town_cache.make_apart", lambda mission, path: made.append(path))
    for end in (b"", b"# new"):
        upgraded = lambda path, end=end: read(path) + (end if path.name == code else b"")  # noqa: E731
        monkeypatch.setattr(Path, "read_bytes", upgraded)
        with pytest.raises(InputError):  # nothing was written
            town_of_mission(mission, tmp_path)
    assert made[0] != made[1]


def test_the_towns_that_were_used_last_stay_in_the_cache(mission, cache, monkeypatch):
    monkeypatch.setattr("blindspot.vision.town.town_cache.MOST_TOWNS", 2)
    evenings = [
        replace(mission, file=mission.file.model_copy(update={"start": mission.file.start + timedelta(days=days)}))
        for days in range(3)
    ]

    def make(evening, path):
        town_of_mission(mission, cache).save(path)

    town_of_mission(mission, cache)
    monkeypatch.setattr("blindspot.vision.town.town_cache.make_apart", make)
    made = []
    for evening in evenings[1:]:
        before = set(cache.glob("*.npz"))
        town_of_mission(evening, cache)
        made += set(cache.glob("*.npz")) - before
    assert made[0] not in set(cache.glob("*.npz"))  # the first evening's town was read once more after it
    assert len(set(cache.glob("*.npz"))) == 2


def test_no_building_stands_on_allowed_ground(mission, cache):
    town = town_of_mission(mission, cache)
    for prism in town.prisms:
        east, north = prism.rings[0].mean(axis=0)
        if len(prism.rings[0]) == 4:  # the middle of a plain block is inside of it
            assert not town.is_allowed(float(east), float(north))
    assert np.isfinite(town.ground_m).all()


def test_the_trees_of_a_site_stand_in_its_town(mission):
    site = load_site(mission.site_dir)
    perimeter = load_area(mission.perimeter_path, site.frame)
    middle = perimeter.centroid
    trees = [
        SiteTree(str(east_m), east_m, middle.y, radius_m=2.0, ground_m=3.0, base_m=2.5, height_m=8.0)
        for east_m in (middle.x, middle.x + 5000.0)
    ]
    town = town_of(replace(site, trees=tuple(trees)), perimeter)
    assert town.trees == (Tree(middle.x, middle.y, 2.0, 3.0, 5.5, 11.0),)
