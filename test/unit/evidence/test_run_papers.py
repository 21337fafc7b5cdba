"""The papers of a plan in the folder of its run: a simulated flight is marked, whatever its authorisation allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from blindspot.cli.sessions import sim_run
from blindspot.coverage import maps
from blindspot.evidence.observed import Summary
from blindspot.evidence.run_papers import PAPERS, keep_papers

HASH = "ab" * 32
PAGE = f"<html><head><title>Town</title></head><body>\n<header>\n<h1>Town</h1></header>{HASH}"


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """A plan of an authorisation for a test range, with its papers, which do not know how it will be flown."""
    for name in PAPERS:
        (tmp_path / name).write_text(PAGE)
    return tmp_path / "plan.json"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


@pytest.mark.parametrize("name", PAPERS)
def test_a_simulated_flight_is_marked_on_map_and_briefing(plan_file: Path, run: Path, name: str) -> None:
    keep_papers(plan_file, HASH, run, simulated=True)
    page = (run / name).read_text()
    assert page.index("<strong>SIMULATED</strong>") < page.index("<h1>")
    assert "<title>SIMULATED: Town</title>" in page
    keep_papers(run / "plan.json", HASH, plan_file.parent, simulated=True)
    assert (plan_file.parent / name).read_text() == page, "it is marked once"


def test_the_papers_of_a_real_flight_stay_as_the_crew_read_them(plan_file: Path, run: Path) -> None:
    keep_papers(plan_file, HASH, run, simulated=False)
    assert [(run / name).read_text() for name in PAPERS] == [PAGE, PAGE]


def test_papers_of_another_plan_and_missing_ones_stay_out(plan_file: Path, run: Path) -> None:
    keep_papers(plan_file, "cd" * 32, run, simulated=True)
    plan_file.with_name("map.html").unlink()
    plan_file.with_name("briefing.html").write_bytes(b"\xff" + HASH.encode())
    keep_papers(plan_file, HASH, run, simulated=True)
    assert list(run.iterdir()) == []


def test_each_page_has_the_places_for_the_mark() -> None:
    source = (Path(maps.__file__).parent / "page.html.j2").read_text()
    assert source.count("<header>\n") == 1 and source.partition("<header>")[0].count("<title>") == 1


def test_the_end_of_a_run_keeps_the_papers(plan_file: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def conclude(*given: object, **more: object) -> Summary:
        assert (run / "map.html").is_file(), "the report links it"
        return Summary(outcome="completed", violations=())

    monkeypatch.setattr("blindspot.evidence.conclude", conclude)
    monkeypatch.setattr("blindspot.cli.parts.flight_display.print_outcome", lambda *given: None)
    plan = type("Flown", (), {"sha256": HASH})
    sim_run.finish(None, None, plan, {}, run, 1.0, plan_file=plan_file)
    assert "<strong>SIMULATED</strong>" in (run / "briefing.html").read_text()
