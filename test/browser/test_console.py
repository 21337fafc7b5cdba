"""The console's page in a browser: what a person sees, presses and hears of."""

from __future__ import annotations

import http.server
import threading
import time
from threading import Lock

import pytest

from blindspot.console import ConsoleServer, PageOrders, View, free_socket, server
from blindspot.core import DependencyError, folders
from blindspot.coverage.maps import map_library

KEY = "the-key"
DRONE = {
    "phase": "en_route", "reason": "", "hold_ends_s": None, "battery_fraction": 0.5, "route_fraction": 0.25,
    "up_m": 60.0, "sensor_inhibited": False, "autopilot": "up", "at": None,
}  # fmt: skip
STACK = {"simulated": True, "name": "Crossroads", "lost_nodes": [], "notices": [], "operators": [], "user": "root"}
ABORT_ALL, BAR = "document.querySelectorAll('.all .press')[1]", "document.querySelector('.bar')?.innerText"

IS_ON = "document.querySelector('.stops button:enabled') !== null"


class Console:
    """A server without a stack: the test is the stack."""

    def __init__(self, acts=None, hears=lambda said: None) -> None:
        """`acts` answer questions of pages, and `hears` gets each other message."""
        self._acts, self._hears = acts, hears
        try:
            scripts = map_library.load_page_scripts(folders.WEB_DIR)
        except DependencyError as error:
            pytest.skip(str(error))
        self._scripts = {f"{name.replace('/', '-')}.mjs": script for name, script in scripts.items()}
        self._scripts |= {"maplibre-gl.js": b"", "maplibre-gl.css": b""}
        self.view, self.lock, self.stops = View(), Lock(), PageOrders(["drone1", "drone2"], "root")
        self.starts()
        self.says(stack=STACK, **{"drone/drone1": DRONE, "drone/drone2": DRONE})

    def starts(self, port: int = 8700) -> None:
        opened = free_socket(port)
        self.server = ConsoleServer(self.view, self.lock, KEY, self._scripts, {}, self._take, self._acts)
        self.port = opened.getsockname()[1]
        self.server.start(opened)

    def _take(self, said) -> bool:
        return self.stops.ask(said["stop"]) if "stop" in said else self._hears(said) is None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def says(self, *, age_s: float = 0.0, **records) -> None:
        with self.lock:
            for key, content in records.items():
                self.view.take(key, content, time.monotonic() - age_s)

    @property
    def ordered(self) -> list[str]:
        return [f"{one.order} {','.join(one.drones)}" for one in iter(self.stops.next, None)]


@pytest.fixture
def console():
    made = Console()
    yield made
    made.server.stop()


@pytest.fixture
def page(console, new_page):
    made = new_page()
    made.open(f"{console.url}#{KEY}")
    made.until("document.querySelectorAll('.stops').length === 2")
    return made


def press(page, button, ms):
    """Press a button for so long by the page's own clock."""
    page.until(IS_ON)
    page.run(f"""(() => {{
        const act = kind => {button}.dispatchEvent(new PointerEvent(kind, {{ button: 0, bubbles: true }}));
        act("pointerdown"); advance({ms}); act("pointerup");
    }})()""")


def heard(page, console):
    """The orders so far, after an order that certainly comes last."""
    page.until(IS_ON)  # the clock of the page may have passed the longest silence of the server
    page.run("document.querySelector('.stops button').click()")
    orders = []
    ends_s = time.monotonic() + 30.0
    while orders[-1:] != ["hold drone1"] and time.monotonic() < ends_s:
        orders += console.ordered
    assert orders[-1:] == ["hold drone1"]
    return orders[:-1]


def test_the_page_says_nothing_on_the_console_and_asks_no_other_computer(page, console):
    console.says(**{"drone/drone1": DRONE | {"reason": "<img src=http://evil.example onerror=alert(1)>"}})
    page.until("document.body.innerText.includes('<img src=http://evil.example')")
    assert page.problems == []


def test_a_long_flight_leaves_the_memory_of_the_page_where_it_was(page, console, monkeypatch):
    monkeypatch.setattr(server, "SENT_EACH_S", 0.01)

    def flies(first, last):
        """The page's memory after it showed these messages, bytes."""
        for number in range(first, last):
            console.says(**{"drone/drone1": DRONE | {"up_m": float(number), "at": [-1.5, 47.0 + 1e-5 * number]}})
            page.until(f"document.body.innerText.includes('{number} m')")
        page.call("HeapProfiler.collectGarbage")
        return page.call("Runtime.getHeapUsage")["usedSize"]

    before, after = flies(1000, 1100), flies(1100, 1400)
    assert after - before < 1_000_000, "300 drawn pages are larger than that"


def test_a_press_of_less_than_a_second_lands_nothing_and_a_longer_one_lands_once(page, console):
    press(page, ABORT_ALL, 900)
    press(page, ABORT_ALL, 1000)
    press(page, ABORT_ALL, 1500)  # a second press while the answer is awaited
    assert heard(page, console) == ["abort drone1,drone2"]


@pytest.mark.parametrize(("held_ms", "ordered"), [(999, []), (1000, ["abort drone1,drone2"])])
def test_on_a_busy_tablet_the_length_of_a_press_counts_and_not_the_late_timer(page, console, held_ms, ordered):
    page.until(IS_ON)
    page.run(f"""for (const [kind, timeStamp] of [["pointerdown", 5000], ["pointerup", {5000 + held_ms}]]) {{
        const event = new PointerEvent(kind, {{ button: 0, bubbles: true }});
        {ABORT_ALL}.dispatchEvent(Object.defineProperty(event, "timeStamp", {{ value: timeStamp }}));
    }}""")
    assert heard(page, console) == ordered


def test_enter_must_come_twice_and_escape_calls_it_off(page, console):
    enter = f"{ABORT_ALL}.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true }}))"
    page.run(enter)
    page.until(f"{ABORT_ALL}.innerText.includes('Enter again')")
    page.run(enter.replace("Enter", "Escape"))
    page.until(f"!{ABORT_ALL}.innerText.includes('Enter again')")
    page.run(enter)
    page.until(f"{ABORT_ALL}.innerText.includes('Enter again')")
    page.run(enter)
    assert heard(page, console) == ["abort drone1,drone2"]


def test_a_page_in_the_background_lands_nothing(page, console):
    page.run(f"""(() => {{
        {ABORT_ALL}.dispatchEvent(new PointerEvent("pointerdown", {{ button: 0, bubbles: true }}));
        Object.defineProperty(document, "visibilityState", {{ value: "hidden", configurable: true }});
        advance(1500);
        document.dispatchEvent(new Event("visibilitychange"));
        delete document.visibilityState;
    }})()""")
    assert heard(page, console) == []


def test_the_key_h_holds_all_but_not_while_a_person_writes(page, console):
    key = "dispatchEvent(new KeyboardEvent('keydown', { key: 'h', bubbles: true }))"
    page.run(f"document.querySelector('input').{key}")
    page.run(f"document.body.{key}")
    assert heard(page, console) == ["hold "]


def test_each_page_shows_the_orders_of_the_others(page, console):
    order = {
        "id": "a", "order": "hold", "drones": ["drone2"], "person": "B. Roy", "at": "21:14:07", "reason": "a crane",
        "state": "not shown", "message": "", "shown": [], "open": ["drone2"], "after_s": 15.0,
    }  # fmt: skip
    console.says(**{"order/000001": order})
    said = page.until("document.querySelector('.orders .bad')?.innerText")
    assert said == "21:14:07 Hold drone2, B. Roy: a crane: NOT SHOWN by drone2: look at the drones"


def test_a_lost_server_disables_the_stops_and_comes_back_with_the_same_view(page, console):
    console.server.stop()
    page.until(f"({BAR} || '').startsWith('The page hears nothing since')")
    assert page.run("[...document.querySelectorAll('.stops button, .all button')].every(button => button.disabled)")
    page.run("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'h', bubbles: true }))")
    console.starts(console.port)
    page.until(f"advance(1000), {BAR} === undefined && document.querySelectorAll('.stops button:enabled').length > 0")
    assert console.ordered == [], "an order that was pressed without a connection is not given later"


def test_an_order_that_the_server_never_showed_is_named(page, console):
    page.run("document.querySelector('.stops button').click(), later(3100)")
    page.until("document.querySelector('.orders .bad')?.innerText.includes('has not shown this order')")
    assert console.ordered == ["hold drone1"]
    assert heard(page, console) == [], "the person may press again, and the order is given once more"


@pytest.mark.parametrize(("age_s", "looks"), [(4.0, "old"), (11.0, "gone")])
def test_an_old_value_is_grey_and_a_very_old_one_crossed_out(page, console, age_s, looks):
    console.says(age_s=age_s, **{"drone/drone1": DRONE | {"phase": "hold"}})
    page.until(f"document.querySelector('#lists li').className === '{looks}'")


def test_a_silent_stack_disables_the_stops_and_says_since_when(page, console):
    console.says(age_s=11.0, stack=STACK | {"notices": ["silent"]})
    page.until(f"({BAR} || '').startsWith('The stack is not heard since')")
    assert page.run("[...document.querySelectorAll('.stops button, .all button')].every(button => button.disabled)")


@pytest.mark.parametrize("key", ["", "#guessed"])
def test_without_the_key_another_user_of_this_computer_sees_one_sentence(console, new_page, key):
    page = new_page()
    page.open(console.url + key)
    page.until(f"({BAR} || '').startsWith('This address has no valid key')")
    assert "drone1" not in page.run("document.body.innerText")


def test_a_hostile_page_of_the_same_browser_sees_and_orders_nothing(console, new_page):
    class Hostile(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Hostile) as evil:
        threading.Thread(target=evil.serve_forever, daemon=True).start()
        page = new_page()
        page.open(f"http://127.0.0.1:{evil.server_address[1]}/")
        page.until("document.readyState === 'complete' && location.protocol === 'http:'")
        found = page.run(f"""Promise.all([
            fetch("{console.url}town.json").then(answer => answer.status, () => "refused"),
            new Promise(end => {{
                const socket = new WebSocket("ws://127.0.0.1:{console.port}/view");
                socket.onopen = () => socket.send('{{"key": "{KEY}"}}');
                socket.onmessage = event => end(event.data);
                socket.onclose = () => end("refused");
            }}),
        ])""")
        evil.shutdown()
    assert found == ["refused", "refused"]
    assert console.ordered == []
