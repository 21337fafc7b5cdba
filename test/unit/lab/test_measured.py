"""The page of measured figures takes its rows from the output of `bench --json`, one figure of one machine a row."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot_lab.measured import ADDED_BELOW, HEADING, PAGE, Measured, main, row_of, updated

MACHINE = {"cpu": "Abacus 1", "cores": 2, "python": "3.12", "system": "Linux"}


def targets(**measured: float) -> list[dict[str, object]]:
    return [
        {"name": name.replace("_", " "), "goal": "", "measured": value, "unit": "s", "met": None}
        for name, value in measured.items()
    ]


def page(*rows: str) -> str:
    table = "\n".join([HEADING, "|---|---|---|---|---|---|---|", *rows])
    return f"# Figures\n\n## A flight\n\n{table}\n\n{ADDED_BELOW}\n\n{table}\n\nThe end.\n"


@pytest.fixture
def after(tmp_path: Path):
    """The page after documents of one command, each from a machine with its targets."""

    def run(before: str, *documents: tuple[str, list[dict[str, object]]], words: tuple[str, ...] = ()) -> str:
        (tmp_path / "figures.md").write_text(before)
        files = []
        for cpu, found in documents:
            files.append(tmp_path / f"{len(files)}.json")
            document = {"command": "bench flight", "date": "2026-12-02", "machine": MACHINE | {"cpu": cpu}}
            files[-1].write_text(json.dumps(document | {"targets": found}))
        main([*map(str, files), "--page", str(tmp_path / "figures.md"), "--commit", "abc12345", *words])
        return (tmp_path / "figures.md").read_text()

    return run


OLD = "| a plan | 9 | s | 2 cores, Abacus 1 | 2026-11-01 | 01234567 | `bench flight` |"
NEW = "| a plan | 3.142 | s | 2 cores, Abacus 1 | 2026-12-02 | abc12345 | `bench flight` |"


def test_a_row_is_measured_anew_where_it_stands(after):
    assert after(page(OLD), ("Abacus 1", targets(a_plan=3.14159, a_check=1.0))) == page(NEW)


def test_a_row_of_another_machine_or_command_stays(after):
    other = OLD.replace("bench flight", "bench planning")
    assert after(page(OLD, other), ("Abacus 2", targets(a_plan=1.0))) == page(OLD, other)


def test_added_rows_stand_at_the_end_of_the_table_of_benchmarks(after):
    found = after(page(OLD), ("Abacus 2", targets(a_plan=3.14159)), words=("--add",))
    start, end = found.split(ADDED_BELOW)
    assert NEW.replace("Abacus 1", "Abacus 2") not in start
    assert f"{OLD}\n{NEW.replace('Abacus 1', 'Abacus 2')}\n\nThe end." in end


def test_a_name_that_continues_the_one_before_it_stands_for_itself(after):
    more = [*targets(tours=1.0), *targets(the_same=2.0), *targets(plans=3.0), *targets(the_same=4.0)]
    found = after(page(), ("Abacus 1", more), words=("--add",))
    figures = [row.figure for line in found.splitlines() if (row := row_of(line))]
    assert figures == ["tours", "tours: the same", "plans", "plans: the same"]


def test_a_row_without_its_columns_is_refused():
    with pytest.raises(InputError, match="has 2 columns"):
        updated(page("| a plan | 9 |"), [], is_adding=False)


def test_each_row_of_the_page_is_one_figure_of_one_machine():
    rows = [row for line in PAGE.read_text().splitlines() if (row := row_of(line))]
    assert len({row.key for row in rows}) == len(rows) > 30
    assert [row for row in rows if not all((row.value, row.machine, row.date, row.commit, row.source))] == []
    assert [row.value for row in rows if not is_one_number(row)] == []


def is_one_number(row: Measured) -> bool:
    try:
        float(row.value.replace(" ", ""))
    except ValueError:
        return False
    return True
