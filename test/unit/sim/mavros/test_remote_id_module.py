"""The simulated module for remote identification reports what it was given."""

from __future__ import annotations

import pytest

from blindspot.flight.vehicle.remote_id import Heard, Numbers, RemoteIdReader, announcement
from blindspot_sim.mavros.remote_id_module import RemoteIdModule

OURS = Numbers("FIN87astrdge12k8", "BSPT5DRN01")


@pytest.fixture
def module():
    return RemoteIdModule(1)


def give(module, now_s, *, without=""):
    for topic, fields in announcement(OURS, None, now_s).items():
        if topic != without:
            module.take(topic, fields, now_s)


def heard(module, now_s):
    reader = RemoteIdReader(1)
    for fields in module.reports(now_s):
        reader.hear(fields, now_s)
    return reader.heard(now_s)


def test_a_module_that_was_given_nothing_is_silent(module):
    assert module.reports(5.0) == []


def test_it_reports_its_numbers_while_they_are_given(module):
    give(module, 5.0)
    assert heard(module, 8.0) == Heard(True, "", OURS.operator, OURS.serial)
    assert heard(module, 8.1) == Heard(False, "missing basic_id")


def test_a_missing_message_is_a_fault(module):
    give(module, 5.0, without="open_drone_id/system")
    assert heard(module, 5.0) == Heard(False, "missing system")


def test_a_fault_of_the_module_and_a_missing_one(module):
    give(module, 5.0)
    module.problem = "no radio"
    assert heard(module, 5.0).problem == "no radio"
    module.is_fitted = False
    assert module.reports(5.0) == []
