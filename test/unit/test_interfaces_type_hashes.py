"""Our stand-ins for a distribution's interfaces carry the same type hashes, or no MAVROS would understand us."""

import json
import os
import sys
from pathlib import Path

import pytest

EXPECTED = json.loads((Path(__file__).parents[1] / "data" / "interfaces" / "type_hashes.json").read_text())
STAND_INS = Path(__file__).parents[2] / "sim" / "interfaces"


def installed_hash(interface: str) -> str:
    """The hash in the type description that the build installed, wherever on the prefix path it lies."""
    for prefix in os.environ.get("AMENT_PREFIX_PATH", sys.prefix).split(os.pathsep):
        description = Path(prefix, "share", f"{interface}.json")
        if description.exists():
            rows = json.loads(description.read_text())["type_hashes"]
            return next(row["hash_string"] for row in rows if row["type_name"] == interface)
    raise FileNotFoundError(f"{interface} is not installed")


@pytest.mark.parametrize("interface", sorted(EXPECTED))
def test_the_installed_type_has_the_hash_of_the_original(interface: str) -> None:
    assert installed_hash(interface) == EXPECTED[interface]


def test_there_is_a_definition_for_every_hash_and_no_other() -> None:
    files = [*STAND_INS.glob("*/msg/*.msg"), *STAND_INS.glob("*/srv/*.srv")]
    assert {str(file.relative_to(STAND_INS).with_suffix("")) for file in files} == set(EXPECTED)


def test_colcon_leaves_the_stand_ins_alone() -> None:
    assert (STAND_INS / "COLCON_IGNORE").exists()
