import io
import os
import sys
from pathlib import Path

import pytest

from blindspot.setup.shown_commands import CommandError, Progress, run


def test_every_line_is_handed_on_and_logged(tmp_path: Path) -> None:
    lines: list[str] = []
    log = tmp_path / "setup.log"
    run([sys.executable, "-S", "-c", "print('a'); print('b')"], log=log, environ=os.environ, on_line=lines.append)
    assert lines == ["a", "b"]
    assert log.read_text().endswith("a\nb\n")


def test_a_failure_carries_the_last_lines(tmp_path: Path) -> None:
    script = "import sys; print('first'); print('the reason', file=sys.stderr); sys.exit(3)"
    with pytest.raises(CommandError, match="status 3") as caught:
        run([sys.executable, "-S", "-c", script], log=tmp_path / "log", environ=os.environ)
    assert caught.value.tail[-1] == "the reason"


def test_an_interruption_ends_the_program_that_runs(tmp_path: Path) -> None:
    def interrupt(line: str) -> None:
        pids.append(int(line))
        raise KeyboardInterrupt

    pids: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        run(["sh", "-c", "echo $$; sleep 1000 & wait"], log=tmp_path / "log", environ=os.environ, on_line=interrupt)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_away_from_a_terminal_progress_is_one_plain_line_a_step() -> None:
    stream = io.StringIO()
    progress = Progress(2, stream)
    for title in ("first", "second"):
        with progress.step(title):
            progress.detail("not reported")
    assert stream.getvalue() == "[1/2] first: 0 s\n[2/2] second: 0 s\n"
