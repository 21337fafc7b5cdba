"""The published schemas are those of the code, and say of every field what it is."""

import json
from pathlib import Path

import pytest

from blindspot_lab.reference.schemas import SCHEMAS, schema_of

PUBLISHED = Path(__file__).parents[4] / "docs" / "schemas"


def fields(schema):
    """Every (section, field, its schema)."""
    for title, section in {"": schema, **schema.get("$defs", {})}.items():
        for name, field in section.get("properties", {}).items():
            yield title, name, field


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_published_schema_is_that_of_the_code(name):
    again = "write them: PYTHONPATH=src:sim:lab .venv/bin/python -m blindspot_lab.reference"
    assert (PUBLISHED / f"{name}.schema.json").read_text() == schema_of(name), again


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_has_a_description(name):
    silent = [
        f"{section}.{field}"
        for section, field, described in fields(json.loads(schema_of(name)))
        if not described.get("description")
    ]
    assert silent == []


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_names_its_version_and_refuses_unknown_keys(name):
    schema = json.loads(schema_of(name))
    assert schema["properties"]["schema"]["const"] == f"blindspot.{name}/1"
    objects = [part for part in (schema, *schema["$defs"].values()) if part.get("type") == "object"]
    assert all(part["additionalProperties"] is False for part in objects)
