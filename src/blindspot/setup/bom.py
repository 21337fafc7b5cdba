"""The bill of materials of each requirement group as CycloneDX 1.6. The list is made from the lock alone and is
reproducible.

    PYTHONPATH=src .venv/bin/python -m blindspot.setup.bom FOLDER
"""

from __future__ import annotations

import json
import sys
import uuid
from collections.abc import Collection, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from blindspot.setup.groups import GROUPS
from blindspot.setup.lock import Locked, group_of, read_lock

LOCKS: Mapping[str, str] = {**dict.fromkeys((*GROUPS, "ros", "tools"), "lock.txt"), "npm": "npm.lock.txt"}
"""Name of a `.in` file -> the lock of this file."""
SPACE = uuid.UUID("5b1f4c54-6d0b-4f5e-9f4a-2f6f3f0e8a11")
"""Namespace of the serial numbers: equal contents give equal numbers."""


def bom_of(root: Path, group: str) -> dict[str, Any]:
    """The bill of a group. Packages that are installed here are listed with their licences."""
    folder = root / "requirements"
    text = (folder / LOCKS[group]).read_text(encoding="utf-8")
    locked = read_lock(text)
    wanted = f"-r requirements/{group}.in"
    # A lock of one requirement does not say whose it is.
    members = group_of(locked, {wanted}) if LOCKS[group] == "lock.txt" else locked
    version = str(ElementTree.parse(root / "package.xml").getroot().findtext("version"))
    about = {"type": "application", "name": f"blindspot-{group}", "version": version, "bom-ref": f"blindspot-{group}"}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(SPACE, f'{group} {version} {text}')}",
        "version": 1,
        "metadata": {"component": {**about, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": [_component(one) for one in members],
        "dependencies": _dependencies(about["bom-ref"], wanted, members),
    }


def _component(one: Locked) -> dict[str, Any]:
    files = {
        "type": "distribution",
        "url": f"https://pypi.org/project/{one.name}/{one.version}/",
        "comment": "The package's files; an installed one has one of these hashes.",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in one.sha256],
    }
    found = {
        "type": "library", "bom-ref": _purl(one), "name": one.name, "version": one.version, "purl": _purl(one),
        "externalReferences": [files],
    }  # fmt: skip
    if licences := _licences(one):
        found["licenses"] = licences
    if one.marker:
        found["properties"] = [{"name": "blindspot:marker", "value": one.marker}]
    return found


def _purl(one: Locked) -> str:
    return f"pkg:pypi/{one.name}@{one.version}"


def _licences(one: Locked) -> list[dict[str, Any]]:
    """Licences from the installed package's metadata: the SPDX expression, else the classifiers, else the text."""
    try:
        found = metadata.metadata(one.name)
    except metadata.PackageNotFoundError:
        return []
    if expression := (found.get_all("License-Expression") or [""])[0]:
        return [{"expression": expression}]
    classifiers = [line.rpartition(" :: ")[2] for line in found.get_all("Classifier", []) if line.startswith("License")]
    own_words = (found.get_all("License") or [""])[0].strip()
    names = classifiers or own_words.splitlines()[:1]
    return [{"license": {"name": name}} for name in dict.fromkeys(names)]


def _dependencies(own: str, wanted: str, members: Collection[Locked]) -> list[dict[str, Any]]:
    """Each package with its requirements. The application requires the packages of the group's own list."""
    needed: dict[str, list[str]] = {_purl(one): [] for one in members}
    refs = {one.name: _purl(one) for one in members}
    direct = [_purl(one) for one in members if wanted in one.wanted_by or not one.wanted_by]
    for one in members:
        for by in one.wanted_by:
            if by in refs:
                needed[refs[by]].append(_purl(one))
    edges = {own: direct, **needed}
    return [{"ref": ref, "dependsOn": sorted(set(on))} for ref, on in edges.items()]


def main(folder: Path) -> None:
    root = Path(__file__).resolve().parents[3]
    folder.mkdir(parents=True, exist_ok=True)
    for group in LOCKS:
        path = folder / f"blindspot-{group}.cdx.json"
        path.write_text(json.dumps(bom_of(root, group), indent=1) + "\n", encoding="utf-8")
        print(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("name the folder for the bills of materials: python -m blindspot.setup.bom FOLDER")
    main(Path(sys.argv[1]))
