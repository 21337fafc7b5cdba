"""The English of documents, docstrings and comments stays plain: repeated nouns, few riddles and negations."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("language.py")

# The largest share of sentences that start with What, Who or "That which", the largest share that hold a negation, and
# the largest number of the words tell, tells and told. The aim everywhere is 0.5 %, 20 %, and 40 in the repository.
LIMITS = {
    "documents": (0.005, 0.20, 40),
    "code": (0.005, 0.20, 10),
}
TELLS_IN_REPOSITORY = 40
PRONOUNS_PER_100_WORDS = 4.0
SENTENCES_OF_MANY_PRONOUNS = 0.01
PACKAGES = (
    "camera",
    "cli",
    "commission",
    "core",
    "coverage",
    "doctor",
    "evidence",
    "flight",
    "law",
    "mission",
    "nodes",
    "operations",
    "planning",
    "setup",
    "site",
    "stack",
    "vision",
)
"""Packages of `src/blindspot` whose docstrings and comments keep the limit of the pages, each package as a whole."""
PAGES = ("README.md", "CONTRIBUTING.md", "docs/README.md", "docs/architecture.md", "docs/guide", "docs/concepts")
CORPORA = {
    "documents": ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs"),
    "code": ("src/blindspot", "sim/blindspot_sim", "lab"),
}
ALSO_IN_REPOSITORY = ("config", "docker", "examples", "launch", "src/blindspot_msgs", "sim", "test", "blindspot")
TEXT = {"", ".action", ".cmake", ".html", ".js", ".json", ".md", ".msg", ".py", ".sh", ".srv", ".toml", ".txt", ".yaml"}


def load() -> ModuleType:
    """The script beside this test: pytest's import mode puts no test folder on the path."""
    found = importlib.util.spec_from_file_location("language", SCRIPT)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["language"] = module
    found.loader.exec_module(module)
    return module


language = load()


@cache
def sentences_of(path: Path) -> tuple[language.Sentence, ...]:
    return tuple(language.sentences_of(path, str(path.relative_to(ROOT))))


def corpus(names: tuple[str, ...]) -> list[Path]:
    return language.files_below(ROOT / name for name in names if (ROOT / name).exists())


def texts_of_the_repository() -> set[Path]:
    """Every text but this check's own, which has to name the words."""
    names = [*CORPORA["documents"], *CORPORA["code"], *ALSO_IN_REPOSITORY]
    below = (path for name in names for path in [ROOT / name, *(ROOT / name).rglob("*")])
    own = {SCRIPT, Path(__file__)}
    return {path for path in below if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts} - own


def read(tmp_path: Path, text: str, name: str = "page.md") -> list[tuple[int, str]]:
    (tmp_path / name).write_text(text)
    return [(sentence.line, sentence.text) for sentence in language.sentences_of(tmp_path / name)]


@pytest.mark.parametrize("name", LIMITS)
def test_sentences_are_plain(name):
    files = corpus(CORPORA[name])
    sentences = [each for path in files for each in sentences_of(path)]
    figures = language.measure(sentences, sum(language.tells_of(path.read_text()) for path in files))
    found = figures.riddles, figures.negations, figures.tells
    listed = "\n".join(map(str, language.worst(sentences, 10)))
    assert figures.sentences > 300, f"too few sentences to judge {name} by"
    assert all(figure <= limit for figure, limit in zip(found, LIMITS[name], strict=True)), (
        f"{name}: {figures}. Limits: {LIMITS[name]}. The ten worst sentences:\n{listed}\n"
        "`python test/unit/language.py PATH...` lists them all."
    )


@pytest.mark.parametrize(
    "text", [*(str(path.relative_to(ROOT)) for path in corpus(PAGES)), *(f"src/blindspot/{name}" for name in PACKAGES)]
)
def test_a_page_and_a_package_repeat_their_nouns(text):
    sentences = [each for path in corpus((text,)) for each in sentences_of(path)]
    listed = "\n".join(str(sentence) for sentence in sorted(sentences, key=lambda each: -each.pronouns)[:5])
    assert [str(sentence) for sentence in sentences if sentence.drops_its_noun] == []
    assert language.pronouns_of(sentences) <= PRONOUNS_PER_100_WORDS, f"repeat the noun:\n{listed}"


@pytest.mark.parametrize("package", sorted(path.parent.name for path in ROOT.glob("src/blindspot/*/__init__.py")))
def test_the_messages_of_a_package_repeat_their_nouns(package):
    messages = [each for path in corpus((f"src/blindspot/{package}",)) for each in language.messages_of(path)]
    listed = "\n".join(f"{each.path}:{each.line}: {each.text}" for each in messages if each.pronouns > 1)
    assert [str(message) for message in messages if message.drops_its_noun] == []
    assert language.pronouns_of(messages) <= PRONOUNS_PER_100_WORDS, f"repeat the noun:\n{listed}"


def test_no_sentence_of_the_code_drops_its_noun():
    sentences = [each for path in corpus(CORPORA["code"]) for each in sentences_of(path)]
    assert [str(sentence) for sentence in sentences if sentence.drops_its_noun] == []


def test_few_sentences_hold_many_pronouns():
    sentences = [each for path in corpus(PAGES) for each in sentences_of(path)]
    many = [str(each) for each in sentences if each.pronouns >= language.MANY_PRONOUNS]
    assert len(many) <= SENTENCES_OF_MANY_PRONOUNS * len(sentences), "repeat the noun:\n" + "\n".join(many)


def test_tell_is_rare():
    counts = {path: language.tells_of(path.read_text()) for path in texts_of_the_repository()}
    most = sorted(counts, key=lambda path: -counts[path])[:10]
    listed = "\n".join(f"{path.relative_to(ROOT)}: {counts[path]}" for path in most)
    assert sum(counts.values()) <= TELLS_IN_REPOSITORY, f"{sum(counts.values())} times. The most stand in\n{listed}"


@pytest.mark.parametrize(
    "text",
    [
        "What does not work is listed.",
        "Whatever the autopilot chooses is clear.",
        "Who flies is shown on the page.",
        "**Whoever signs** answers for the plan.",
        "- (What) the camera sees is measured.",
        "That which is private stays hidden.",
        "1. What the drone did is logged.",
        "# What a hostile process can do",
    ],
)
def test_a_riddle_is_found(tmp_path, text):
    (tmp_path / "page.md").write_text(text)
    assert [sentence.is_riddle for sentence in language.sentences_of(tmp_path / "page.md")] == [True]


@pytest.mark.parametrize(
    "text",
    [
        "The node logs what it receives.",
        "Wholly private ground is masked.",
        "Whatsoever else is plain here.",
        "That the drone landed is logged.",
    ],
)
def test_a_plain_start_is_no_riddle(tmp_path, text):
    (tmp_path / "page.md").write_text(text)
    assert [sentence.is_riddle for sentence in language.sentences_of(tmp_path / "page.md")] == [False]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("The drone does not arm without a lease.", 2),
        ("It can't arm, and it cannot fly.", 2),
        ("It isn’t a certified system today.", 1),
        ("Nothing and nobody arms it, never.", 3),
        ("Neither the camera nor the recorder stores it.", 2),
        ("A notable knot is noted by the node.", 0),
        ("The no-fly zone of the site is closed.", 0),
        ("The field `not_before` holds the first hour.", 0),
    ],
)
def test_negations_are_counted(tmp_path, text, number):
    (tmp_path / "page.md").write_text(text)
    assert [sentence.negations for sentence in language.sentences_of(tmp_path / "page.md")] == [number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("It reads its file and closes it.", 3),
        ("The drone with the least battery takes the one that needs it.", 3),
        ("One drone flies, and one camera is off.", 0),
        ("The first flight is over before the second one.", 1),
        ("The check shows that the drone lands on that pad.", 0),
        ("The limit is lower than that of the plan.", 1),
        ("The plan that flies is signed.", 1),
        ("Those of the fleet land, and the others see them.", 2),
    ],
)
def test_pronouns_are_counted(tmp_path, text, number):
    (tmp_path / "page.md").write_text(text)
    assert [sentence.pronouns for sentence in language.sentences_of(tmp_path / "page.md")] == [number]


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("Of a service, the state lies elsewhere.", True),
        ("One that stands still is ended.", True),
        ("It then flies the mission.", True),
        ("Of the drones, two fly.", False),
        ("One drone flies the mission.", False),
    ],
)
def test_a_beginning_without_its_noun_is_found(tmp_path, text, dropped):
    (tmp_path / "page.md").write_text(text)
    assert [sentence.drops_its_noun for sentence in language.sentences_of(tmp_path / "page.md")] == [dropped]


def test_messages_are_the_texts_of_a_program_without_its_docstrings(tmp_path):
    source = '''"""The module's docstring is no message of it."""

HELP = "Folder for the plan and its maps."


def refuse(path, size):
    """Nor is this docstring of it."""
    raise ValueError(f"{path}: holds {size} bytes, and "
                     "none of it is text")
'''
    (tmp_path / "module.py").write_text(source)
    messages = language.messages_of(tmp_path / "module.py")
    assert [(message.line, message.text, message.pronouns) for message in messages] == [
        (3, "Folder for the plan and its maps.", 1),
        (8, "X: holds X bytes, and none of it is text", 1),
    ]


def test_tell_is_counted_in_identifiers_too():
    assert language.tells_of("He told `tell_once(told2)`, tells; untold, retell, teller, intelligent.") == 4


def test_markdown_becomes_sentences_with_their_lines(tmp_path):
    page = """# A heading of four words

The first sentence, e.g. this one,
goes on. "A second one" is `not code.
Never` here. See [the long page](not.md#never) for no reason!

    ./blindspot not a sentence at all.

- An item that has `code` in it
  and goes on here. Its second sentence follows.

  A paragraph that belongs to it.

      ./blindspot code of an item stands deeper

| Column of the table | Short |
|---|---|
| A cell with five words | The camera `never` stores it |

```sh
This is not a sentence either.
```
<!-- Nor is this one, of course. -->
> A quote counts as text.
Use C++ or version 3.11 of it.
"""
    assert read(tmp_path, page) == [
        (1, "A heading of four words"),
        (3, "The first sentence, e.g. this one, goes on."),
        (4, '"A second one" is X here.'),
        (5, "See the long page for no reason!"),
        (9, "An item that has X in it and goes on here."),
        (10, "Its second sentence follows."),
        (12, "A paragraph that belongs to it."),
        (16, "Column of the table"),
        (18, "A cell with five words"),
        (18, "The camera X stores it"),
        (24, "A quote counts as text."),
        (25, "Use C++ or version 3.11 of it."),
    ]


def test_python_gives_docstrings_and_comments(tmp_path):
    source = '''#!/usr/bin/env python3
"""The module's docstring has words.

A second paragraph of it."""
import os  # noqa: the linter alone reads this

# A comment of two lines
# goes on in the second.
LIMIT = "a string is not a docstring"
"""The attribute's docstring counts too."""


def area(side):  # one beside the code
    """The area of a square.

    Parameters
    ----------
    side : float
        The side's length in metres.

    Returns
    -------
    float
        The area in square metres.

    >>> area(2)  # not a sentence in here
    4
    """
    return side * side  # the next comment beside code
'''
    assert sorted(read(tmp_path, source, "module.py")) == [
        (2, "The module's docstring has words."),
        (4, "A second paragraph of it."),
        (7, "A comment of two lines goes on in the second."),
        (10, "The attribute's docstring counts too."),
        (13, "one beside the code"),
        (14, "The area of a square."),
        (19, "The side's length in metres."),
        (24, "The area in square metres."),
        (29, "the next comment beside code"),
    ]


def test_shares_are_of_all_sentences(tmp_path):
    (tmp_path / "page.md").write_text("What is it worth then? It does not arm. It flies every day. It lands every day.")
    figures = language.measure(language.sentences_of(tmp_path / "page.md"), 3)
    assert (figures.sentences, figures.riddles, figures.negations, figures.tells) == (4, 0.25, 0.25, 3)
    assert figures.words == pytest.approx(4.25)


def test_the_worst_come_first(tmp_path):
    (tmp_path / "page.md").write_text(
        "It does not arm. It flies every day. What is it worth then? It told the node so."
    )
    found = language.worst(language.sentences_of(tmp_path / "page.md"), 2)
    assert [(sentence.line, sentence.faults) for sentence in found] == [(1, ("riddle",)), (1, ("tell",))]


@pytest.mark.parametrize(("text", "status"), [("The drone does not arm.", 1), ("The drone arms at once.", 0)])
def test_the_script_runs_alone(tmp_path, text, status):
    (tmp_path / "page.md").write_text(text)
    ran = subprocess.run([sys.executable, "-I", SCRIPT, tmp_path], capture_output=True, text=True, check=False)
    assert ran.returncode == status
    assert ran.stdout.strip() == (f"{tmp_path}/page.md:1: negation: {text}" if status else "")
    assert ran.stderr.startswith("1 sentences of ")
