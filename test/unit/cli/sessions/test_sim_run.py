"""The folder of a run."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from blindspot.cli.sessions import sim_run
from blindspot.cli.sessions.sim_run import make_run_dir, new_run_dir
from blindspot.core import InputError


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
