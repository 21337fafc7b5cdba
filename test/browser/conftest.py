"""A headless Chromium of this computer, driven by its own protocol; without one the tests are skipped."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from blindspot.core.errors import DependencyError
from blindspot.core.npm import File, Package, fetch

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-port=0")
WITHIN_S = 30.0
"""A guard against a hang on a busy computer."""
HAND_CLOCK = """
(() => {
  const wait = setTimeout, now = performance.now.bind(performance);
  let passed = 0, late = 0, due = [];
  performance.now = () => now() + late;
  window.later = ms => { late += ms; };
  window.setTimeout = (act, ms, ...rest) => {
    if (!(ms >= 1000)) return wait(act, ms, ...rest);
    due.push({ act, at: passed + ms, id: 1e9 + due.length });
    return due.at(-1).id;
  };
  const clear = clearTimeout;
  window.clearTimeout = id => { due = due.map(one => (one.id === id ? { ...one, act: null } : one)); clear(id); };
  window.advance = ms => {
    passed += ms;
    for (const one of due) if (one.act && one.at <= passed) { const { act } = one; one.act = null; act(); }
  };
})();
"""
"""Waits of a second and more end by `advance` alone: a busy computer makes no short press a long one. `later` makes
the memories of the page older."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class AxeCore(Package):
    min_js: File


AXE = AxeCore(
    what="finds breaches of WCAG in a page", licence="MPL-2.0", package="axe-core", version="4.11.0",
    min_js=File(path="axe.min.js", sha256="e9e5863c33a874f09bc01acd9234b7e3c871479f5eef8802fa582544465e6d01"),
)  # fmt: skip


class Page:
    """One tab. `problems` holds the messages of the browser's console, and the requests to other computers."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.problems: list[str] = []
        for domain in ("Runtime", "Log", "Page", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command of the browser's protocol; its result."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            event = json.loads(self._socket.recv(timeout=WITHIN_S))
            if event.get("id") == self._number:
                assert "error" not in event, event
                return dict(event["result"])
            self._note(event)

    def _note(self, event: dict[str, Any]) -> None:
        if event["method"] in ("Runtime.consoleAPICalled", "Log.entryAdded", "Runtime.exceptionThrown"):
            self.problems.append(json.dumps(event["params"])[:500])
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
                self.problems.append(url)

    def open(self, url: str) -> None:
        """Open an address, with a clock that only `window.advance` moves."""
        self.call("Page.addScriptToEvaluateOnNewDocument", source=HAND_CLOCK)
        self.call("Page.navigate", url=url)

    def run(self, expression: str) -> Any:
        """The value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def until(self, expression: str) -> Any:
        """Wait until the expression is true; its value."""
        ends_s = time.monotonic() + WITHIN_S
        while not (value := self.run(expression)):
            assert time.monotonic() < ends_s, self.run("document.body.innerText")
            time.sleep(0.02)
        return value


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Host and port of a running browser."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed: sudo apt-get install chromium")
    profile = tmp_path_factory.mktemp("profile")
    command = [program, *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    noted, ends_s = profile / "DevToolsActivePort", time.monotonic() + WITHIN_S
    while not (noted.is_file() and noted.read_text().strip()):
        assert browser.poll() is None and time.monotonic() < ends_s, "the browser does not start"
        time.sleep(0.05)
    yield f"127.0.0.1:{Path(noted).read_text().split()[0]}"
    browser.terminate()
    browser.wait()


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The text of axe-core, kept beside the temporary folders of all runs: a run fetches it once."""
    kept = tmp_path_factory.getbasetemp().parent / f"axe-core-{AXE.version}.js"
    if not kept.is_file():
        try:
            kept.write_bytes(fetch(AXE, "test/browser/conftest.py")["min_js"])
        except DependencyError as error:
            pytest.skip(f"NOT TESTED: {error}")
    return kept.read_text(encoding="utf-8")


def breaches(page: Page, axe: str) -> list[str]:
    """The rules of WCAG 2.2 AA that a page breaks now, by axe-core, each with its first element."""
    if not page.run("Boolean(window.axe)"):
        page.call("Runtime.evaluate", expression=axe)
    said = "r => r.violations.map(v => `${v.id}: ${v.help}: ${v.nodes[0].html.slice(0, 200)}`)"
    return list(page.run(f"axe.run({json.dumps({'runOnly': RULES})}).then({said})"))


@pytest.fixture
def new_page(chromium: str) -> Iterator[Callable[[], Page]]:
    """Opens tabs, and closes them after the test."""
    with ExitStack() as opened:

        def make() -> Page:
            asked = urllib.request.Request(f"http://{chromium}/json/new", method="PUT")
            with urllib.request.urlopen(asked, timeout=WITHIN_S) as answer:
                address = json.load(answer)["webSocketDebuggerUrl"]
            page = Page(opened.enter_context(connect(address, max_size=None)))
            opened.callback(page.call, "Page.close")
            return page

        yield make
