"""A search judges a flight to its end: a pilot who keeps a hovering drone has it until the battery decides."""

from math import inf

import pytest

from blindspot_lab.campaign.faults import Fault
from blindspot_lab.search.hunt import robustness_of
from blindspot_lab.search.scenario import TOWNS, Scenario

TAKEN = (Fault("pilot POSCTL", "drone1", 13.4, 1.5, 0.312),)


@pytest.mark.parametrize("formula", ["each drone comes down", "always an outcome"])
def test_a_pilot_who_keeps_the_drone_is_no_violation(tmp_path, formula):
    scenario = Scenario((TOWNS.index(10), 0, *[0] * 6), (0.0,) * 9 + (0.1, 0.2))
    assert scenario.luck.crew_waits_s < inf
    assert robustness_of(formula, scenario, tmp_path, TAKEN) > 0.0
