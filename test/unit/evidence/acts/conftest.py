"""A journal whose entries have chosen times."""

from datetime import UTC, datetime, timedelta

import pytest

from blindspot.evidence.journals.journal import Journal

BEGIN = datetime(2026, 3, 1, 20, tzinfo=UTC)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


@pytest.fixture
def write(path, monkeypatch):
    """Writes an entry of the run `evening`: its time after the begin, s, its act and its facts."""

    def entry(at_s, act, journal=path, **facts):
        class Clock(datetime):
            @classmethod
            def now(cls, tz=None):
                return BEGIN + timedelta(seconds=at_s)

        monkeypatch.setattr("blindspot.evidence.journals.journal.datetime", Clock)
        Journal(journal, "test").write(act, run="evening", **facts)

    return entry
