"""Remote identification: what is sent to MAVROS, and what of the raw MAVLink of a drone counts."""

from __future__ import annotations

import pytest

from blindspot.flight.vehicle.remote_id import (
    ODID_TOPICS,
    Heard,
    Numbers,
    RemoteIdReader,
    announcement,
    module_messages,
)

OURS = Numbers("FIN87astrdge12k8", "BSPT5DRN01")


def heard(*messages, at_s=10.0, now_s=10.0, system_id=4):
    reader = RemoteIdReader(system_id)
    for fields in messages:
        reader.hear(fields, at_s)
    return reader.heard(now_s)


def test_the_numbers_and_the_place_of_the_take_off_are_sent():
    sent = announcement(OURS, (47.2, -1.55, 60.5), 1_800_000_000.7)
    assert tuple(sent) == ODID_TOPICS
    basic_id, operator, system = sent.values()
    assert (basic_id["uas_id"], basic_id["id_type"], basic_id["ua_type"]) == ("BSPT5DRN01", 1, 2)
    assert operator["operator_id"] == "FIN87astrdge12k8"
    place = system["operator_latitude"], system["operator_longitude"], system["operator_altitude_geo"]
    assert place == (472_000_000, -15_500_000, 60.5)
    assert (system["operator_location_type"], system["classification_type"]) == (0, 1)
    assert {fields["header"]["stamp"]["sec"] for fields in sent.values()} == {1_800_000_000}


def test_an_unknown_home_is_sent_as_unknown():
    system = announcement(OURS, None, 5.0)["open_drone_id/system"]
    assert (system["operator_latitude"], system["operator_longitude"], system["operator_altitude_geo"]) == (0, 0, -1000)


def test_a_module_that_is_ready_reports_its_numbers():
    assert heard(*module_messages(OURS, 4)) == Heard(True, "", OURS.operator, OURS.serial)


def test_a_module_that_is_not_ready_says_why():
    said = heard(*module_messages(None, 4, "missing operator_id"))
    assert said == Heard(False, "missing operator_id", "", "")


@pytest.mark.parametrize(("now_s", "known"), [(12.9, True), (13.1, False), (9.0, False)])
def test_a_module_counts_for_three_seconds(now_s, known):
    assert (heard(*module_messages(OURS, 4), now_s=now_s) != Heard()) == known


def test_another_drone_and_the_ground_are_no_source():
    assert heard(*module_messages(OURS, 5)) == Heard()
    assert heard(*({**fields, "compid": 191} for fields in module_messages(OURS, 4))) == Heard()


def test_what_the_module_hears_of_other_aircraft_is_not_about_this_one():
    """Only such a message has an address of its sender."""
    import struct

    from blindspot.flight.vehicle import mavlink

    payload = struct.pack("<BB20sBB20s", 0, 0, b"\x01\x02\x03\x04\x05\x06", 1, 2, b"BSPT5DRN99")
    assert heard(mavlink.raw_fields(mavlink.BASIC_ID, payload, 4, 236, 0)) == Heard()


def test_an_autopilot_that_sends_another_serial_number_than_the_module_is_no_match():
    """PX4 sends the number of its board."""
    by_px4 = [{**fields, "compid": 1} for fields in module_messages(Numbers("", "00020000000"), 4)]
    by_px4 = [recounted(fields) for fields in by_px4 if fields["msgid"] == 12900]
    assert heard(*module_messages(OURS, 4), *by_px4).serial == "00020000000, BSPT5DRN01"


def test_a_broken_message_counts_for_nothing():
    assert heard(*({**fields, "checksum": fields["checksum"] ^ 1} for fields in module_messages(OURS, 4))) == Heard()
    assert heard({"msgid": 0, "compid": 1, "sysid": 4}) == Heard()


def recounted(fields):
    """The message with the checksum of its changed sender."""
    import struct

    from blindspot.flight.vehicle import mavlink

    words = fields["payload64"]
    payload = struct.pack(f"<{len(words)}Q", *words)[: fields["len"]]
    return mavlink.raw_fields(fields["msgid"], payload, fields["sysid"], fields["compid"], 0)
