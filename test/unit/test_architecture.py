"""The page docs/architecture.md shows the import table of the code, names existing modules and lists large folders."""

from __future__ import annotations

import importlib.util
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
LARGEST_FOLDER = 16


def import_table():
    """The module `test_rooms`, which lies beside this one: pytest's import mode puts no test folder on the path."""
    found = importlib.util.spec_from_file_location("rooms", Path(__file__).with_name("test_rooms.py"))
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_page_shows_the_import_table():
    rooms = import_table()
    groups = {"contracts": rooms.CONTRACTS, "on board": rooms.ON_BOARD, "every package": rooms.EVERYTHING}
    table = PAGE.partition("<!-- imports -->")[2].partition("<!-- end -->")[0]
    shown = {
        package: set().union(*(groups.get(name, {name}) for name in filter(None, cell.strip().split(", "))))
        for package, cell in re.findall(r"^\| `(\w+)` \|([^|]*)\|$", table, re.MULTILINE)
    }
    assert shown == rooms.MAY_IMPORT


def test_the_named_modules_exist():
    walks = section("From a mission file to a flight") + section("From a picture to a masked recording")
    named = re.findall(r"`([\w/]+\.py)`", walks)
    assert len(named) > 30
    assert [name for name in named if not (ROOT / "src" / "blindspot" / name).is_file()] == []


def test_large_folders_are_listed():
    folders = ("src/blindspot", "sim/blindspot_sim", "lab/blindspot_lab")
    files = Counter(file.parent.relative_to(ROOT) for folder in folders for file in (ROOT / folder).rglob("*.py"))
    listed = set(re.findall(r"^\| `([\w/]+)` \|", section("Folders").rpartition("exceptions")[2], re.MULTILINE))
    assert {str(folder) for folder, number in files.items() if number > LARGEST_FOLDER} <= listed
