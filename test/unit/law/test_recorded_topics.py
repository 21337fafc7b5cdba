"""Recording is off unless the authorisation says so, and only of what it lets be reported."""

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blindspot.core import InputError
from blindspot.law.keys import holders_of
from blindspot.law.recorded_topics import (
    ALWAYS,
    CLOSED_LIST,
    EVENTS,
    REPORTED,
    judge_recording,
    kept_for_h,
    recorded_topics,
    recording_notice,
)


def test_permitted_recordings_hold_pictures_and_reportable_detections(load, document):
    authorisation = load(document)
    assert judge_recording(authorisation) is None and recording_notice(True, authorisation) == ""
    assert recorded_topics(authorisation) == (*ALWAYS, *REPORTED)


def test_recordings_are_kept_for_the_shorter_time_of_authorisation_and_profile(load, document):
    assert kept_for_h(load(document)) == 168.0
    document["recording"]["retention_h"] = 12
    assert kept_for_h(load(document)) == 12.0


def test_without_a_detector_on_the_list_no_sighting_is(load, document):
    document["analytics"]["detectors"] = []
    assert recorded_topics(load(document)) == ALWAYS


def test_events_are_recorded_where_some_are_listed(load, document):
    document["analytics"]["events"] = ["zone_entered"]
    assert recorded_topics(load(document)) == (*ALWAYS, *REPORTED, *EVENTS) == CLOSED_LIST


@pytest.mark.parametrize(("change", "rule"), [({"allowed": False}, "REC-01"), ({"retention_h": 0}, "RET-01")])
def test_only_an_explicit_permission_allows_a_recording(load, document, change, rule):
    document["recording"] |= change
    authorisation = load(document)
    assert judge_recording(authorisation).rule == rule
    assert recorded_topics(authorisation) == ()
    assert f"nothing will be recorded: {rule}" in recording_notice(True, authorisation)
    assert recording_notice(False, authorisation) == ""


KEYS = [X25519PrivateKey.generate().public_key().public_bytes_raw().hex() for _ in range(2)]


def test_keys_that_seal_need_a_key_of_this_computer_that_signs(load, document):
    document["recording"]["keys"] = {"service": KEYS[0]}
    authorisation = load(document)
    assert judge_recording(authorisation) is None and list(holders_of(authorisation.file)) == ["service"]
    refused = judge_recording(authorisation, signs=False)
    assert refused.rule == "REC-03" and "no key that signs" in refused.reason


def test_a_key_that_hides_nothing_records_nothing(load, document):
    """For this public key the shared secret is zero, whoever opens."""
    document["recording"]["keys"] = {"service": KEYS[0], "authority": "00" * 32}
    refused = judge_recording(load(document))
    assert refused.rule == "REC-03" and "a key that can't seal" in refused.reason


@pytest.mark.parametrize(
    "keys", [{"service": KEYS[0], "authority": KEYS[0]}, {"authority": KEYS[0]}, {"service": "ab"}]
)
def test_one_key_for_both_holders_or_half_a_key_is_no_authorisation(load, document, keys):
    document["recording"]["keys"] = keys
    with pytest.raises(InputError, match=r"recording\.keys"):
        load(document)


def test_the_smallest_retention_is_one(load, document):
    document["recording"]["retention_h"] = 0.1
    assert judge_recording(load(document)) is None


def test_no_unmasked_picture_is_on_the_closed_list():
    assert [topic for topic in CLOSED_LIST if "image" in topic] == ["camera/image_masked/compressed"]


@pytest.mark.parametrize(
    ("flow", "rule"),
    [
        ({"camera/image_raw/compressed": "sensor_msgs/msg/CompressedImage"}, "REC-01"),
        ({"/drone2/drone_status": "blindspot_msgs/msg/DroneStatus"}, "REC-01"),
        ({"drone_status": "audio_common_msgs/msg/AudioData"}, "SEN-01"),
        ({"clearance": "plates_msgs/msg/LicencePlate"}, "INT-01"),
    ],
)
def test_the_topics_that_a_recorder_would_subscribe_are_judged_by_name_and_type(load, document, flow, rule):
    authorisation = load(document)
    assert judge_recording(authorisation, {"clearance": "blindspot_msgs/msg/Clearance"}) is None
    assert judge_recording(authorisation, flow).rule == rule
