"""The bills of materials: every pin once, with what a reader checks a file and a licence by."""

import importlib.util
import json
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from blindspot.setup.bom import LOCKS, bom_of
from blindspot.setup.lock import read_lock

ROOT = Path(__file__).parents[3]


def test_each_requirement_file_has_a_bill() -> None:
    assert set(LOCKS) == {path.stem for path in (ROOT / "requirements").glob("*.in")}


def test_every_pin_of_the_locks_stands_in_a_bill_with_its_hashes() -> None:
    reported = {
        part["purl"]: {entry["content"] for entry in part["externalReferences"][0]["hashes"]}
        for group in LOCKS
        for part in bom_of(ROOT, group)["components"]
    }
    pinned = {
        f"pkg:pypi/{one.name}@{one.version}": set(one.sha256)
        for lock in set(LOCKS.values())
        for one in read_lock((ROOT / "requirements" / lock).read_text())
    }
    assert reported == pinned and all(reported.values())


@pytest.mark.parametrize("group", LOCKS)
def test_a_group_holds_what_it_asks_for_and_what_that_asks_for(group: str) -> None:
    bill = bom_of(ROOT, group)
    edges = {entry["ref"]: set(entry["dependsOn"]) for entry in bill["dependencies"]}
    reached, grew = {f"blindspot-{group}"}, True
    while grew:
        more = set().union(*(edges[ref] for ref in reached)) - reached
        reached, grew = reached | more, bool(more)
    assert reached == {part["bom-ref"] for part in bill["components"]} | {f"blindspot-{group}"}


def test_a_licence_is_listed_as_in_its_package() -> None:
    parts = {part["name"]: part for part in bom_of(ROOT, "drone")["components"]}
    reported = {name: part["licenses"] for name, part in parts.items() if "licenses" in part}
    assert len(reported) > 0.8 * len(parts), "the packages are installed here"
    expression = metadata.metadata("numpy").get("License-Expression")
    assert expression is None or reported["numpy"] == [{"expression": expression}]


def test_it_is_the_same_every_time() -> None:
    first, second = (bom_of(ROOT, "drone") for _ in range(2))
    assert first == second
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["serialNumber"])


@pytest.mark.skipif(
    importlib.util.find_spec("cyclonedx") is None or importlib.util.find_spec("jsonschema") is None,
    reason="NOT TESTED: no cyclonedx-python-lib[json-validation] to validate by",
)
@pytest.mark.parametrize("group", LOCKS)
def test_the_schema_takes_it(group: str) -> None:
    from cyclonedx.schema import SchemaVersion  # type: ignore[import-not-found]
    from cyclonedx.validation.json import JsonStrictValidator  # type: ignore[import-not-found]

    reported = JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bom_of(ROOT, group)))
    assert reported is None, reported


def test_the_documented_line_writes_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "blindspot.setup.bom", tmp_path / "bom"]
    reported = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert [Path(path).name for path in reported] == [f"blindspot-{group}.cdx.json" for group in LOCKS]
    assert all(json.loads(Path(path).read_text())["components"] for path in reported)
