"""Write the pages of `docs/reference` and the schemas of `docs/schemas`: `python -m blindspot_lab.reference`."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from blindspot_lab.reference.pages import pages
from blindspot_lab.reference.schemas import SCHEMAS, schema_of


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m blindspot_lab.reference", description=__doc__)
    usual = Path(__file__).resolve().parents[3] / "docs"
    parser.add_argument("--into", type=Path, default=usual, help="folder of the folders reference and schemas")
    docs = parser.parse_args().into
    made = {f"reference/{path}": text for path, text in pages().items()}
    made |= {f"schemas/{name}.schema.json": schema_of(name) for name in SCHEMAS}
    for folder in ("reference", "schemas"):  # after all is made: a fault leaves the old pages
        shutil.rmtree(docs / folder, ignore_errors=True)
    for path, text in made.items():
        (docs / path).parent.mkdir(parents=True, exist_ok=True)
        (docs / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
