"""The search for a violation, over an invented robustness: no mission is flown."""

import numpy as np
import pytest
import yaml

from blindspot_lab.bench.search import BROKEN_BY
from blindspot_lab.campaign.faults import Fault
from blindspot_lab.campaign.faulty_flight import Luck
from blindspot_lab.campaign.mutants import MUTANTS, mutated
from blindspot_lab.formulas.robustness import CERTAIN
from blindspot_lab.formulas.table import rules
from blindspot_lab.search import hunt as hunting
from blindspot_lab.search.hunt import Found, case_line, hunt, shrunk
from blindspot_lab.search.scenario import Distribution


def camera_in_a_wind(formula, scenario, folder, faults=None):
    """Broken by a camera that is lost for 50 s in a wind above 6 m/s."""
    lost_s = [fault.for_s for fault in faults or scenario.faults(("drone1",)) if fault.kind == "camera lost"]
    return max(50.0 - max(lost_s, default=0.0), 6.0 - scenario.luck.wind_mps) + 0.5


@pytest.fixture(autouse=True)
def invented(monkeypatch):
    monkeypatch.setattr(hunting, "robustness_of", camera_in_a_wind)
    monkeypatch.setattr(hunting, "drawn_faults", lambda scenario, folder: scenario.faults(("drone1",)))


def flights(tmp_path, guided):
    found = [hunt("camera lost", tmp_path, 30.0, seed, guided=guided) for seed in range(1, 8)]
    return sorted(one.flights for one in found)[len(found) // 2]


def test_the_guided_search_needs_half_of_the_random_draws_where_robustness_has_grades(tmp_path):
    assert 2 * flights(tmp_path, guided=True) < flights(tmp_path, guided=False)


def test_the_same_seed_finds_the_same_violation(tmp_path):
    first, again = (hunt("camera lost", tmp_path, 5.0, 3) for _ in range(2))
    assert first.found is not None and first.found == again.found and first.flights == again.flights


def test_a_search_ends_without_a_violation_when_its_time_is_over(tmp_path, monkeypatch):
    monkeypatch.setattr(hunting, "robustness_of", lambda *_: CERTAIN)
    ended = hunt("camera lost", tmp_path, 0.02, 1)
    assert ended.found is None and ended.flights > 1 and ended.least == CERTAIN


def long_loss(formula, scenario, folder, faults):
    return 20.0 - max((fault.for_s for fault in faults if fault.kind == "camera lost"), default=19.0)


def test_a_violation_is_shrunk_and_printed_as_a_kept_case(tmp_path, monkeypatch):
    monkeypatch.setattr(hunting, "robustness_of", long_loss)
    scenario = Distribution().draw(np.random.default_rng(1))
    faults = (Fault("gale", "drone1", 3.0, 20.0, 0.5), Fault("camera lost", "drone1", 40.0, 60.0, 0.5))
    small = shrunk("camera lost", Found(scenario, faults, -40.0), tmp_path)
    assert [(fault.kind, fault.for_s) for fault in small.faults] == [("camera lost", 30.0)]
    (case,) = yaml.safe_load(case_line("camera lost", small))
    assert Luck(*case["luck"]) == scenario.luck
    assert case["seed"] == scenario.seed and case["faults"] == [["camera lost", "drone1", 40.0, 30.0, 0.5]]


def test_each_mutant_has_a_formula_and_leaves_the_flight_logic_as_it_was():
    assert BROKEN_BY.keys() == MUTANTS.keys()
    assert set(BROKEN_BY.values()) <= {rule.name for rule in rules()}
    for name, changed in MUTANTS.items():
        owner, attribute, _ = changed()
        usual = getattr(owner, attribute)
        with mutated(name):
            assert getattr(owner, attribute) is not usual
        assert getattr(owner, attribute) is usual
