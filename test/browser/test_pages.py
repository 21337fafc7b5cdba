"""Pages for people meet WCAG 2.2 AA by axe-core, ask for nothing outside, and say nothing on the console."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test.browser.conftest import Page, breaches
from test.unit.acts.dossiers.conftest import MISSION, complete_authorisation, made
from test.unit.evidence.public.conftest import public_flight, public_page
from test.unit.evidence.test_report import DRAWN, plan, summary

from blindspot.acts.duties import register_page
from blindspot.acts.duties.sent_register import COLUMNS, FIGURES
from blindspot.evidence.public.page import page_in
from blindspot.evidence.report import contents_of, page


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def shown(new_page: Callable[[], Page], tmp_path: Path) -> Iterator[Callable[[Path], Page]]:
    """Opens a file of the test's folder in the browser."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def show(file: Path) -> Page:
        tab = new_page()
        tab.call("Page.navigate", url=f"http://127.0.0.1:{server.server_port}/{file.relative_to(tmp_path)}")
        tab.until("document.readyState === 'complete' && document.title !== ''")
        return tab

    yield show
    server.shutdown()
    server.server_close()


def _flight_dossier(folder: Path) -> Path:
    made(folder / "dossier", mission=MISSION, auth=complete_authorisation(folder), language="fr")
    return folder / "dossier" / "dossier.html"


def _camera_dossier(folder: Path) -> Path:
    made(folder / "dossier")
    return folder / "dossier" / "dossier.html"


def _register(folder: Path) -> Path:
    """Two uses, of which one has unknown figures and hostile texts."""
    known = dict.fromkeys(COLUMNS, "1") | {
        "begun": "2026-03-01T20:00:00+00:00", "ended": "2026-03-01T20:20:00+00:00", "recorded_is": "measured",
    }  # fmt: skip
    unknown = known | dict.fromkeys(FIGURES, "") | {"ended": "", "recorded_is": "unknown", "person": "<b>x</b>; " * 40}
    file = folder / "register.html"
    file.write_text(register_page.page([known, unknown], "A. Person", "an office", "fr", 12, "ab" * 32))
    return file


def _report(folder: Path) -> Path:
    file = folder / "report.html"
    file.write_text(page(contents_of(plan(), summary(), "Crossroads", "drawn by hand", "SIM-1"), DRAWN))
    return file


def _public_page(folder: Path) -> Path:
    file = folder / "index.html"
    file.write_text(page_in("fr", public_page(public_flight(), public_flight(recorded="yes", seen_m2=None))))
    return file


@pytest.mark.parametrize("write", [_flight_dossier, _camera_dossier, _register, _report, _public_page])
def test_a_page_breaks_no_rule_of_wcag_and_asks_for_nothing(
    shown: Callable[[Path], Page], axe: str, tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    tab = shown(write(tmp_path))
    for scheme in ("light", "dark"):
        tab.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        assert breaches(tab, axe) == [], scheme
    assert tab.problems == []
