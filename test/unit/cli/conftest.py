"""A state folder of each test's own, and transcripts of printed texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
BETWEEN = "--\n"
MASKED = (
    (r"\b([0-9a-f]{64}|[0-9a-f]{16})\b", "HASH"),
    (r"(?m)^progress: .*\n", ""),  # a line of progress appears on a slow computer alone
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?", "TIME"),
)


@pytest.fixture(autouse=True)
def own_state(monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_STATE", str(tmp_path / "state"))


@pytest.fixture
def transcript(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Asserts that the printed texts of a test are the test's section of `test_x.txt` beside `test_x.py`, whole and in
    order. Hashes, times and the test's folder are masked. `./blindspot test test/unit/cli --write-transcripts` writes
    the sections anew: read the difference before it is committed."""
    file, name, writes = (
        request.path.with_suffix(".txt"), request.node.name.partition("@")[0],
        request.config.getoption("--write-transcripts"),
    )  # fmt: skip
    monkeypatch.setenv("COLUMNS", "120")
    sections = dict(SECTION.findall(file.read_text(encoding="utf-8"))) if file.exists() else {}
    kept, printed = sections.get(name, "").split(BETWEEN), []

    def check(text: str) -> None:
        text = text.replace(str(tmp_path), "FOLDER")
        for pattern, mask in MASKED:
            text = re.sub(pattern, mask, text)
        printed.append("".join(f"{line.rstrip()}\n" for line in text.splitlines()))
        assert writes or printed == kept[: len(printed)], f"{file.name}: --write-transcripts writes the text anew"

    yield check
    if writes:
        sections[name] = BETWEEN.join(printed)
        file.write_text("".join(f"## {each}\n{sections[each]}" for each in sorted(sections)), encoding="utf-8")
    else:
        assert len(printed) == len(kept), f"{file.name}: fewer texts than kept"
