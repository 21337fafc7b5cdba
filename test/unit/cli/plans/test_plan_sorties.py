"""`blindspot plan --pads N`: the table of proposed pads."""

import pytest
from test.factories import plan_of, route_of, waypoint_at

from blindspot.acts.plans import FurtherPads
from blindspot.cli.plans.plan_sorties import print_long_missions, print_pads
from blindspot.planning.reasons import PadPlace


def further(mission_site, **places):
    return FurtherPads(places, dict.fromkeys(places, "North Street"), mission_site.frame, ())


def test_a_place_is_listed_with_its_street_and_the_way_to_use_the_file(site, capsys):
    print_pads(further(site, further1=PadPlace(east_m=0.0, north_m=5.0, opens_m2=1234.0)))
    printed = capsys.readouterr().out
    assert "further1" in printed and "North Street" in printed and "1 234 m2" in printed
    assert "name them in further_pads" in printed.replace("\n", " ")


def test_without_a_place_one_sentence_says_so(site, capsys):
    print_pads(further(site))
    assert "no further pad would open enough ground for a flight" in capsys.readouterr().out


@pytest.mark.parametrize(("steps", "is_warned"), [(495, False), (496, True)])
def test_a_mission_that_hardly_fits_on_the_autopilot_is_told(capsys, steps, is_warned):
    """Take-off, speed, steps, back over the pad and landing."""
    print_long_missions([plan_of(route_of(*[waypoint_at(0.0, 10.0, 80.0)] * steps))])
    printed = capsys.readouterr().out
    assert ("500 mission items" in printed and "fleet[].swaps" in printed) is is_warned
