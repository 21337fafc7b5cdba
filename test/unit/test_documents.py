"""The documents fit together: links lead to files, the index names each page, and the citation fits the package."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from blindspot import __version__

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]+)[^)]*\)")


def links(page: Path) -> set[str]:
    return set(LINK.findall(re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files(page):
    assert [link for link in sorted(links(page)) if not (page.parent / link).exists()] == []


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("See [it](gone.md#part), [this](page.md), [that](https://example.org/x.md) and `[code](no.md)`.")
    assert links(page) == {"gone.md", "page.md"}


def test_the_index_names_each_page_of_the_guide():
    listed = links(DOCS / "README.md")
    assert [page.name for page in sorted((DOCS / "guide").glob("*.md")) if f"guide/{page.name}" not in listed] == []


def test_the_readme_stays_short():
    assert len(re.findall(r"[^\s|]*\w[^\s|]*", (ROOT / "README.md").read_text())) <= 700


def test_the_citation_has_the_keys_of_cff_1_2_and_the_version_of_the_package():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert all({"name"} <= set(author) or {"family-names"} <= set(author) for author in cited["authors"])
    assert (cited["version"], cited["license"]) == (__version__, "Apache-2.0")
