"""The section "Private ground in view": unknown figures and hostile texts."""

from blindspot.evidence.proportion.section import section_of


def test_an_unknown_figure_is_shown_as_unknown_beside_the_planned_one():
    shown = section_of({"private_m2s": None, "reason": "looks.csv has a gap", "plan": {"private_m2s": 3243.9}})
    assert ("Private ground in view, times its duration", "unknown", "3\u00a0244\u00a0m²\u00a0s") in shown.rows
    assert shown.reason == "looks.csv has a gap"


def test_streets_and_lighter_means_are_named():
    shown = section_of({
        "streets": [{"street": "Rue A", "time_s": 125.0}, {"street": "", "time_s": 3.0}],
        "alternatives": [{"means": "foot patrol", "why_insufficient": "two people for 9 streets"}],
    })  # fmt: skip
    assert shown.streets == (("Rue A", "2 min 05 s"), ("no street", "0 min 03 s"))
    assert shown.alternatives == (("foot patrol", "two people for 9 streets"),)
