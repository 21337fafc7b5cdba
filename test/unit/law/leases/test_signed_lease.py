"""Of the leases that anybody may publish those count that the authority has signed, once, for this drone and now."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from blindspot.law.leases.lease import LEASE_S
from blindspot.law.leases.signed_lease import CLOCKS_S, MOST_ISSUERS, LeaseSigner, LeaseVerifier, SignedLease

KEY = Ed25519PrivateKey.generate()
NOW_S = 1000.0


def signed(signer: LeaseSigner | None = None, *, until_s: float = NOW_S + LEASE_S, **changes: object) -> SignedLease:
    asked: dict[str, object] = {"drone": "drone1", "authorisation": "SIM", "plan": "a" * 64, "mission": "e" * 64,
                                "granted": True, "may_look": True, "simulated": True, "rule": ""} | changes  # fmt: skip
    return (signer or LeaseSigner(KEY)).sign(**asked, valid_until_ns=round(until_s * 1e9))


@pytest.fixture
def verifier():
    return LeaseVerifier("drone1", KEY.public_key(), simulated=True)


def why_not(verifier, lease, now_s=NOW_S):
    return verifier.why_not(lease, lease.valid_until_ns / 1e9, now_s)


def test_leases_of_the_authority_count_one_after_the_other(verifier):
    signer = LeaseSigner(KEY)
    for second in range(10):
        lease = signed(signer, until_s=NOW_S + second + LEASE_S)
        assert why_not(verifier, lease, NOW_S + second) == ""


def test_a_forged_lease_is_none(verifier):
    forged = signed(LeaseSigner(Ed25519PrivateKey.generate()))
    assert why_not(verifier, forged) == "it is not signed by the authority's key"
    for signature in (b"", b"\0" * 64, forged.signature[:-1]):
        assert "not signed" in why_not(verifier, replace(signed(), signature=signature))


CHANGES: dict[str, object] = {
    "drone": "drone2", "authorisation": "other", "plan": "b" * 64, "mission": "f" * 64, "fleet": "9" * 64,
    "granted": False, "may_look": False, "simulated": False,
    "issuer": "0" * 16, "sequence": 99, "valid_until_ns": round((NOW_S + 2.0) * 1e9), "rule": "TIM-03",
}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in fields(SignedLease) if each.name != "signature"])
def test_no_part_of_a_lease_can_be_changed(verifier, name):
    assert "not signed" in why_not(verifier, replace(signed(), **{name: CHANGES[name]}))


@given(text=st.text(max_size=20), other=st.text(max_size=20))
def test_no_two_leases_are_signed_as_one(text, other):
    """Not even those whose fields run into each other."""
    one, two = signed(drone=text, authorisation=other), signed(drone=text + other, authorisation="")
    assert replace(one, issuer="", sequence=1).content != replace(two, issuer="", sequence=1).content or not other


def test_a_lease_counts_once(verifier):
    signer = LeaseSigner(KEY)
    first, second = signed(signer), signed(signer)
    assert why_not(verifier, first) == ""
    assert why_not(verifier, first) == "it has arrived before"
    assert why_not(verifier, second) == ""
    assert why_not(verifier, first) == "it has arrived before"


def test_the_lease_of_another_drone_is_none(verifier):
    assert why_not(verifier, signed(drone="drone2")) == "it is for drone2"


def test_a_lease_for_simulations_is_none_for_a_real_autopilot():
    real = LeaseVerifier("drone1", KEY.public_key(), simulated=False)
    assert why_not(real, signed()) == "it is for a simulated autopilot"
    assert why_not(real, signed(simulated=False)) == ""


@pytest.mark.parametrize(("until_s", "problem"), [
    (NOW_S, "it has expired"), (NOW_S - 86_400.0, "it has expired"),
    (NOW_S + LEASE_S + CLOCKS_S + 0.1, "it is valid for longer than 3 s from now"),
    (NOW_S + 1e6, "it is valid for longer"),
    (NOW_S + 0.1, ""), (NOW_S + LEASE_S + CLOCKS_S - 0.1, ""),
])  # fmt: skip
def test_a_lease_is_for_now_and_for_moments(verifier, until_s, problem):
    found = why_not(verifier, signed(until_s=until_s))
    assert found.startswith(problem) and bool(found) == bool(problem)


def test_of_two_authorities_that_disagree_the_one_that_refuses_is_right(verifier):
    grants, refuses = LeaseSigner(KEY), LeaseSigner(KEY)
    assert why_not(verifier, signed(grants)) == ""
    assert why_not(verifier, signed(refuses, granted=False, until_s=NOW_S)) == ""
    for later_s in (0.1, LEASE_S - 0.1):
        lease = signed(grants, until_s=NOW_S + later_s + LEASE_S)
        assert why_not(verifier, lease, NOW_S + later_s) == "an authority has just refused it"
    lease = signed(grants, until_s=NOW_S + 2 * LEASE_S)
    assert why_not(verifier, lease, NOW_S + LEASE_S) == ""
    other = signed(refuses, granted=False, plan="b" * 64, until_s=NOW_S + LEASE_S)
    assert why_not(verifier, other, NOW_S + LEASE_S) == ""
    assert why_not(verifier, signed(grants, until_s=NOW_S + 2 * LEASE_S), NOW_S + LEASE_S) == "", "it is another plan's"


def test_an_old_refusal_is_none(verifier):
    assert why_not(verifier, signed(granted=False, until_s=NOW_S - LEASE_S)) == "it has expired"


def test_a_forged_refusal_ends_no_lease(verifier):
    stranger = LeaseSigner(Ed25519PrivateKey.generate())
    assert "not signed" in why_not(verifier, signed(stranger, granted=False, until_s=NOW_S))
    assert why_not(verifier, signed()) == ""


def test_so_many_authorities_are_remembered_and_no_more(verifier):
    for _ in range(MOST_ISSUERS):
        assert why_not(verifier, signed()) == ""
    assert why_not(verifier, signed()) == "too many authorities give leases"
    later_s = NOW_S + 10.0
    assert why_not(verifier, signed(until_s=later_s + LEASE_S), later_s) == ""


def test_an_authority_that_is_forgotten_leaves_nothing_to_be_played_again(verifier):
    old = signed()
    assert why_not(verifier, old) == ""
    later_s = NOW_S + LEASE_S + 3 * CLOCKS_S
    assert why_not(verifier, signed(until_s=later_s + LEASE_S), later_s) == ""
    assert why_not(verifier, old, later_s) == "it has expired"
