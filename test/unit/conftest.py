"""The crossroads mission: its stacks, its site and its plan, made once."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from blindspot.mission.mission_file import load_mission
from blindspot.planning.planner import make_plan, make_sorties
from blindspot.site.load import load_site
from blindspot.stack.bringup import CONFIG_DIR, stack
from blindspot.stack.programs.processes import Options, Stack

MISSION = Path(__file__).parents[2] / "config" / "missions" / "crossroads.yaml"


@pytest.fixture
def mission_of(tmp_path: Path) -> Callable[..., Path]:
    """Writes the crossroads' mission with one or two drones, its paths made absolute."""

    def make(drones: int) -> Path:
        text = MISSION.read_text()
        for name in ("../sites", "../authorisations", "crossroads_perimeter"):
            text = text.replace(f": {name}", f": {MISSION.parent / name}")
        if drones == 1:
            text = text.replace("  - {name: drone2, model: reference, pad: south}\n", "")
        (tmp_path / "missions").mkdir(exist_ok=True)
        if not (tmp_path / "drones").exists():
            (tmp_path / "drones").symlink_to(CONFIG_DIR / "drones")
        (tmp_path / "missions" / "own.yaml").write_text(text)
        return tmp_path / "missions" / "own.yaml"

    return make


@pytest.fixture
def made(tmp_path: Path, mission_of: Callable[..., Path]) -> Callable[..., Stack]:
    """Makes the stack of a mode; on hardware with one drone and a video, as it has to be."""

    def make(mode: str, mission: Path = MISSION, **changes: object) -> Stack:
        options = Options(run_dir=tmp_path / "run", seed=5)
        if mode == "hardware":
            video = tmp_path / "video.avi"
            video.touch()
            options, mission = replace(options, camera=str(video)), mission_of(drones=1)
        return stack(mode, mission, replace(options, **changes))

    return make


@pytest.fixture(scope="session")
def mission():
    return load_mission(MISSION)


@pytest.fixture(scope="session")
def site(mission):
    return load_site(mission.site_dir)


@pytest.fixture(scope="session")
def plan(mission, made_once):
    return made_once("plan", lambda: make_plan(mission))


@pytest.fixture(scope="session")
def watch():
    """The mission that watches the crossroads."""
    return load_mission(MISSION.with_name("crossroads_watch.yaml"))


@pytest.fixture(scope="session")
def posts(watch, made_once):
    """The posts of this watch, a plan for each drone."""
    return made_once("posts", lambda: make_sorties(watch))


@pytest.fixture(scope="module")
def searched_little(plan) -> Iterator[None]:
    """Cuts the search for plans to a tenth, for tests of soundness instead of tour length.

    The plan that all tests share is made before, with the whole search.
    """
    from blindspot.planning.tours import tour_search

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tour_search, "MOVES_A_PICTURE", tour_search.MOVES_A_PICTURE // 10)
        patch.setattr(tour_search, "SHIFTS_A_PICTURE", tuple(moves // 10 for moves in tour_search.SHIFTS_A_PICTURE))
        yield


@pytest.fixture(scope="module")
def planned_whole(searched_little) -> Iterator[None]:
    """Plans no parts of a team either, for tests of what becomes of a plan: a plan takes a third of the time."""
    from blindspot.planning.fleet import fewer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fewer, "SMALL_S", 0.0)
        yield


@pytest.fixture
def with_file():
    """A mission with some of its file's values replaced, e.g. `with_file(mission, limits={"max_up_m": 70.0})`."""

    def replaced(mission, **sections):
        data = mission.file.model_dump(by_alias=True)
        for name, value in sections.items():
            data[name] = data[name] | value if isinstance(value, dict) else value
        return replace(mission, file=type(mission.file).model_validate(data))

    return replaced


TELEPHONE_PX = 390
CUT = """
const frame = document.querySelector("iframe");
frame.onload = () => {
  const page = frame.contentDocument, wide = frame.clientWidth + 1;
  const cut = [...page.querySelectorAll("body, body *")].filter(e => !e.closest("script, style, .cards thead"))
    .filter(e => e.getBoundingClientRect().right > wide || (e.clientWidth && e.scrollWidth > e.clientWidth + 1));
  const out = document.querySelector("pre");
  out.textContent = JSON.stringify(cut.map(e => e.tagName + " " + e.textContent.slice(0, 60)));
};
"""
"""Lists the elements of a page in a frame that are cut, or that a reader would have to push to and fro."""


class Narrow(HTMLParser):
    """Finds the tables of a page that do not fit a telephone: more than four columns need a card for each line."""

    def __init__(self) -> None:
        super().__init__()
        self.too_wide: list[str] = []
        self._is_cards, self._columns = False, 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "table":
            self._is_cards = "cards" in (given.get("class") or "").split()
        elif tag == "tr":
            self._columns = 0
        elif tag in ("td", "th"):
            self._columns += int(given.get("colspan") or 1)
            if tag == "td" and self._is_cards and not {"data-label", "colspan"} & set(given):
                self.too_wide.append("a cell of a card has no label")
            if self._columns == 5 and not self._is_cards:
                self.too_wide.append("a table of more than four columns has no cards")


@pytest.fixture
def fits_telephone(tmp_path: Path) -> Callable[[str], None]:
    """Asserts that nothing of a page is cut on a telephone: by its text, and by a browser where there is one."""

    def check(page: str) -> None:
        assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
        narrow = Narrow()
        narrow.feed(page)
        assert narrow.too_wide == []
        if browser := shutil.which("chromium"):
            assert cut(browser, page) == []

    def cut(browser: str, page: str) -> list[str]:
        shown = re.sub(r"<meta http-equiv=[^>]*>|<script.*?</script>", "", page, flags=re.DOTALL)
        frame = f'<iframe style="width:{TELEPHONE_PX}px;height:900px;border:0" srcdoc="{html.escape(shown)}"></iframe>'
        file = tmp_path / "frame.html"
        file.write_text(f"<!doctype html><meta charset=utf-8>{frame}<pre></pre><script>{CUT}</script>")
        command = [browser, "--headless", "--no-sandbox", "--virtual-time-budget=3000", "--dump-dom", file.as_uri()]
        dom = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
        return json.loads(html.unescape(dom.partition("<pre>")[2].partition("</pre>")[0]))

    return check
