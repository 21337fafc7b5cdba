"""A record from its beginning to its first signature, as a person makes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test.unit.flight.logs.test_calibration import write_ulog
from typer.testing import CliRunner

from blindspot.cli.__main__ import app
from blindspot.core.errors import InputError

MODEL = Path(__file__).parents[3] / "config" / "drones" / "reference.yaml"


def run(*arguments):
    return CliRunner().invoke(app(), [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture(autouse=True)
def own_folder(monkeypatch, tmp_path):
    """With a key of one's own, and a completed run on PX4."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", "correct horse battery")
    assert run("authority", "key", "--out", "me.key").exit_code == 0
    (tmp_path / "run").mkdir()
    summary = {"schema": "blindspot.summary/1", "outcome": "completed", "violations": []}
    summary["limits"] = [{"limit": "fence", "state": "kept"}]
    (tmp_path / "run" / "summary.json").write_text(json.dumps(summary))
    (tmp_path / "run" / "processes.json").write_text(json.dumps({"px4_drone1": 7}))
    (tmp_path / "drone.yaml").write_bytes(MODEL.read_bytes())


def sign(*checks, by="A. Engineer"):
    return run("commission", "sign", "d.yaml", "sitl", "--by", by, "--key", "me.key", *checks)


def test_from_a_new_record_to_the_first_signature(tmp_path, transcript):
    assert run("commission", "new", "d.yaml", "--drone", "SN 7", "--model", "drone.yaml").exit_code == 0
    transcript(run("commission", "show", "d.yaml").output)
    signed = sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes")
    transcript(signed.output)
    transcript(run("commission", "show", "d.yaml").output)
    (tmp_path / "drone.yaml").write_text("another: drone")
    transcript(run("commission", "show", "d.yaml").output)
    (tmp_path / "trusted" / "me.pub").unlink()
    transcript(run("commission", "show", "d.yaml").output)


def test_a_drone_s_file_that_changed_below_the_last_signature_is_still_shown(tmp_path):
    """The stage after the change was signed with the new values, the one before it with the old ones."""
    run("commission", "new", "d.yaml", "--drone", "SN 7", "--model", "drone.yaml")
    sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes")
    (tmp_path / "drone.yaml").write_text("another: drone")
    doctor = {"schema": "blindspot.doctor/1", "modes": {"hardware": {"runs": True, "lacks": []}}}
    (tmp_path / "doctor.json").write_text(json.dumps(doctor))
    write_ulog(tmp_path / "log.ulg", {"battery_status": [(second, 15.0, 1.0) for second in range(61)]})
    given = ("machine=doctor.json", "firmware=yes", "log=log.ulg", "computer=yes")
    checks = [word for one in given for word in ("--check", one)]
    run("commission", "sign", "d.yaml", "desk", "--by", "A. Engineer", "--key", "me.key", *checks)
    shown = run("commission", "show", "d.yaml").output
    assert "next: bench" in shown and "drone.yaml has changed since sitl was signed" in shown
    (tmp_path / "drone.yaml").write_text("a third: drone")
    assert "drone.yaml has changed since desk was signed" in run("commission", "show", "d.yaml").output


@pytest.mark.parametrize("change", ["another word", "no trusted key"])
def test_no_stage_is_signed_above_one_that_no_trusted_key_signed_as_it_stands(tmp_path, change):
    run("commission", "new", "d.yaml", "--drone", "SN 7", "--model", "drone.yaml")
    sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes")
    record, public = tmp_path / "d.yaml", tmp_path / "trusted" / "me.pub"
    if change == "another word":
        record.write_text(record.read_text().replace("by: A. Engineer", "by: B. Engineer"))
    else:
        public.rename(tmp_path / "me.pub")
    with pytest.raises(InputError, match="sitl: is signed by no key that this machine trusts, or was changed"):
        run("commission", "sign", "d.yaml", "desk", "--by", "C", "--key", "me.key", "--check", "firmware=yes")
    sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes")


def test_a_drone_s_file_that_is_not_found_from_another_folder_is_reported_with_the_way_out(tmp_path, monkeypatch):
    run("commission", "new", "d.yaml", "--drone", "SN 7", "--model", "drone.yaml")
    sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes")
    monkeypatch.chdir(tmp_path / "run")
    with pytest.raises(InputError, match=r"model: .*start in the folder in which the record was begun"):
        run("commission", "show", "../d.yaml")


def test_mistakes_are_refused(tmp_path):
    run("commission", "new", "d.yaml", "--drone", "SN 7", "--model", "drone.yaml")
    with pytest.raises(InputError, match="is there already"):
        run("commission", "new", "d.yaml", "--drone", "SN 8", "--model", "drone.yaml")
    before = (tmp_path / "d.yaml").read_bytes()
    for checks, reported in ((("--check", "pilot"), "has no value"), (("--check", "a=1", "--check", "a=2"), "twice")):
        with pytest.raises(InputError, match=reported):
            sign(*checks)
    with pytest.raises(InputError, match="--by: is empty"):
        sign("--check", "mission=run/summary.json", "--check", "pilot=yes", "--check", "mavros=yes", by="\u200b")
    with pytest.raises(InputError, match="mission: is missing"):
        sign("--check", "pilot=yes")
    assert (tmp_path / "d.yaml").read_bytes() == before


def test_the_ladder_is_printed_whole():
    from blindspot.commission.ladder import LADDER

    printed = run("commission", "ladder").output
    assert all(stage.title in printed for stage in LADDER)
