from blindspot.coverage.maps.town_maps import facts_of
from blindspot.coverage.records.summary import Figures, figures_of


def test_of_no_public_ground_no_share_is_seen(found):
    facts = dict(facts_of(found, Figures()))
    assert facts["of it seen by fixed cameras"] == "no public ground"
    assert dict(facts_of(found, figures_of(found, ())))["of it seen by fixed cameras"].endswith(" %")
