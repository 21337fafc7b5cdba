"""Why a run has no report."""

from __future__ import annotations

import pytest

from blindspot.evidence.logbook import LOG, why_no_report
from blindspot.evidence.report import FILE_NAME


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        (FILE_NAME, "<html>", ""),
        (LOG, "blindspot: summary.json: is no file; see it\n", "summary.json: is no file; see it"),
        (LOG, "", "is empty: its reason can't be written; see the disk"),
        ("events.jsonl", "", "the record of the run is not concluded: see blindspot status"),
    ],
)  # fmt: skip
def test_a_run_without_a_report_has_a_reason(tmp_path, file, text, reason):
    """A full disk left an empty log: the command then took the run for one with a report."""
    (tmp_path / file).write_text(text)
    assert why_no_report(tmp_path).endswith(reason)
    assert bool(why_no_report(tmp_path)) == bool(reason)
