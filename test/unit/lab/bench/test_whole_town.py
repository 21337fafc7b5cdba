"""The figures of whole Nantes, on a plan of the crossroads in its place."""

import pytest

from blindspot.mission.mission_file import load_mission
from blindspot.planning.fleet import drone_sorties as sorties
from blindspot.planning.planner import make_sorties
from blindspot_lab.bench import whole_town

pytestmark = pytest.mark.usefixtures("searched_little")


@pytest.mark.thorough
def test_the_plan_is_compared_with_a_longer_search_and_printed_before_it(monkeypatch, capsys):
    plans = make_sorties(load_mission(whole_town.CONFIG / "missions" / "crossroads.yaml"))
    usual, efforts, printed = sorties.EFFORT, [], []

    def planned(mission, progress):
        printed.append(capsys.readouterr().err)
        efforts.append(sorties.EFFORT)
        progress("sorties", 0.5)
        return plans

    monkeypatch.setattr(whole_town, "make_sorties", planned)
    found = {target.name.removeprefix(whole_town.NAME): target.measured for target in whole_town.run()}
    assert efforts == [usual, usual, whole_town.LONGER * usual] and usual == sorties.EFFORT
    assert "flights: 2" in printed[1] and "the longer search: sorties, 50 %" in capsys.readouterr().err
    assert found["flights"] == 2 and found["seen of blind ground"] > 90.0 and found["looks over their bound"] >= 0.0
    assert found[f"{whole_town.FURTHER_NAME}flights"] == 2
    assert found[f"{whole_town.FURTHER_NAME}seen of what legal views can see"] > 98.0
    assert all(measured == 0.0 for name, measured in found.items() if name.endswith("x the search"))
