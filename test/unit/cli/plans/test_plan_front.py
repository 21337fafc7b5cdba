"""The table of plans to pick from."""

from blindspot.cli.plans.plan_front import COLUMNS


def test_a_share_below_the_whole_never_reads_as_the_whole():
    assert COLUMNS["seen_share"][1](0.9997) == "99.9 %"
