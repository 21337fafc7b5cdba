"""The folder of a run, and its facts if a record is incomplete."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from blindspot.cli.sessions import sim_run
from blindspot.cli.sessions.sim_run import make_run_dir, new_run_dir, with_troubles
from blindspot.core import InputError
from blindspot.evidence.observed import EventLog, RunEvent


def test_a_record_that_ended_early_is_an_event_beside_the_reason(tmp_path):
    whole, gone = EventLog(tmp_path / "events.jsonl"), EventLog(tmp_path / "gone" / "events.jsonl")
    whole.write(RunEvent(1.0, "a", "log", "b"))
    facts = {"reason": "gusts", "extra": {"chain": ["the manager did not answer"]}}
    assert with_troubles(facts, whole, None) == facts
    told = with_troubles(facts, whole, gone)
    assert told["reason"] == "gusts" and len(told["extra"]["chain"]) == 2
    assert told["extra"]["chain"][1].startswith("events.jsonl can't be written")
    whole.close()


def test_two_runs_of_the_same_second_get_two_folders(tmp_path, monkeypatch):
    """Two people order the same mission at once, or the clock is set back between two flights."""
    monkeypatch.setattr(sim_run, "datetime", SimpleNamespace(now=lambda _: datetime(2026, 11, 6, 20, 0, 7, tzinfo=UTC)))
    names = [make_run_dir(tmp_path, Path("north.yaml")).name for _ in range(3)]
    assert names == ["20261106T200007Z-north", "20261106T200007Z-north-2", "20261106T200007Z-north-3"]


def test_a_folder_that_cannot_be_made_is_one_sentence_with_the_way_out(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"can't be made \(Not a directory\); name another folder with --out"):
        make_run_dir(tmp_path / "file", Path("north.yaml"))
    with pytest.raises(InputError, match=r"can't be made \(Not a directory\); see its disk"):
        make_run_dir(tmp_path / "file", Path("north.yaml"), "see its disk")


@pytest.mark.parametrize("wrote", [False, True])
def test_ctrl_c_before_the_first_file_leaves_no_folder_that_looks_like_a_run(tmp_path, wrote):
    def fly() -> None:
        with new_run_dir(tmp_path, Path("north.yaml")) as run_dir:
            if wrote:
                (run_dir / "track.csv").write_text("")
            raise KeyboardInterrupt

    with pytest.raises(typer.Exit):
        fly()
    assert len(list(tmp_path.iterdir())) == wrote
