"""The record by which other commands find a stack."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.stack.bringup import stack
from blindspot.stack.programs.processes import Options
from blindspot.stack.stack_record import (
    end_stack_record,
    latest_stack,
    note_ready,
    note_wait,
    read_stack_record,
    stack_here,
    write_launched,
    write_stack_record,
)
from blindspot.stack.supervised import start_of

FLEET = Path(__file__).parents[3] / "config" / "fleets" / "crossroads.yaml"


@pytest.fixture
def environ(tmp_path) -> dict[str, str]:
    return {"BLINDSPOT_STATE": str(tmp_path / "state"), "ROS_DOMAIN_ID": "7"}


@pytest.fixture
def what(tmp_path):
    return stack("embedded", FLEET, Options(tmp_path / "run"))


def edited(tmp_path: Path, **values: object) -> None:
    """Another record in the file of domain 7."""
    path = tmp_path / "state" / "stacks" / "domain-7.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_a_running_stack_is_found_with_its_folder_journal_and_nodes(environ, what, tmp_path):
    assert read_stack_record(environ) is None and latest_stack(environ) is None
    assert write_stack_record(environ, what, tmp_path / "run") == ""
    found = read_stack_record(environ)
    assert found == latest_stack(environ)
    assert found.is_running and (found.pid, found.start_ticks) == (os.getpid(), start_of(os.getpid()))
    assert (found.mode, found.fleet, found.domain) == ("embedded", FLEET, 7)
    assert (found.stack_dir, found.journal) == (tmp_path / "run", tmp_path / "run" / "journal.jsonl")
    assert found.watched == what.watched
    assert found.public_key == tmp_path / "run" / "lease" / "lease.key.pub"
    assert read_stack_record(environ | {"ROS_DOMAIN_ID": "8"}) is None


def test_a_launched_stack_is_here_for_those_who_sign_and_no_command_stops_it(environ, what, tmp_path):
    assert stack_here(environ) is None
    assert write_launched(environ, what, tmp_path / "run") == ""
    found = stack_here(environ)
    assert (found.fleet, found.simulated, found.public_key) == (FLEET, True, what.public_key)
    assert read_stack_record(environ) is None and latest_stack(environ) is None
    write_stack_record(environ, what, tmp_path / "up")
    assert stack_here(environ).stack_dir == tmp_path / "up"
    assert stack_here(environ | {"ROS_DOMAIN_ID": "8"}) is None


def test_the_links_of_a_stack_say_whether_it_is_simulated(tmp_path):
    assert stack("embedded", FLEET, Options(tmp_path / "run")).simulated
    real = Options(tmp_path / "run", part="ground")
    assert stack("hardware", FLEET, real).simulated is False


def test_an_ended_stack_is_still_found(environ, what, tmp_path):
    write_stack_record(environ, what, tmp_path / "run")
    assert note_ready(environ) == "" and end_stack_record(environ) == ""
    found = read_stack_record(environ)
    assert found.ended >= found.started and not found.is_running
    assert latest_stack(environ).journal == what.journal


def flown(environ, what, folder: Path) -> None:
    write_stack_record(environ, what, folder)
    note_ready(environ)
    end_stack_record(environ)


def test_a_stack_that_was_never_ready_leaves_the_earlier_record_of_its_domain(environ, what, tmp_path):
    write_stack_record(environ, what, tmp_path / "failed")
    end_stack_record(environ)
    assert read_stack_record(environ) is None and latest_stack(environ) is None
    flown(environ, what, tmp_path / "flown")
    before = read_stack_record(environ)
    for _ in range(2):
        write_stack_record(environ, what, tmp_path / "failed")
        assert read_stack_record(environ).is_running and latest_stack(environ).stack_dir == tmp_path / "failed"
        assert end_stack_record(environ) == ""
        assert read_stack_record(environ) == latest_stack(environ) == before
    flown(environ, what, tmp_path / "later")
    assert latest_stack(environ).stack_dir == tmp_path / "later"


def test_nor_does_a_stack_that_was_killed_before_it_was_ready_hide_it(environ, what, tmp_path):
    flown(environ, what, tmp_path / "flown")
    before = read_stack_record(environ)
    write_stack_record(environ, what, tmp_path / "killed")
    edited(tmp_path, start_ticks=1)
    assert read_stack_record(environ) == latest_stack(environ) == before
    write_stack_record(environ, what, tmp_path / "failed")
    end_stack_record(environ)
    assert read_stack_record(environ) == before


def test_a_record_of_an_older_version_counts(environ, what, tmp_path):
    write_stack_record(environ, what, tmp_path / "run")
    path = tmp_path / "state" / "stacks" / "domain-7.json"
    old = {name: each for name, each in json.loads(path.read_text()).items() if name not in ("is_ready", "before")}
    path.write_text(json.dumps(old | {"boot": "another"}))
    assert read_stack_record(environ).stack_dir == tmp_path / "run"


def test_a_stack_that_is_shut_down_notes_what_it_waits_for(environ, what, tmp_path):
    write_stack_record(environ, what, tmp_path / "run")
    note_ready(environ)
    assert read_stack_record(environ).waits_for == ""
    assert note_wait(environ, "drone1 to be down") == ""
    found = read_stack_record(environ)
    assert found.waits_for == "drone1 to be down" and found.is_running
    edited(tmp_path, pid=-1)
    note_wait(environ, "another process's record")
    assert read_stack_record(environ).waits_for == "drone1 to be down"


@pytest.mark.parametrize("changed", [{"start_ticks": 1}, {"boot": "another"}, {"pid": -1, "start_ticks": -1}])
def test_a_later_process_with_the_same_id_is_another_one(environ, what, tmp_path, changed):
    write_stack_record(environ, what, tmp_path / "run")
    note_ready(environ)
    edited(tmp_path, **changed)
    assert not read_stack_record(environ).is_running
    end_stack_record(environ)
    assert read_stack_record(environ).ended == ""


def test_a_stack_that_was_killed_does_not_run(environ, what, tmp_path):
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        write_stack_record(environ, what, tmp_path / "run")
        note_ready(environ)
        edited(tmp_path, pid=other.pid, start_ticks=start_of(other.pid))
        assert read_stack_record(environ).is_running
        end_stack_record(environ)  # it is not ours
        assert read_stack_record(environ).is_running
        other.kill()
    assert not read_stack_record(environ).is_running


def test_the_latest_of_all_domains_is_found_from_any(environ, what, tmp_path):
    write_stack_record(environ, what, tmp_path / "run")
    edited(tmp_path, started="2026-01-01T00:00:00.000+00:00")
    write_stack_record(environ | {"ROS_DOMAIN_ID": ""}, what, tmp_path / "other")
    assert latest_stack(environ).stack_dir == tmp_path / "other"
    assert read_stack_record({**environ, "ROS_DOMAIN_ID": "0"}).domain == 0


def test_a_folder_that_cannot_be_written_is_a_warning(environ, what, tmp_path):
    (tmp_path / "state").write_text("a file")
    assert "domain-7.json can't be written" in write_stack_record(environ, what, tmp_path / "run")
    assert read_stack_record(environ) is None and end_stack_record(environ) == ""


@pytest.mark.parametrize("text", ["", "{", "{}", '{"pid": "x"}', "\xff", "[1]"])
def test_a_file_that_is_no_record_is_none(environ, what, tmp_path, text):
    write_stack_record(environ, what, tmp_path / "run")
    (tmp_path / "state" / "stacks" / "domain-7.json").write_text(text)
    assert read_stack_record(environ) is None and latest_stack(environ) is None


@pytest.mark.parametrize(
    ("domain", "problem"),
    [("../../etc", "is no number"), ("seven", "is no number"), ("-1", "is no number"), ("233", "is too large"),
     ("9" * 5000, "is too large")],
)  # fmt: skip
def test_a_domain_without_ports_is_reported(environ, domain, problem):
    with pytest.raises(InputError, match=f"ROS_DOMAIN_ID: .* {problem}"):
        read_stack_record(environ | {"ROS_DOMAIN_ID": domain})
