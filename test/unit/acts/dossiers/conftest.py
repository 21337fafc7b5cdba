"""Writes dossiers of the crossroads, and authorisations for its area."""

import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.acts.dossiers import DossierInputs, write_dossier

CONFIG = Path(__file__).parents[4] / "config"
CROSSROADS, MISSION = CONFIG / "sites" / "crossroads", CONFIG / "missions" / "crossroads.yaml"
MADE = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def made(folder, **named):
    inputs = DossierInputs.of(CROSSROADS, *(named.get(key) for key in ("mission", "operation", "auth", "improve")))
    return write_dossier(folder, inputs, named.get("language", "en"), MADE, lambda *_: None)


@pytest.fixture(scope="module")
def flight(tmp_path_factory):
    """The folder of the dossier of the mission over the crossroads."""
    folder = tmp_path_factory.mktemp("flight")
    made(folder, mission=MISSION)
    return folder


def complete_authorisation(folder, **texts):
    """An authorisation with every section, for the area of the crossroads. `texts` replace texts of the example."""
    example = CONFIG / "authorisations" / "example_92"
    area = CONFIG / "missions" / "crossroads_perimeter.geojson"
    content = (example / "authorisation.yaml").read_text()
    content = content.replace("geojson: perimeter.geojson", f"geojson: {area}")
    digest = hashlib.sha256(area.read_bytes()).hexdigest()
    content = re.sub(r"(geojson: .*\n\s+sha256: )\w+", rf"\g<1>{digest}", content)
    content = content.replace("pdf: act.pdf", f"pdf: {example / 'act.pdf'}")
    for old, new in texts.items():
        said = old.replace("_", " ")
        assert said in content
        content = content.replace(said, json.dumps(new, ensure_ascii=False), 1)
    path = folder / "complete.yaml"
    path.write_text(content)
    return path
