"""Masked pictures in a browser: on demand, with their age, or the reason why there is none."""

from __future__ import annotations

import time
from threading import Lock

import cv2
import numpy as np
import pytest

from blindspot.console import ConsoleServer, View, free_socket
from blindspot.console.pictures import LiveLooks, PageLooks, PictureBox
from blindspot.core import DependencyError, folders
from blindspot.coverage.maps import map_library
from blindspot.evidence import Journal
from blindspot.evidence.journals import entries_of_act

KEY = "the-key"
DRONE = {
    "phase": "en_route", "reason": "", "hold_ends_s": None, "battery_fraction": 0.5, "route_fraction": 0.25,
    "up_m": 60.0, "sensor_inhibited": False, "autopilot": "up", "at": None, "run": "evening",
}  # fmt: skip
STACK = {"simulated": True, "name": "Crossroads", "lost_nodes": [], "notices": [], "operators": [], "user": "root"}
PEOPLE = {"profile": "FR-CSI-L242-5", "pilots": ["P. Pilot"], "viewers": ["V. Viewer"]}
BUTTON, NONE = "document.querySelector('.look')", "document.querySelector('.picture .bad')?.innerText"


@pytest.fixture
def journal(tmp_path):
    path = tmp_path / "journal.jsonl"
    Journal(path, "authority").write("clearance", run="evening", granted=True, **PEOPLE)
    return path


@pytest.fixture
def box():
    return PictureBox()


@pytest.fixture
def page(journal, box, new_page):
    try:
        scripts = map_library.load_page_scripts(folders.WEB_DIR)
    except DependencyError as error:
        pytest.skip(str(error))
    named = {f"{name.replace('/', '-')}.mjs": script for name, script in scripts.items()}
    named |= {"maplibre-gl.js": b"", "maplibre-gl.css": b""}
    view, rights, opened = View(), LiveLooks(journal, lambda drone: "evening", lambda *_: None), free_socket(8700)
    for key, content in {"stack": STACK, "drone/drone1": DRONE}.items():
        view.take(key, content, time.monotonic())
    server = ConsoleServer(
        view, Lock(), KEY, named, {}, lambda said: False, looks=lambda: PageLooks(rights, box)
    )  # fmt: skip
    server.start(opened)
    made = new_page()
    made.open(f"http://127.0.0.1:{opened.getsockname()[1]}/#{KEY}")
    made.until(f"{BUTTON} !== null")
    yield made
    server.stop()


def test_a_viewer_sees_the_newest_picture_and_a_stranger_reads_why_not(page, box, journal):
    page.run(f"{BUTTON}.click()")
    assert "no act on it without a name" in page.until(NONE)
    assert box.looked_at == frozenset() and list(entries_of_act(journal, "consultation")) == []
    page.run(f"{BUTTON}.click()")  # hide
    page.until(f"{BUTTON}.innerText.startsWith('Show')")
    page.run("""(() => { const [person, reason] = document.querySelectorAll('.by input');
        for (const [input, value] of [[person, "V. Viewer"], [reason, "a fight"]]) {
            input.value = value; input.dispatchEvent(new Event("input", { bubbles: true })); } })()""")
    page.run(f"{BUTTON}.click()")
    page.until("document.querySelector('.picture p')?.innerText === 'no picture yet'")
    while not box.looked_at:
        page.run("1")
    [entry] = entries_of_act(journal, "consultation")
    assert (entry.facts["person"], entry.facts["live"]) == ("V. Viewer", True)
    jpeg = cv2.imencode(".jpg", np.full((90, 160, 3), 128, np.uint8))[1].tobytes()
    box.take("drone1", jpeg, time.monotonic(), 0.4)
    page.until("document.querySelector('.picture img')?.naturalWidth === 160")
    assert "masked picture, 0." in page.run("document.querySelector('figcaption').innerText")
    box.take("drone1", jpeg, time.monotonic(), 3.5)
    page.until("document.querySelector('figure.old') !== null")
    box.withhold("drone1", "a foreign publisher")
    assert "a foreign publisher" in page.until(NONE)
    assert page.problems == []
