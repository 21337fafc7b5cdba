"""The study for the CNIL's tool: its keys and types, its answers, and the answers that stay empty."""

import json

import pytest
from test.unit.acts.dossiers.conftest import MISSION, complete_authorisation, made

from blindspot.evidence.dossier.pia import progress_of

ALWAYS = {111, 113, 121, 122, 123, 213, 214, 215, 227, 324, 334, 344}
TEXT, NUMBER = str, (int, float)
STUDY = {
    "status": int, "is_example": int, "is_archive": int, "created_at": TEXT, "name": TEXT, "category": TEXT,
    "author_name": TEXT, "evaluator_name": TEXT, "validator_name": TEXT, "updated_at": TEXT, "id": int,
    "progress": NUMBER, "structure_id": TEXT,
}  # fmt: skip
"""Keys and types of a study that the tool has exported, as its own test fixture has them."""
ANSWER = {"pia_id": int, "reference_to": int, "data": dict, "created_at": TEXT, "id": int}
MEASURE = {"title": TEXT, "content": TEXT, "placeholder": TEXT, "pia_id": int, "created_at": TEXT, "id": int}


def filled(study):
    return {one["reference_to"] for one in study["answers"] if one["data"]["text"] or one["data"]["list"]}


@pytest.fixture(scope="module")
def study(flight):
    return json.loads((flight / "pia.json").read_text())


def test_the_study_has_the_keys_and_types_of_the_tool(study):
    assert set(study) == {"pia", "answers", "measures", "evaluations", "comments"}
    for form, entries in ((STUDY, [study["pia"]]), (ANSWER, study["answers"]), (MEASURE, study["measures"])):
        assert entries
        for entry in entries:
            assert {key for key, kind in form.items() if not isinstance(entry.get(key), kind)} == set()
    for answer in study["answers"]:
        data = answer["data"]
        assert set(data) == {"text", "gauge", "list"}
        assert data["text"] is None or data["text"].startswith("<p>")
        assert data["gauge"] is None
        assert isinstance(data["list"], list)
    assert (study["pia"]["status"], study["evaluations"], study["comments"]) == (0, [], [])
    assert study["pia"]["created_at"] == "2026-03-01T09:30:00.000Z"


def test_the_software_answers_the_questions_whose_facts_it_knows_and_no_other(study, tmp_path):
    assert filled(study) == ALWAYS
    made(tmp_path / "full", mission=MISSION, auth=complete_authorisation(tmp_path))
    full = json.loads((tmp_path / "full" / "pia.json").read_text())
    assert filled(full) == ALWAYS | {211, 212, 221}
    titles = [measure["title"] for measure in full["measures"]]
    lists = [one["data"]["list"] for one in full["answers"] if one["reference_to"] in (324, 334, 344)]
    assert lists == [titles] * 3


def test_the_study_of_fixed_cameras_says_nothing_of_drones(tmp_path):
    made(tmp_path / "out")
    study = json.loads((tmp_path / "out" / "pia.json").read_text())
    assert filled(study) == {111, 113}
    assert study["measures"] == []
    assert "drone" not in json.dumps(study).lower()


def test_the_progress_counts_the_begun_items():
    def answer(number):
        return {"reference_to": number, "data": {"text": "<p>x</p>", "list": []}}

    assert progress_of([], 0) == 0
    assert progress_of([answer(111), answer(112)], 0) == progress_of([answer(111)], 0) > 0
    assert progress_of([answer(111), answer(121)], 0) > progress_of([answer(111)], 0)
    assert progress_of([answer(111)], 1) > progress_of([answer(111)], 0)
