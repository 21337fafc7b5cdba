"""The files that an operator writes, as JSON schemas for an editor; and results that other programs read."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import BaseModel

from blindspot.evidence.verified import Verification
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.fleet_file import FleetFile
from blindspot.mission.mission_file import MissionFile
from blindspot.operations.operation_file import OperationFile

SCHEMAS: Mapping[str, type[BaseModel]] = {
    "mission": MissionFile, "drone": DroneModel, "fleet": FleetFile, "operation": OperationFile,
    "verification": Verification,
}  # fmt: skip
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema_of(name: str) -> str:
    """The schema of a file kind as text; its `schema` key holds the version."""
    return json.dumps({"$schema": DIALECT, **SCHEMAS[name].model_json_schema(by_alias=True)}, indent=1) + "\n"
