"""A drone's way up the ladder: no stage is skipped, every sign-off has its evidence, and every change is detected."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from test.unit.flight.logs.test_calibration import write_ulog

from blindspot.commission.ladder import LADDER, NAMES, Range
from blindspot.commission.record import FIRST, Record, as_yaml, load_record, sign_off, trusted_signers
from blindspot.core.errors import InputError
from blindspot.law.signatures.signing import key_id, load_key, new_key, trusted_keys

PASSPHRASE = "correct horse battery"
NOW = datetime(2026, 11, 6, 9, tzinfo=UTC)
MODEL = b"name: reference"
EMPTY = Record.model_validate({"schema": "blindspot.commission/1", "drone": "SN 7", "model": "reference.yaml"})


@pytest.fixture(scope="module")
def key(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    private, public = new_key(PASSPHRASE)
    (folder / "me.key").write_bytes(private)
    (folder / "me.pub").write_bytes(public)
    return load_key(folder / "me.key", PASSPHRASE)


@pytest.fixture
def given(tmp_path):
    """Evidence for the first two stages."""
    kept = {"schema": "blindspot.summary/1", "outcome": "completed", "violations": []}
    kept["limits"] = [{"limit": "fence", "state": "kept"}]
    (tmp_path / "summary.json").write_text(json.dumps(kept))
    (tmp_path / "processes.json").write_text(json.dumps({"px4_drone1": 7}))
    doctor = {"schema": "blindspot.doctor/1", "modes": {"hardware": {"runs": True, "lacks": []}}}
    (tmp_path / "doctor.json").write_text(json.dumps(doctor))
    write_ulog(tmp_path / "log.ulg", {"battery_status": [(second, 15.0, 1.0) for second in range(61)]})
    return {
        "sitl": {"mission": str(tmp_path / "summary.json"), "pilot": "yes", "mavros": "yes"},
        "desk": {"machine": str(tmp_path / "doctor.json"), "firmware": "yes", "log": str(tmp_path / "log.ulg"),
                 "computer": "yes"},
    }  # fmt: skip


@pytest.fixture
def climbed(given, key):
    """A record in which both are signed."""
    record = EMPTY
    for stage in ("sitl", "desk"):
        record = sign_off(record, stage, given[stage], "A. Engineer", NOW, MODEL, key)
    return record


def written(tmp_path, text):
    path = tmp_path / "record.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("number", range(1, len(NAMES)))
def test_no_stage_is_signed_before_the_one_below(key, number):
    with pytest.raises(InputError, match="can't be signed before sitl; climb sitl first"):
        sign_off(EMPTY, NAMES[number], {}, "A. Engineer", NOW, MODEL, key)


@pytest.mark.parametrize("by", ["", " ", "\u200b"])
def test_a_stage_is_signed_in_a_person_s_name(given, key, by):
    with pytest.raises(InputError, match="--by: names nobody"):
        sign_off(EMPTY, "sitl", given["sitl"], by, NOW, MODEL, key)


def test_a_signed_record_can_be_read_again_and_shows_its_key(climbed, key, tmp_path):
    read = load_record(written(tmp_path, as_yaml(climbed)))
    assert read == climbed and [one.stage for one in read.reached] == ["sitl", "desk"]
    assert read.signed[0].previous == FIRST
    (tmp_path / "trusted").mkdir()
    (tmp_path / "trusted" / "me.pub").write_bytes(public_of(key))
    trusted = trusted_keys(tmp_path / "trusted")
    assert all(trusted_signers(read, one, trusted) == (key_id(key.public_key()),) for one in read.signed)
    other = read.model_copy(update={"drone": "SN 8"})
    assert trusted_signers(other, read.signed[0], trusted) == (), "a sign-off is of one drone"


def public_of(key):
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_stage_that_is_signed_again_voids_those_above_it(climbed, given, key):
    again = sign_off(climbed, "sitl", given["sitl"], "A. Engineer", NOW, MODEL, key)
    assert [one.stage for one in again.reached] == ["sitl"] and len(again.signed) == 3
    with pytest.raises(InputError, match="bench: can't be signed before desk"):
        sign_off(again, "bench", {}, "A. Engineer", NOW, MODEL, key)


def test_what_was_changed_or_taken_out_is_seen(climbed, tmp_path):
    text = as_yaml(climbed)
    load_record(written(tmp_path, text))
    with pytest.raises(InputError, match=r"signed\.1: does not follow the one before"):
        load_record(written(tmp_path, text.replace("by: A. Engineer", "by: Somebody", 1)))
    without = climbed.model_copy(update={"signed": climbed.signed[1:]})
    with pytest.raises(InputError, match=r"signed\.0: does not follow"):
        load_record(written(tmp_path, as_yaml(without)))
    first = climbed.signed[0].model_copy(update={"stage": "desk"})
    with pytest.raises(InputError, match="desk has a stage open below it"):
        load_record(written(tmp_path, as_yaml(climbed.model_copy(update={"signed": (first,)}))))


@pytest.mark.parametrize(
    ("stage", "change", "reported"),
    [
        ("sitl", {"pilot": None}, "sitl: pilot: is missing"),
        ("sitl", {"pilot": "no"}, "sitl: pilot: no is not yes"),
        ("sitl", {"luck": "yes"}, "sitl: luck: is no check of this stage"),
        ("sitl", {"mission": "absent.json"}, "can't be read"),
        ("desk", {"log": __file__}, "is no ULog"),
    ],
)
def test_what_is_not_shown_is_not_signed(given, key, stage, change, reported):
    record = EMPTY if stage == "sitl" else sign_off(EMPTY, "sitl", given["sitl"], "A", NOW, MODEL, key)
    changed = {name: value for name, value in {**given[stage], **change}.items() if value is not None}
    with pytest.raises(InputError, match=reported):
        sign_off(record, stage, changed, "A. Engineer", NOW, MODEL, key)


@pytest.mark.parametrize(
    ("file", "content", "reported"),
    [
        ("summary.json", '{"schema": "blindspot.summary/1", "outcome": "returned"}', "says returned"),
        ("summary.json", '{"schema": "blindspot.summary/1", "outcome": "completed", "violations": ["x"]}', "1 violat"),
        ("summary.json", '{"schema": "blindspot.summary/1", "outcome": "completed", "violations": [], "limits": '
         '[{"limit": "fence", "state": "kept"}, {"limit": "perimeter", "state": "not observed"}]}', "kept: perimeter"),
        ("summary.json", '{"schema": "blindspot.summary/1", "outcome": "completed", "violations": []}', "no limit"),
        ("summary.json", "{", "is no JSON"),
        ("summary.json", "[]", "schema"),
        ("processes.json", '{"/simulator": 7}', "names no PX4"),
        ("doctor.json", '{"schema": "blindspot.doctor/1", "modes": {"hardware": {"lacks": ["MAVROS"]}}}', "MAVROS"),
        ("doctor.json", '{"schema": "blindspot.doctor/1"}', "lacks an answer"),
    ],
)  # fmt: skip
def test_a_file_has_to_show_what_it_is_given_for(given, key, tmp_path, file, content, reported):
    stage = "desk" if file == "doctor.json" else "sitl"
    record = EMPTY if stage == "sitl" else sign_off(EMPTY, "sitl", given["sitl"], "A", NOW, MODEL, key)
    (tmp_path / file).write_text(content)
    with pytest.raises(InputError, match=reported):
        sign_off(record, stage, given[stage], "A. Engineer", NOW, MODEL, key)


def test_a_measured_number_must_lie_in_its_range(monkeypatch, key):
    """On the ladder as it is, its first stages taken away."""
    bench = next(stage for stage in LADDER if stage.name == "bench")
    check = next(check for check in bench.checks if isinstance(check.shown_by, Range))
    from blindspot.commission import record

    monkeypatch.setattr(record, "LADDER", (type(bench)("sitl", "", (check,)),))
    assert sign_off(EMPTY, "sitl", {check.name: "-0.4"}, "A", NOW, MODEL, key).signed[0].checks[check.name].value
    for text in ("11", "nan", "much"):
        with pytest.raises(InputError, match=f"{text} can't be"):
            sign_off(EMPTY, "sitl", {check.name: text}, "A", NOW, MODEL, key)
