"""The record of a run's leases: forged, old and late messages beside those of the authority."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from blindspot.law.keys import public_half
from blindspot.law.leases import LeaseSigner, load_lease_key
from blindspot.nodes.graph.messages import stamp
from blindspot.nodes.judging.leases import clearance_message
from blindspot.nodes.runs.lease_record import LeaseRecord


def clearance(law: LeaseSigner, at_s: float, *, granted: bool = True, stamped_s: float | None = None) -> Any:
    """A clearance as the authority publishes it: it holds for 3 s, and a refusal ends at once."""
    until_ns = round((at_s + (3.0 if granted else 0.0)) * 1e9)
    lease = law.sign(
        "drone1", "a", "p", "m", granted=granted, may_look=granted, simulated=True, valid_until_ns=until_ns,
        rule="" if granted else "TIM-03",
    )  # fmt: skip
    message = clearance_message(lease, "GO" if granted else "outside the slot")
    message.header.stamp = stamp(at_s if stamped_s is None else stamped_s)
    return message


@pytest.fixture
def law(lease_key) -> LeaseSigner:
    return LeaseSigner(load_lease_key(lease_key))


@pytest.fixture
def record(lease_key) -> LeaseRecord:
    return LeaseRecord(public_half(lease_key))


def recorded(record: LeaseRecord, *messages: Any) -> list[tuple[float, str]]:
    """Time and text of each event that the messages and the end of the record yield."""
    heard = [event for message in messages for event in record.heard("drone1", message)]
    return [(event.stamp_s, event.text) for event in (*heard, *record.close())]


def test_a_lease_is_recorded_from_its_grant_to_its_refusal_or_end(law, record):
    messages = [clearance(law, 1.0), clearance(law, 1.5), clearance(law, 2.0, granted=False), clearance(law, 6.0)]
    assert recorded(record, *messages) == [
        (1.0, "drone1: lease, GO"), (2.0, "drone1: no lease any more, TIM-03 outside the slot"),
        (6.0, "drone1: lease, GO"), (9.0, "drone1: no lease any more, no longer renewed"),
    ]  # fmt: skip


def test_a_stranger_neither_ends_a_lease_nor_gives_one(law, record):
    """It would make a report claim pictures without a lease, or hide such pictures."""
    stranger = LeaseSigner(Ed25519PrivateKey.generate())
    record.passes(1.3)
    forged = [clearance(stranger, 1.2, granted=False), clearance(stranger, 5.0), clearance(stranger, 6.0)]
    assert recorded(record, clearance(law, 1.0), *forged) == [
        (1.0, "drone1: lease, GO"),
        (1.3, "drone1: a received lease is not recorded: it is not signed by the authority's key"),
        (4.0, "drone1: no lease any more, no longer renewed"),
    ]


def test_a_lease_of_the_authority_counts_once_for_its_drone_and_in_its_order(law, lease_key, record):
    before = LeaseSigner(load_lease_key(lease_key))
    of_before, first = clearance(before, 0.5, granted=False), clearance(law, 1.0)
    events = [*record.heard("drone1", first), *record.heard("drone1", of_before), *record.heard("drone1", first)]
    assert [event.text.rpartition(": ")[2] for event in (*events, *record.heard("drone2", clearance(law, 2.0)))] == [
        "lease, GO", "the lease is older than the last", "it has arrived before", "it is for drone1",
    ]  # fmt: skip
    assert [event.stamp_s for event in record.close()] == [4.0] and record.plans == {"p"}


@pytest.mark.parametrize(("stamped_s", "counted_s"), [(0.0, 10.0), (10.5, 10.5)])
def test_a_lease_counts_from_its_stamp_as_far_as_its_signed_end_allows(law, record, stamped_s, counted_s):
    """The stamp is outside the signature."""
    (begun,) = record.heard("drone1", clearance(law, 10.0, stamped_s=stamped_s))
    assert (begun.stamp_s, begun.kind) == (counted_s, "lease")


def test_a_lease_that_is_stamped_after_its_end_is_not_recorded(law, record):
    (event,) = record.heard("drone1", clearance(law, 10.0, stamped_s=99.0))
    assert event.kind == "warning" and event.text.endswith("it has expired")


def test_without_the_authoritys_key_no_lease_is_recorded(law, tmp_path):
    text = "drone1: a received lease is not recorded: this computer has no public half of the authority's key"
    assert LeaseRecord(None).plans is None
    assert recorded(LeaseRecord(None), clearance(law, 1.0), clearance(law, 2.0)) == [(0.0, text)]
    ((_, missing),) = recorded(LeaseRecord(tmp_path / "lease.key.pub"), clearance(law, 1.0))
    assert "lease.key.pub" in missing and "can't be read" in missing


def test_a_record_that_begins_during_a_run_reports_the_time_before_as_unheard(law, record):
    record.join(0.0)
    first, *_ = record.heard("drone1", clearance(law, 5.0))
    assert first.data == {"drone": "drone1", "unheard": [0.0, 5.0]}


def test_a_drone_that_landed_before_its_listener_began_has_a_gap_and_no_flight_without_a_lease(law, record):
    """The report said that it took its last pictures without a lease."""
    record.join(2.0)
    record.passes(4.5)
    record.heard("drone1", clearance(law, 5.0))
    record.passes(60.0)
    gaps = [event for event in record.close(("drone1", "drone2")) if "unheard" in event.data]
    assert [(event.stamp_s, event.data) for event in gaps] == [(5.0, {"drone": "drone2", "unheard": [2.0, 5.0]})]


def test_a_listener_that_hears_no_lease_at_all_has_a_gap_up_to_its_end(record, tmp_path):
    for listener, gaps in ((record, [[2.0, 60.0]]), (LeaseRecord(tmp_path / "lease.key.pub"), [])):
        listener.join(2.0)
        listener.passes(60.0)
        assert [event.data["unheard"] for event in listener.close(("drone1",))] == gaps, "without a key, none is judged"


def test_a_listener_from_the_begin_of_a_run_has_no_gap(record):
    record.passes(60.0)
    assert record.close(("drone1",)) == ()
