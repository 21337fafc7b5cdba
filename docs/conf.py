"""Sphinx: the documentation as one searchable site, with the API reference from the docstrings.

.venv/bin/pip install --require-hashes -r docs/requirements.txt
.venv/bin/sphinx-build -M html docs build/docs
"""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
SOURCE = DOCS.parent / "src"
sys.path.insert(0, str(SOURCE))

from blindspot.core.door import names_in_door  # noqa: E402

project = "blindspot"
copyright = "the blindspot authors, Apache-2.0"
extensions = ["myst_parser", "sphinxcontrib.mermaid", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
html_theme = "furo"
html_title = "blindspot"
myst_fence_as_directive = ["mermaid"]
myst_heading_anchors = 4
myst_links_external_new_tab = True
autodoc_typehints = "signature"
add_module_names = False
autodoc_member_order = "groupwise"
napoleon_use_rtype = False
suppress_warnings = ["myst.xref_missing", "ref.python", "toc.not_included"]
# Links to files outside `docs` are dead on the site; a test checks all links in the repository.


SIDE_BAR = {
    "Guide": "guide/tutorial\nguide/*",
    "Concepts": "concepts/*",
    "Reference": "reference/README\nreference/*\nreference/files/*",
    "Development": "architecture\nfigures\nglossary\napi/index\ndecisions/README",
}


def write_api_pages(_: Any) -> None:
    """A page for each package with a door, with the names of the door."""
    folder, pages = DOCS / "api", []
    folder.mkdir(exist_ok=True)
    for init in sorted(SOURCE.glob("blindspot/**/__init__.py")):
        if names := names_in_door(init):
            pages.append(".".join(init.parent.relative_to(SOURCE).parts))
            about = str(ast.get_docstring(ast.parse(init.read_text())))
            parts = [heading(pages[-1], about), *(entry(name, names[name]) for name in sorted(names, key=str.lower))]
            (folder / f"{pages[-1]}.rst").write_text("\n".join(parts))
    tree = "\n".join(["", ".. toctree::", "   :maxdepth: 1", "", *(f"   {page}" for page in pages), ""])
    (folder / "index.rst").write_text(heading("API reference", "The public names of each package.") + tree)


def heading(title: str, sentence: str) -> str:
    return f"{title}\n{'=' * len(title)}\n\n{sentence}\n"


def entry(name: str, module: str) -> str:
    """The reference of one name."""
    found = getattr(import_module(module), name)
    if isinstance(found, type):
        return f".. autoclass:: {module}.{name}\n   :members:\n   :exclude-members: model_config\n"
    return f".. {'autofunction' if callable(found) else 'py:data'}:: {module}.{name}\n"


def add_contents(_: Any, document: str, text: list[str]) -> None:
    """The contents of the side bar."""
    if document == root_doc:
        for caption, pages in SIDE_BAR.items():
            text[0] += f"\n```{{toctree}}\n:hidden:\n:glob:\n:maxdepth: 1\n:caption: {caption}\n\n{pages}\n```\n"


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("builder-inited", write_api_pages)
    app.connect("source-read", add_contents)
