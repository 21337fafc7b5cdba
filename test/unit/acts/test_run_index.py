"""`index.html` beside the runs: it lists each run with its pages, and replaces no page of a person."""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blindspot.acts.run_index import folder_of_all, write_index
from blindspot.cli.records.runs import app
from blindspot.cli.sessions import sim_run
from blindspot.evidence.observed import Summary


def cells(out: Path) -> list[list[str]]:
    """The cells of each line, without marks."""
    html = (out / "index.html").read_text().replace("\u00a0", " ")
    lines = html.partition("<tbody>")[2].partition("</tbody>")[0].split("</tr>")[:-1]
    return [[re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<td.*?>(.*?)</td>", line)] for line in lines]


def test_each_run_has_date_mission_kind_outcome_seen_share_and_links(out, fits_telephone):
    assert write_index(out) == ""
    assert cells(out) == [
        ["2026-11-28 02:00", "town", "unknown", "unknown", "unknown", "none"],
        ["2026-11-28 01:00", "town", "SIMULATED", "completed", "98 %", "report"],
        ["2026-11-27 10:00", "town", "SIMULATED", "completed", "98 %", "report"],
    ]
    html = (out / "index.html").read_text()
    for link in re.findall('<a href="([^"]+)"', html):
        assert (out / link).is_file()
    fits_telephone(html)


def test_names_of_folders_are_escaped(out, make_run):
    make_run(out / 'a"><b>', report_html="")
    write_index(out)
    assert "<b>" not in (out / "index.html").read_text()
    assert 'href="a%22%3E%3Cb%3E/report.html"' in (out / "index.html").read_text()


def test_the_end_of_a_run_writes_the_list_anew(out, make_run, monkeypatch, capsys):
    """`finish` ends a simulation in one process."""
    run = out / "20261128T000000Z-fleet" / "20261129T010000Z-town"

    def conclude(*given, **more):
        make_run(run, report_html="<p>")
        return Summary(outcome="completed", violations=())

    monkeypatch.setattr("blindspot.evidence.run_files.conclude", conclude)
    monkeypatch.setattr("blindspot.evidence.conclude", conclude)
    monkeypatch.setattr("blindspot.cli.parts.flight_display.print_outcome", lambda *given: None)
    run.parent.joinpath("supervised.json").touch()
    assert sim_run.finish(None, None, None, {}, run, 1.0) == "completed"
    assert cells(out)[0][0] == "2026-11-29 01:00"


def test_a_deleted_run_leaves_the_list(out):
    write_index(out)
    result = CliRunner().invoke(
        app, ["purge", "20261127T100000Z-town", "--out", str(out), "--yes", "--person", "A", "--reason", "B"]
    )
    assert result.exit_code == 0, result.output
    assert [line[0] for line in cells(out)] == ["2026-11-28 02:00", "2026-11-28 01:00"]


def test_the_list_lies_above_the_folders_that_begin_with_a_time(tmp_path):
    run, stack = "20261128T010000Z-town", "20261128T000000Z-fleet"
    assert folder_of_all(tmp_path / stack / run) == tmp_path
    assert folder_of_all(tmp_path / run) == tmp_path
    assert folder_of_all(tmp_path / "blindspot" / run) == tmp_path / "blindspot"


@pytest.mark.parametrize("is_link", [False, True])
def test_a_page_of_somebody_else_stays(out, tmp_path, is_link):
    page = tmp_path / "my.html" if is_link else out / "index.html"
    page.write_text("<p>my own page")
    if is_link:
        (out / "index.html").symlink_to(page)
    assert "another page and stays unchanged" in write_index(out)
    assert page.read_text() == "<p>my own page" and (out / "index.html").is_symlink() == is_link


def test_a_lock_that_another_process_holds_delays_no_run_for_ever(out, monkeypatch):
    monkeypatch.setattr("blindspot.acts.run_index.LIMIT_S", 0.0)
    folder = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        assert write_index(out) == "" and len(cells(out)) == 3
    finally:
        os.close(folder)
