"""The answer to "why": the latest judgement of the gate, from journal and file."""

from __future__ import annotations

import json

import pytest

from blindspot.console.rulings import latest_rulings
from blindspot.evidence import Journal

SHA = "a" * 64


@pytest.fixture
def journal(tmp_path):
    return tmp_path / "journal.jsonl"


def judged(journal, tmp_path, rulings, sha256=SHA, granted=False):
    folder = tmp_path / "judgements"
    folder.mkdir(exist_ok=True)
    (folder / f"{SHA}.json").write_text(json.dumps({"rulings": rulings}))
    Journal(journal, "authority").write(
        "clearance", run="run-1", person="A. Martin", granted=granted, authorisation="SIM-1", judgement=sha256,
        verdicts=["TIM-01: too late"], drones=["drone1"],
    )  # fmt: skip


RULING = {"rule": "TIM-01", "ok": False, "article": "order 3", "evidence": "too late", "remedy": "ask for a later hour"}


def test_before_a_judgement_there_is_none(journal, tmp_path):
    assert latest_rulings(journal, tmp_path, "en") == {"at": "", "granted": False, "rulings": []}


def test_the_latest_judgement_gives_each_ruling_with_article_and_remedy(journal, tmp_path):
    judged(journal, tmp_path, [RULING, RULING | {"rule": "GEO-01", "ok": True}])
    found = latest_rulings(journal, tmp_path, "en")
    assert (found["run"], found["person"], found["granted"]) == ("run-1", "A. Martin", False)
    assert found["verdicts"] == ["TIM-01: too late"]
    assert found["rulings"] == [RULING, RULING | {"rule": "GEO-01", "ok": True}]


def test_in_french_the_evidence_and_the_remedy_are_french(journal, tmp_path):
    page = "address 192.168.1.77, by a page or an output of the console, is connected"
    in_french = {"evidence": page, "remedy": "cut it off", "remedy_fr": "le débrancher"}
    judged(journal, tmp_path, [RULING | in_french, RULING])
    link, late = latest_rulings(journal, tmp_path, "fr")["rulings"]
    said = "l'adresse 192.168.1.77, par une page ou une sortie de la console, est relié au système"
    assert (link["evidence"], link["remedy"]) == (said, "le débrancher")
    assert late["remedy"] == "ask for a later hour", "a record of an older version has English alone"


@pytest.mark.parametrize("sha256", ["b" * 64, "../../etc/passwd", ""])
def test_a_missing_file_leaves_the_verdicts(journal, tmp_path, sha256):
    judged(journal, tmp_path, [RULING], sha256)
    found = latest_rulings(journal, tmp_path, "en")
    assert found["verdicts"] and found["rulings"] == []


@pytest.mark.parametrize("rulings", [[{"rule": "TIM-01"}], "text", [5], [None]])
def test_a_foreign_file_gives_no_rulings(journal, tmp_path, rulings):
    judged(journal, tmp_path, rulings)
    assert latest_rulings(journal, tmp_path, "fr")["rulings"] == []
