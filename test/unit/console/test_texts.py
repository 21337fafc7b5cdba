"""The page's texts: both catalogues have the same keys and values to fill in, and every key that a script names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import blindspot.console

WEB = Path(blindspot.console.__file__).with_name("web")
CATALOGUES = {name: json.loads((WEB / "texts" / f"{name}.json").read_text()) for name in ("en", "fr")}
SCRIPTS = "\n".join(file.read_text() for file in sorted(WEB.rglob("*.js")))


def test_both_languages_have_equal_keys_and_equal_values_to_fill_in():
    english, french = CATALOGUES["en"], CATALOGUES["fr"]
    assert list(english) == list(french)
    filled = {key: set(re.findall(r"\{\w+\}", text)) for key, text in english.items()}
    assert filled == {key: set(re.findall(r"\{\w+\}", text)) for key, text in french.items()}
    assert all(text.strip() for texts in CATALOGUES.values() for text in texts.values())


@pytest.mark.parametrize("quote", ['"', "'"])
def test_each_key_that_a_script_names_has_a_text(quote):
    named = set(re.findall(rf"\bt\({quote}([\w.]+){quote}", SCRIPTS))
    assert named <= set(CATALOGUES["en"])


def test_each_text_has_a_user():
    """A script names the key, or makes it of a word of the stack or of the page."""
    made = ("phase.", "mission.", "outcome.", "target.", "order.", "orders.", "reason.", "alert.", "row.", "action.",
            "autopilot.", "pass.", "occurrence.", "ladder.", "settings.", "kinds.", "field.")  # fmt: skip
    unused = [key for key in CATALOGUES["en"] if not key.startswith(made) and f'"{key}"' not in SCRIPTS]
    assert not unused


def test_each_phase_of_drones_and_missions_has_a_text():
    from blindspot.flight.control import AT_REST
    from blindspot.nodes.orders.states import FLIES

    assert {f"phase.{phase}" for phase in AT_REST} <= set(CATALOGUES["en"])
    assert {f"mission.{phase}" for phase in FLIES} <= set(CATALOGUES["en"])
