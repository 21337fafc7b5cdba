"""The chart of the turns: a bar for each turn, with its pack, and local times."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from zoneinfo import ZoneInfo

from blindspot.operations import watches

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    return ["".join(text.itertext()) for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_each_turn_is_a_bar_with_its_pack(watch, posts):
    found = watches.forecast(watch, posts)
    packs = [f"P{number}" for number in range(len(found.turns))]
    svg = watches.rota_svg(found, packs, ZoneInfo("Europe/Paris"))
    bars = [rect for rect in ET.fromstring(svg).iter(f"{SVG}rect") if rect.find(f"{SVG}title") is not None]
    assert len(bars) == 2 * len(found.turns)  # the flight, and the time on post in it
    assert {*packs, "drone1", "drone2", "14:00", "17:30", "stage"} <= set(texts(svg))
    assert any(text.endswith("light: way out and way home; P0: the pack") for text in texts(svg))


def test_a_gap_is_red_and_named(watch, posts, with_file):
    found = watches.forecast(with_file(watch, swap_s=1500.0), posts)
    svg = watches.rota_svg(found, [], ZoneInfo("Europe/Paris"))
    assert "nobody looks" in texts(svg) and svg.count("nobody looks at stage") == len(found.gaps)


def test_names_are_text_and_no_markup(watch, posts, with_file):
    named = with_file(watch, name="A <script> & more")
    svg = watches.rota_svg(watches.forecast(named, posts), [], ZoneInfo("Europe/Paris"))
    assert "A <script> & more: turns of the watch" in texts(svg)
