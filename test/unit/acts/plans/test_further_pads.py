"""Proposed pads: their file and their map."""

from dataclasses import replace

import pytest
from shapely.geometry import box

from blindspot.acts.plans.further_pads import FILE_NAME, propose_pads
from blindspot.planning.papers.outcome import outcome_of
from blindspot.planning.reasons import places_for_pads
from blindspot.site.places import read_pads


@pytest.fixture(scope="module")
def lone(mission, plan, site):
    """One drone in the northern street, and a wall across it: the rest of the crossroads is out of reach."""
    alone = replace(mission, file=mission.file.model_copy(update={"fleet": mission.file.fleet[:1]}))
    wall = replace(site.buildings[0], id="wall", footprint=box(-15.0, 14.0, 15.0, 16.0))
    first = plan.model_copy(update={"routes": (plan.routes[0].model_copy(update={"steps": ()}),)})
    return outcome_of(first, alone, replace(site, buildings=(*site.buildings, wall)))


def test_a_proposed_pad_is_listed_and_written_as_a_launch_pad(lone, tmp_path):
    further = propose_pads(tmp_path, lone, 3)
    file, picture = further.files
    assert file == tmp_path / FILE_NAME and picture.stat().st_size > 10_000
    (pad,) = read_pads(file, lone.site.frame, lone.site.terrain)
    assert pad.name == "further1" and pad.north_m < 8.0
    assert "street" in further.streets["further1"]
    assert further.degrees("further1") == pytest.approx(tuple(lone.site.frame.to_wgs84(pad.east_m, pad.north_m)))


def test_a_name_of_the_site_is_not_used_again(lone, tmp_path):
    known = replace(lone.site.pads[1], name="further1")
    there = replace(lone, site=replace(lone.site, pads=(*lone.site.pads, known)))
    file, _ = propose_pads(tmp_path, there, 3).files
    assert [pad.name for pad in read_pads(file, there.site.frame, there.site.terrain)] == ["further2"]


def test_where_no_place_opens_enough_no_file_is_written(lone, tmp_path, monkeypatch):
    monkeypatch.setattr(places_for_pads, "WORTH_M2", 1e6)
    further = propose_pads(tmp_path, lone, 3)
    assert further.files == () and not further.places and not list(tmp_path.iterdir())
