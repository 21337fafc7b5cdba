"""The use case behind `blindspot plan`: nothing is printed, and the result says what the command prints."""

import pytest

from blindspot.acts.plans import NotFlownError, plan_mission
from blindspot.law import Loaded
from blindspot.planning.checker.check import Violation

BROKEN = Violation("building", "drone1", None, 12.0, "3.0 m from a building")


@pytest.fixture
def taken(plan, tmp_path):
    file = tmp_path / "taken.json"
    file.write_text(plan.to_json())
    return file


def test_a_taken_plan_is_checked_and_written_without_a_word(mission, plan, taken, tmp_path, capsys):
    made = plan_mission(tmp_path / "out", Loaded(mission), take=taken)
    assert made.plan.sha256 == plan.sha256 and made.violations == () and made.others == () and made.pads is None
    assert {file.name for file in made.files} == {file.name for file in (tmp_path / "out").iterdir()}
    assert "plan.json" in {file.name for file in made.files}
    assert capsys.readouterr().out == ""


def test_a_taken_plan_that_breaks_a_rule_leaves_no_folder_and_tells_each_violation(
    mission, taken, tmp_path, monkeypatch
):
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.check_plan", lambda *_: (BROKEN,))
    with pytest.raises(
        NotFlownError, match=r"taken\.json: breaks 1 rules .*; plan again with: blindspot plan"
    ) as found:
        plan_mission(tmp_path / "out", Loaded(mission), take=taken)
    assert found.value.violations == (BROKEN,)
    assert not (tmp_path / "out").exists()


def test_with_papers_the_same_plan_is_drawn_with_its_violations(mission, taken, tmp_path, monkeypatch):
    monkeypatch.setattr("blindspot.acts.plans.mission_plan.check_plan", lambda *_: (BROKEN,))
    made = plan_mission(tmp_path / "out", Loaded(mission), take=taken, papers=True)
    assert made.violations == (BROKEN,)
    assert "3.0 m from a building" in (tmp_path / "out" / "briefing.html").read_text()
    assert not (tmp_path / "out" / "map.html").exists()
