"""The documents fit together: links lead to files, the index names each page, and the citation fits the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from blindspot import __version__
from blindspot_lab.reference.pages import pages

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)[^)]*\)")
ANCHOR = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)#([^)\s]+)\)")


DRAWING = re.compile(r"^```mermaid$|\.svg\)", re.MULTILINE)


def without_code(page: Path) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)


def links(page: Path) -> set[str]:
    return set(LINK.findall(without_code(page)))


def anchors_of(page: Path) -> set[str]:
    """The headings of a page as links name them: lower case, hyphens for spaces, without punctuation."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    titles = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in re.findall(r"^#+ +(.+)$", text, re.MULTILINE)]
    return {re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-") for title in titles}


def broken_anchors(page: Path) -> list[str]:
    named = ((page.parent / path if path else page, anchor) for path, anchor in ANCHOR.findall(without_code(page)))
    return [f"{target.name}#{anchor}" for target, anchor in named if anchor not in anchors_of(target)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    assert [link for link in sorted(links(page)) if not (page.parent / link).exists()] == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("See [it](gone.md#part), [this](page.md), [that](https://example.org/x.md) and `[code](no.md)`.")
    assert links(page) == {"gone.md", "page.md"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_headings(page):
    assert broken_anchors(page) == []


def test_a_broken_anchor_is_found(tmp_path):
    (tmp_path / "page.md").write_text("# The `first` part\n\n[a](#the-first-part) [b](page.md#second)")
    assert broken_anchors(tmp_path / "page.md") == ["page.md#second"]


@pytest.mark.parametrize("kind", ["guide", "concepts"])
def test_the_index_names_each_page(kind):
    listed = links(DOCS / "README.md")
    assert [page.name for page in sorted((DOCS / kind).glob("*.md")) if f"{kind}/{page.name}" not in listed] == []


def test_the_first_page_answers_five_aims_with_a_command_of_the_page_that_follows():
    first = (DOCS / "README.md").read_text()
    rows = re.findall(r"^\| (fly .+?) \| `(.+?)` \| \[.+?\]\((.+?)\)", first, re.MULTILINE)
    aims = ["in simulation", "in my own town", "my own drone", "every evening", "under an act"]
    assert [aim.removeprefix("fly ") for aim, _, _ in rows] == aims
    assert [command for _, command, page in rows if command not in (DOCS / page).read_text()] == []
    assert first.index(rows[-1][0]) < first.index("## ")


def test_a_page_of_the_guide_is_short():
    long = [page.name for page in (DOCS / "guide").glob("*.md") if len(page.read_text().splitlines()) > 120]
    assert long == []


def test_a_page_of_the_guide_enumerates_nothing():
    """A longer table belongs to the reference, or to the concepts. Messages are looked up where a user looks first."""
    pages = [page for page in (DOCS / "guide").glob("*.md") if page.name != "troubleshooting.md"]
    assert [page.name for page in pages if re.search(r"(^\|.*\n){11}", page.read_text(), re.MULTILINE)] == []


def test_a_page_of_the_concepts_has_a_drawing():
    plain = [page.name for page in (DOCS / "concepts").glob("*.md") if not DRAWING.search(page.read_text())]
    assert plain == []


def test_the_reference_is_made_from_the_code():
    folder = DOCS / "reference"
    written = {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.md"))}
    made = pages()
    changed = [name for name in sorted({*made, *written}) if made.get(name) != written.get(name)]
    assert changed == [], "write them: PYTHONPATH=src:sim:lab .venv/bin/python -m blindspot_lab.reference"


def named_modules(page: Path) -> set[str]:
    """The Python files that a page names in backticks."""
    return set(re.findall(r"`([\w/]+\.py)`", page.read_text()))


def modules_of_the_repository() -> set[str]:
    """Each Python file by the ends of its path: `src/a/b.py`, `a/b.py` and `b.py`."""
    folders = (ROOT / name for name in ("src", "sim", "lab", "test", "launch"))
    files = [path.relative_to(ROOT).parts for folder in folders for path in folder.rglob("*.py")]
    return {"/".join(parts[start:]) for parts in [*files, ("setup.py",)] for start in range(len(parts))}


def test_decisions_name_modules_that_exist():
    known = modules_of_the_repository()
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert {page.name: gone for page in pages if (gone := named_modules(page) - known)} == {}


def test_the_index_of_decisions_names_each_page_by_its_title():
    titles = {
        page.name: page.read_text().splitlines()[0].split(". ", 1)[1] for page in (DOCS / "decisions").glob("0*.md")
    }
    index = (DOCS / "decisions" / "README.md").read_text()
    assert dict(re.findall(r"^- \[\d{4}\]\((\S+)\) (.+)$", index, re.MULTILINE)) == titles


def test_the_readme_stays_short():
    assert len(re.findall(r"[^\s|]*\w[^\s|]*", (ROOT / "README.md").read_text())) <= 700


def test_the_citation_has_the_keys_of_cff_1_2_and_the_version_of_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert all({"name"} <= set(author) or {"family-names"} <= set(author) for author in cited["authors"])
    assert (cited["version"], cited["license"]) == (__version__, "Apache-2.0")
