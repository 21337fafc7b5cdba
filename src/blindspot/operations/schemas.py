"""The files that an operator writes, as JSON schemas: `python -m blindspot.operations.schemas --into docs/schemas`."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from blindspot.mission import DroneModel, MissionFile, fleet_file
from blindspot.operations.operation_file import OperationFile

SCHEMAS: Mapping[str, type[BaseModel]] = {
    "mission": MissionFile, "drone": DroneModel, "fleet": fleet_file.FleetFile, "operation": OperationFile,
}  # fmt: skip
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> str:
    """The schema of a file kind as text; its `schema` key holds the version."""
    return json.dumps({"$schema": DIALECT, **SCHEMAS[name].model_json_schema(by_alias=True)}, indent=1) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot.operations.schemas", description=__doc__)
    parser.add_argument("--into", type=Path, required=True, help="folder of the schemas")
    options = parser.parse_args(arguments)
    for name in SCHEMAS:
        (options.into / f"{name}.schema.json").write_text(schema_of(name), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
