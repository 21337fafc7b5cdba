"""The kernel decides which of the processes that a supervisor noted are alive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from blindspot.stack import supervised
from blindspot.stack.supervised import FILE, Supervised, note_supervised, start_of

LIMIT_S = 20.0
"""Only a guard against a hang."""


@pytest.fixture
def process():
    made = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield made
    made.kill()
    made.wait()


@pytest.fixture
def run(tmp_path, process, monkeypatch):
    monkeypatch.setattr(supervised, "LOOK_AGAIN_S", 0.0)
    note_supervised(tmp_path, {"/one": (process.pid, start_of(process.pid))})
    return tmp_path


def becomes(run, fact) -> None:
    """Signals take a moment."""
    deadline_s = time.monotonic() + LIMIT_S
    while Supervised(run).lives("/one") is not fact:
        assert time.monotonic() < deadline_s


def test_a_process_lives_until_it_is_stopped_or_killed(run, process):
    assert Supervised(run).lives("/one") is True
    process.send_signal(signal.SIGSTOP)
    becomes(run, False)
    process.send_signal(signal.SIGCONT)
    becomes(run, True)
    process.kill()
    becomes(run, False)  # a zombie
    process.wait()
    assert Supervised(run).lives("/one") is False


def test_a_supervisor_that_has_removed_its_notes_has_ended_in_order(run):
    assert not Supervised(run / "none").shuts_down, "none ever ran there"
    ends, dies = Supervised(run), Supervised(run)
    assert not ends.shuts_down and not dies.shuts_down
    noted = json.loads((run / FILE).read_text())
    (run / FILE).write_text(json.dumps(noted | {"processes": noted["processes"] | {"supervisor": [os.getpid(), 0]}}))
    assert not dies.shuts_down, "one that died leaves its notes"
    (run / FILE).unlink()
    assert ends.shuts_down


def test_a_shut_down_is_read_while_its_supervisor_lives(run):
    assert not Supervised(run).shuts_down and not Supervised(None).shuts_down
    note_supervised(run, {}, shuts_down=True)
    assert Supervised(run).shuts_down
    noted = json.loads((run / FILE).read_text())
    noted["processes"]["supervisor"][1] -= 1
    (run / FILE).write_text(json.dumps(noted))
    assert not Supervised(run).shuts_down


def test_the_latest_process_of_a_node_is_named(run, process):
    assert Supervised(run).process("/one") == (process.pid, start_of(process.pid))
    assert Supervised(run).process("/two") is None and Supervised(None).process("/one") is None


def test_another_process_that_got_the_same_number_is_another(run):
    noted = json.loads((run / FILE).read_text())
    noted["processes"]["/one"][1] -= 1
    (run / FILE).write_text(json.dumps(noted))
    assert Supervised(run).lives("/one") is False


def test_the_state_of_an_unsupervised_node_is_unknown(run, tmp_path):
    assert Supervised(run).lives("/drone1/camera") is None
    assert Supervised(None).lives("/one") is None
    assert Supervised(tmp_path / "no run").lives("/one") is None


@pytest.mark.parametrize("change", [{"boot": "another"}, {"processes": {"/one": [1, 1]}}, {"processes": 5}, None])
def test_notes_of_an_earlier_run_are_ignored(run, change):
    noted = json.loads((run / FILE).read_text())
    (run / FILE).write_text("{" if change is None else json.dumps(noted | change))
    assert Supervised(run).lives("/one") is None


def test_a_supervisor_that_is_gone_says_nothing_any_more(run):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    noted = json.loads((run / FILE).read_text())
    noted["processes"]["supervisor"] = [gone.pid, noted["processes"]["supervisor"][1]]
    gone.wait()
    (run / FILE).write_text(json.dumps(noted))
    assert Supervised(run).lives("/one") is None
    assert os.getpid() != gone.pid
