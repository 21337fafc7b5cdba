"""`blindspot dispatch`: the options, the offers as text and as JSON, and the refusals before anything flies."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from blindspot.acts.plans import plan_atlas, plan_folder
from blindspot.cli.operate.dispatch import dispatch
from blindspot.core import InputError
from blindspot.law import Loaded

MISSIONS = Path(__file__).parents[4] / "config" / "missions"
MISSION = MISSIONS / "crossroads_dispatch.yaml"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which `blindspot plan` has made the atlas."""
    return tmp_path_factory.mktemp("here")


@pytest.fixture(scope="module", autouse=True)
def _atlas(place):
    plan_atlas(place / plan_folder(MISSION), Loaded.of(MISSION))


@pytest.fixture(autouse=True)
def _here(place, monkeypatch):
    monkeypatch.chdir(place)


def exit_code(**options):
    with pytest.raises(typer.Exit) as end:
        dispatch(MISSION, **options)
    return end.value.exit_code


def test_offers_are_printed_the_soonest_first(capsys, transcript):
    assert exit_code(metres="2,3", offer=True) == 0
    transcript(capsys.readouterr().out)


def test_offers_as_json_state_drone_time_and_refusal(capsys):
    assert exit_code(metres="2,3", offer=True, as_json=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["stack"] is False and found["reason"] is None and found["place"]["east_m"] == 2.0
    first = found["offers"][0]
    assert {"drone", "from", "looking_s", "px_per_m", "share", "refused_by"} <= first.keys()
    assert first["from"] == "pad" and first["refused_by"] == "" and Path(first["plan"]).is_file()


def test_degrees_name_the_same_square_as_metres(capsys):
    exit_code(metres="2,3", offer=True, as_json=True)
    by_metres = json.loads(capsys.readouterr().out)
    at = f"{by_metres['place']['lat_deg']},{by_metres['place']['lon_deg']}"
    exit_code(at=at, offer=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["offers"][0]["view"] == by_metres["offers"][0]["view"]


def test_a_courtyard_ends_with_code_3_a_reason_and_the_nearest_place_with_a_view(capsys, transcript):
    assert exit_code(metres="45,45", person="A. Martin", reason="noise") == 3
    transcript(capsys.readouterr().err)
    assert exit_code(metres="45,45", offer=True, as_json=True) == 3
    found = json.loads(capsys.readouterr().out)
    assert found["offers"] == [] and found["reason"] == "it is no public ground"
    near = found["nearest"]
    assert exit_code(metres=f"{near['east_m']},{near['north_m']}", offer=True, as_json=True) == 0


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"metres": "2,3"}, "person"),
        ({"metres": "2,3", "person": "A. Martin"}, "reason"),
        ({"offer": True}, "needs one of --at, --street and --metres"),
        ({"metres": "2,3", "street": "north-south street", "offer": True}, "needs one of --at, --street and --metres"),
        ({"metres": "2;3", "offer": True}, "is no place"),
        ({"metres": "2,3", "drone": "drone9", "offer": True}, "drone9 is no drone of"),
        ({"street": "Nowhere Road", "offer": True}, "Nowhere Road has no public ground in the atlas"),
    ],
)
def test_a_wrong_request_is_one_sentence(options, problem):
    with pytest.raises(InputError, match=problem):
        dispatch(MISSION, **options)


def test_another_kind_of_mission_is_refused():
    with pytest.raises(InputError, match="is a sweep; name a mission of the kind dispatch"):
        dispatch(MISSIONS / "crossroads.yaml", metres="2,3", offer=True)


def test_without_an_atlas_the_command_that_makes_it_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="make it again with: blindspot plan"):
        dispatch(MISSION, metres="2,3", offer=True)
