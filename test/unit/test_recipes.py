"""The recipes of CONTRIBUTING hold: a newcomer who follows one finds each file and name, and misses no table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from blindspot.law.judgement import RULES
from blindspot.stack.parts.basis import TOWN_WIDE

ROOT = Path(__file__).resolve().parents[2]
SEARCHED = ("src", "sim", "lab", "config", "test/unit", "setup.py")
"""Code and tables that a recipe may have to name."""
WORD = re.compile(r"`([^`\s]+)`")
PATH = re.compile(r"[\w./-]+/[\w.-]+|\w+\.(?:py|yaml|toml|cfg)")
SYMBOL = re.compile(r"[A-Za-z_][A-Za-z_.]*")


@dataclass(frozen=True)
class Recipe:
    """One section of CONTRIBUTING: its sample and its text."""

    title: str
    sample: str
    text: str

    @property
    def paths(self) -> list[str]:
        return sorted({word for word in WORD.findall(self.text) if PATH.fullmatch(word)})

    @property
    def symbols(self) -> list[str]:
        return sorted({word for word in WORD.findall(self.text) if SYMBOL.fullmatch(word)} - set(self.paths))

    @property
    def places(self) -> list[str]:
        """The files in bold: those that a newcomer changes."""
        return sorted(re.findall(r"\*\*`([^`\s]+)`\*\*", self.text))


def recipes() -> list[Recipe]:
    sections = re.findall(r"^## (A new .+?)\n(.*?)(?=^## )", (ROOT / "CONTRIBUTING.md").read_text(), re.M | re.S)
    return [Recipe(title, *re.findall(r"Sample: `([^`]+)`", text), text) for title, text in sections]


RECIPES = {recipe.title: recipe for recipe in recipes()}


def spelt(sample: str) -> re.Pattern[str]:
    """A sample as code spells it: `computer hot`, `computer_hot` or `ComputerHot`."""
    return re.compile("[ _-]?".join(re.split(r"[ _-]", sample)), re.IGNORECASE)


@cache
def texts() -> dict[str, str]:
    """Each file of code and configuration, by its path in the repository."""
    found = [file for name in SEARCHED for file in [ROOT / name, *(ROOT / name).rglob("*")]]
    kinds = (".py", ".yaml")
    return {str(file.relative_to(ROOT)): file.read_text() for file in found if file.is_file() and file.suffix in kinds}


def exists(path: str) -> bool:
    """A path from the repository's root, or the end of one file's or folder's path."""
    return (ROOT / path).exists() or any(
        f"/{name}".endswith(f"/{path}") or f"/{path}/" in f"/{name}" for name in texts()
    )


def rows() -> list[str]:
    """The names of failsafe rows that the ladder spells out."""
    return re.findall(r'Row\("([^"]+)"', texts()["src/blindspot/flight/watch/ladder.py"])


def tables_of(members: list[str]) -> set[str]:
    """The files that name each member of a family in quotes, or as the end of a name in quotes."""
    quoted = [re.compile(rf'["/]{re.escape(each)}["}}]|test_{re.escape(each.replace(" ", "_"))}\b') for each in members]
    return {name for name, text in texts().items() if all(each.search(text) for each in quoted)}


def test_the_four_recipes_have_a_sample_and_places():
    assert list(RECIPES) == ["A new command-line option", "A new node", "A new legal rule", "A new failsafe row"]
    assert all(len(recipe.places) >= 4 for recipe in RECIPES.values())


@pytest.mark.parametrize("title", RECIPES)
def test_each_file_and_folder_exists(title):
    assert [path for path in RECIPES[title].paths if not exists(path)] == []


@pytest.mark.parametrize("title", RECIPES)
def test_each_name_stands_in_a_file_of_its_recipe(title):
    recipe = RECIPES[title]
    near = [text for name, text in texts().items() if any(path in name for path in recipe.paths)]
    near += [path.read_text() for path in map(ROOT.joinpath, recipe.paths) if path.is_file()]
    known = {Path(name).stem for name in texts()}

    def is_near(symbol: str) -> bool:
        module, _, name = symbol.rpartition(".")
        door = texts().get(f"src/{module.replace('.', '/')}/__init__.py", "")
        return name in known or name in door or any(name in text for text in near)

    words = {symbol for symbol in recipe.symbols if not is_near(symbol)}
    own = {"computer_warm_c", "test_computer_warm"}
    """Names that the recipe's reader makes."""
    assert words - own == set()


@pytest.mark.parametrize("title", RECIPES)
def test_each_file_in_bold_holds_the_sample(title):
    """A wrong file sends its reader to a place where no member of the family stands."""
    recipe = RECIPES[title]
    wrong = [path for path in recipe.places if not spelt(recipe.sample).search((ROOT / path).read_text())]
    assert wrong == []


@pytest.mark.parametrize(
    ("title", "members"),
    [
        ("A new node", list(TOWN_WIDE)),
        ("A new legal rule", [rule.id for rule in RULES]),
        ("A new failsafe row", rows()),
    ],
)
def test_each_table_of_all_members_is_in_bold(title, members):
    assert len(members) >= 4
    assert sorted(tables_of(members) - set(RECIPES[title].places)) == []


def test_each_command_group_of_the_recipe_holds_commands():
    named = re.findall(r"`(\w+)`", RECIPES["A new command-line option"].text.split("A new command is")[1])
    folders = {path.parent.name for path in (ROOT / "src/blindspot/cli").glob("*/*.py")}
    assert {"plans", "operate", "law"} <= set(named) <= folders


@pytest.mark.parametrize(
    ("sample", "text", "is_found"),
    [
        ("PUB-01", "def pub_01(ctx):", True),
        ("coverage_monitor", "class CoverageMonitor:", True),
        ("computer hot", "computer_hot_c", True),
        ("PUB-01", "def pub_02(ctx):", False),
    ],
)
def test_a_sample_is_found_in_each_spelling(sample, text, is_found):
    assert bool(spelt(sample).search(text)) == is_found
