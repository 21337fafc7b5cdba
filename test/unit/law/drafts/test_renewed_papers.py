"""The papers of an authorisation that people renew, judged for an evening."""

from datetime import timedelta

from test.unit.law.office import ISSUED, NOW

from blindspot.law.drafts.renewed_papers import judge_papers


def states(auth, at=NOW, sent=None, *, complete=True):
    found = judge_papers(auth, at, sent, register_complete=complete)
    return {each.name: each for each in found}


def test_an_act_lacks_the_papers_that_nobody_has_signed(office):
    found = states(office.load(office.signed(office.document)))
    assert {name for name, one in found.items() if one.problem} == {"notices to airmen", "statement of separation"}
    assert all(one.needed for one in found.values()) and found["revocation list"].since == ISSUED


def test_each_paper_is_judged_at_the_moment_of_the_evening(office):
    auth = office.load(office.signed(office.document))
    assert not states(auth, ISSUED + timedelta(hours=1))["revocation list"].problem
    assert states(auth, ISSUED + timedelta(hours=1, seconds=1))["revocation list"].problem
    late = NOW + timedelta(days=7)
    assert not states(auth, late, NOW)["register"].problem
    assert states(auth, late + timedelta(seconds=1), NOW)["register"].problem
    assert states(auth, NOW, NOW, complete=False)["register"].problem
    unsigned = office.load(office.document)
    assert states(unsigned)["authorisation"].problem


def test_a_simulation_needs_its_authorisation_alone(load, document, now):
    found = states(load(document), now)
    assert [name for name, one in found.items() if one.needed] == ["authorisation"]
    assert not found["authorisation"].problem
