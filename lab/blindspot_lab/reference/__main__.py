"""Write the reference pages: `python -m blindspot_lab.reference` in the root of the repository."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from blindspot_lab.reference.pages import pages

DOCS = Path(__file__).resolve().parents[3] / "docs"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blindspot_lab.reference", description=__doc__)
    parser.add_argument("--into", type=Path, default=DOCS / "reference", help="folder of the pages, replaced whole")
    folder = parser.parse_args().into
    made = pages()  # before the old pages go: a fault leaves them
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in made.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
