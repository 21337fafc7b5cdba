"""Two shipped towns, and a small one that a test may spoil."""

import json
import shutil
from pathlib import Path

import pytest

from blindspot.site.load import load_site

SITES = Path(__file__).parents[3] / "config" / "sites"


@pytest.fixture(scope="session")
def nantes():
    return load_site(SITES / "nantes")


@pytest.fixture(scope="session")
def crossroads():
    return load_site(SITES / "crossroads")


class Town:
    """A copy of the crossroads on disk, with the edits that a test needs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(SITES / "crossroads", folder)

    def features(self, name: str) -> list[dict]:
        return json.loads((self.folder / name).read_text())["features"]

    def write(self, name: str, features: list[dict], **root: object) -> None:
        document = {"type": "FeatureCollection", **root, "features": features}
        (self.folder / name).write_text(json.dumps(document))

    def replace(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def load(self):
        return load_site(self.folder)


@pytest.fixture
def town(tmp_path):
    return Town(tmp_path / "town")
