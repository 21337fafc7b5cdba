import pytest

from blindspot.flight.missions.sorties import outcome_of_all, sortie_file


@pytest.mark.parametrize(("number", "name"), [(1, "plan.json"), (2, "sortie-2.json"), (12, "sortie-12.json")])
def test_the_file_of_a_sortie_is_the_planners(number, name):
    assert sortie_file(number) == name


def test_the_outcome_of_all_sorties_is_the_worst_and_each_reason_names_its_sortie():
    assert outcome_of_all([("completed", "")]) == ("completed", "")
    assert outcome_of_all([("failed", "a reason")]) == ("failed", "a reason")
    ends = [("completed", ""), ("returned", "battery low")]
    assert outcome_of_all(ends) == ("returned", "sortie 2: battery low")
    assert outcome_of_all([("splendid", ""), ("completed", "")])[0] == "failed"
