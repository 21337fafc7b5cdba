"""Overdue duties as a record of the console, read beside the server."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from blindspot.cli.operate import console_news
from blindspot.cli.operate.console_news import DUTIES, DutiesNews


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Reads the duties of a stack with this journal: the records by key."""
    monkeypatch.setattr(console_news.threading, "Thread", lambda target, daemon: SimpleNamespace(start=target))

    def read(journal: str):
        taken, file = {}, tmp_path / "journal.jsonl"
        file.write_text(journal)
        DutiesNews(file, tmp_path, SimpleNamespace(take=taken.__setitem__)).step()
        return taken

    return read


def test_duties_are_read_more_than_once(read):
    for _ in range(2):
        assert read("") == {DUTIES: {"register_since": "", "erasures_overdue": 0}}


def test_a_damaged_journal_is_a_problem(read):
    assert "journal.jsonl" in read("damaged\n")[DUTIES]["problem"]
