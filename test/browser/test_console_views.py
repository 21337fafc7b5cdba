"""Each view and state of the console's page: what it says, that it breaks no rule of WCAG, and that it says nothing on
the browser's console. The server here has no stack: the test is the stack."""

from __future__ import annotations

import pytest
from test.browser.conftest import breaches
from test.browser.test_console import BAR, DRONE, KEY, STACK, Console

LEASE = {"granted": True, "may_look": True, "rule": "", "authorisation": "SIM-1", "sentence": "GO until 22:58"}
EVENING = {
    "operation": "evenings", "evening": "evenings/2026-12-03/evening", "simulated": True, "waits": "",
    "pilots": ["A. Martin", "B. Roy"], "max_wind_mps": 8.0, "needs_mandate": True, "mandated": [],
    "shown": "evenings/2026-12-03/evening", "state": "drawn", "reason": "", "refusals": [],
    "passes": [
        {"id": "e/1", "number": 1, "state": "awaiting_person", "reason": "", "person": "", "start": "21:05",
         "latest": "21:20", "waits": True, "can_skip": True, "run": ""},
        {"id": "e/2", "number": 2, "state": "drawn", "reason": "", "person": "", "start": "", "latest": "",
         "waits": False, "can_skip": True, "run": ""},
    ],
}  # fmt: skip
ROWS = [
    {"row": name, "progress": progress, "action": "return", "value": "44.10 %", "limit": "way home + 15%", "used": 0.9,
     "left_s": left_s}
    for name, progress, left_s in [("battery low", "counting", 2.0), ("wind strong", "quiet", 40.0),
                                   ("fence near", "quiet", None), ("disk full", "quiet", None)]
]  # fmt: skip
ALERT = {"kind": "battery_short", "values": {"drone": "drone1", "battery": "40 %"}, "detail": "", "rank": 0,
         "since": "21:12:01", "since_utc": "2026-12-03T20:12:01+00:00"}  # fmt: skip
RULINGS = {
    "at": "2026-12-03T20:14:07+00:00", "granted": False, "run": "run-1", "person": "A. Martin",
    "authorisation": "SIM-1", "verdicts": ["TIM-01: too late"], "drones": ["drone1"],
    "rulings": [
        {"rule": "AUT-01", "ok": True, "article": "L242-5", "evidence": "signed and valid", "remedy": ""},
        {"rule": "TIM-01", "ok": False, "article": "L242-5", "evidence": "ends after 22:58", "remedy": "fly earlier"},
    ],
}  # fmt: skip
RUN = {"run": "run-1", "mission": "Crossroads", "drones": ["drone1"], "person": "A. Martin", "phase": "flying",
       "outcome": "", "reason": "", "watch": {"gate": {"state": "gap", "looking": ""}}}  # fmt: skip
ORDER = {"id": "a", "order": "hold", "drones": ["drone2"], "person": "B. Roy", "at": "21:14:07", "reason": "a crane",
         "message": "", "shown": [], "open": ["drone2"], "after_s": 15.0}  # fmt: skip
TEXT = "document.body.innerText"


@pytest.fixture
def asked():
    """The questions of pages: name, content."""
    return []


@pytest.fixture
def console(asked):
    made = Console(acts={"why": lambda said: asked.append(said) or RULINGS}, hears=asked.append)
    yield made
    made.server.stop()


@pytest.fixture
def page(console, new_page):
    made = new_page()
    made.call("Emulation.setDeviceMetricsOverride", width=1366, height=768, deviceScaleFactor=1, mobile=False)
    made.open(f"{console.url}#{KEY}")
    made.until("document.querySelectorAll('.stops').length === 2")
    yield made
    made.run("localStorage.clear()")


def click(page, text):
    page.run(f"[...document.querySelectorAll('button')].find(one => one.innerText.trim() === {text!r}).click()")


def flies(console):
    """A stack with something in every panel."""
    drone = DRONE | {"looks": 21, "looks_done": 7, "reason": "a crane moves"}
    orders = {f"order/{n}": ORDER | {"state": state} for n, state in enumerate(("sent", "shown", "not shown"))}
    console.says(
        stack=STACK | {"notices": ["Put A2 into drone1"], "lost_nodes": ["/drone1/camera"]}, evening=EVENING,
        **{"drone/drone1": drone, "drone/drone2": drone | {"phase": "hold", "hold_ends_s": 78.0},
           "lease/drone1": LEASE, "ladder/drone1": {"rows": ROWS}, "run/run-1": RUN,
           "alert/battery_short/drone1": ALERT,
           "run/run-0": RUN | {"run": "run-0", "outcome": "refused", "reason": "TIM-01: too late"},
           "seen/run-1": {"blind_area_m2": 4120.0, "seen_fraction": 0.7}, **orders},
    )  # fmt: skip


def test_each_view_breaks_no_rule_of_wcag_in_light_and_dark(page, console, axe):
    assert breaches(page, axe) == [], "a stack that stands"
    flies(console)
    page.until("document.querySelector('.alerts') !== null")
    for scheme in ("light", "dark"):
        click(page, scheme)
        assert breaches(page, axe) == [], f"flying, {scheme}"
    page.run("document.querySelector('.name').click(), document.querySelector('.go button').click()")
    page.until("Boolean(document.querySelector('table') && document.querySelector('.rulings'))")
    assert breaches(page, axe) == [], "a drone's page and the rulings"
    console.says(age_s=11.0, stack=STACK | {"notices": ["silent"]})
    page.until(f"({BAR} || '').startsWith('The stack is not heard since')")
    assert breaches(page, axe) == [], "a silent stack"
    assert page.problems == []


def test_a_node_that_was_never_heard_starts_and_a_node_that_fell_silent_is_lost(page, console):
    console.says(stack=STACK | {"lost_nodes": ["/drone1/camera", "/drone2/camera"]}, **{"node//drone1/camera": {}})
    page.until(f"{TEXT}.includes('not ready: /drone1/camera') && {TEXT}.includes('starting: /drone2/camera')")


def test_a_drone_on_its_pad_shows_no_share_of_a_route(page, console):
    shares = "[...document.querySelectorAll('.drones li')].map(one => one.innerText.includes('route'))"
    console.says(**{"drone/drone2": DRONE | {"phase": "idle", "route_fraction": 0.0}})
    page.until(f"{shares}.join() === 'true,false'")


def test_go_names_what_is_signed_and_the_source_of_the_rest(page, console):
    page.until(f"{TEXT}.includes('No plan is cleared: nothing may fly')")
    console.says(**{"lease/drone1": LEASE})
    page.until(f"{TEXT}.includes('GO: drone1') && {TEXT}.includes('not signed: \"GO until 22:58\"')")
    console.says(
        **{"lease/drone1": LEASE | {"granted": False, "may_look": False, "rule": "TIM-01", "sentence": "late"}}
    )
    page.until(f"{TEXT}.includes('NO GO: drone1, by rule TIM-01')")
    console.says(age_s=6.0, **{"lease/drone1": LEASE | {"rule": "x"}})
    page.until(f"{TEXT}.includes('NO GO: no lease of drone1 since')")
    console.says(**{"drone/drone1": DRONE | {"autopilot": "down"}})
    page.until(f"{TEXT}.includes('No plan is cleared: nothing may fly')")


def test_why_shows_broken_rules_first_in_the_language_of_the_page(page, asked):
    click(page, "FR")
    page.run("document.querySelector('.go button').click()")
    said = page.until("document.querySelector('.rulings')?.innerText")
    assert said.index("TIM-01") < said.index("AUT-01") and "À faire : fly earlier" in said
    assert {"language": "fr"} in asked
    page.run(
        "document.querySelector('dialog').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))"
    )
    page.until("document.querySelector('dialog') === null")


def test_the_evening_says_who_waits_for_whom(page, console):
    console.says(evening=EVENING)
    page.until(f"{TEXT}.includes('Pass 1 waits for a pilot (A. Martin, B. Roy) until 21:20')")
    assert page.run(f"{TEXT}.includes('waits for the mandate of a pilot') && {TEXT}.includes('its start is secret')")
    console.says(evening=EVENING | {"mandated": ["A. Martin"], "passes": [EVENING["passes"][1]]})
    page.until(f"{TEXT}.includes('Mandate of 2026-12-03 evening: A. Martin') && !{TEXT}.includes('waits for')")


def test_a_drone_s_page_asks_for_its_ladder_and_shows_the_three_nearest_rows(page, console, asked):
    console.says(**{"ladder/drone1": {"rows": ROWS}})
    assert asked == []
    page.run("document.querySelector('.name').click()")
    page.until("document.querySelectorAll('tbody tr').length === 3")
    assert page.run("document.querySelector('tbody tr').innerText").split() == [
        "▲", "battery", "low", "returns", "44.10", "%", "way", "home", "+", "15%", "2.0", "s",
    ]  # fmt: skip
    click(page, "All 4 rows")
    page.until("document.querySelectorAll('tbody tr').length === 4")
    click(page, "← all drones")
    page.until("document.querySelectorAll('.stops').length === 2")
    assert {"ladder": "drone1"} in asked


def test_a_page_of_a_lost_drone_ends(page, console):
    page.run("document.querySelector('.name').click()")
    page.until("document.querySelector('.drone-page') !== null")
    with console.lock:
        console.view.keep("drone/", {"drone/drone2"})
    page.until("document.querySelector('.drone-page') === null && document.querySelectorAll('.stops').length === 1")


def test_language_and_colours_are_remembered(page, console):
    click(page, "FR")
    click(page, "sombre")
    page.open(f"{console.url}?again#{KEY}")
    page.until("location.search === '?again' && document.body !== null")
    page.until(f"document.documentElement.lang === 'fr' && {TEXT}.includes('Stationnaire')")
    assert page.run("document.documentElement.style.colorScheme") == "dark"


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1280, 800), (800, 1280)])
def test_no_stop_of_all_drones_lies_outside_the_screen(page, console, width, height):
    flies(console)
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
    page.until(f"""innerWidth === {width} && [...document.querySelectorAll('.all button')].every(one => {{
        const box = one.getBoundingClientRect();
        return box.left >= 0 && box.right <= innerWidth && box.top >= 0 && box.bottom <= innerHeight;
    }}) && document.documentElement.scrollWidth <= innerWidth""")
