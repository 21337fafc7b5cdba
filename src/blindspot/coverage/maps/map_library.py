"""Installs MapLibre GL, which draws a map in a browser: `python -m blindspot.coverage.maps.map_library --into DIR`.

The library is fetched once with npm and checked by hash against `config/web.yaml`. Every page then contains a copy.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from blindspot.core import CONFIG_DIR, BlindspotError, DependencyError, InputError, Section, folders, npm, read_yaml

ALLOWED_BY = "config/web.yaml"


class MapPackage(npm.Package):
    """The allowed version of the library."""

    script: npm.File
    style: npm.File
    notice: npm.File = Field(description="The licence's text, which goes wherever the script goes")


class WebFile(Section):
    schema_: Literal["blindspot.web/1"] = Field(alias="schema")
    maplibre: MapPackage


@dataclass(frozen=True, slots=True)
class Library:
    """The files of MapLibre GL that a page contains, as text."""

    script: str
    style: str
    notice: str


def allowed_package() -> MapPackage:
    """Read the allowed package from the configuration. Raises InputError."""
    return read_yaml(CONFIG_DIR / "web.yaml", WebFile).maplibre


def load_library(folder: Path, package: MapPackage | None = None) -> Library:
    """Read the installed library. Raises DependencyError if it is missing or differs from the allowed version."""
    package = package or allowed_package()
    try:
        contents = {name: _place(folder, file).read_bytes() for name, file in package.files.items()}
        for name, file in package.files.items():
            npm.expect(contents[name], file.sha256, file.path, ALLOWED_BY)
    except (OSError, InputError) as error:
        raise DependencyError("the web map needs MapLibre GL; install it with: ./blindspot setup") from error
    return Library(**{name: content.decode() for name, content in contents.items()})


def _place(folder: Path, file: npm.File) -> Path:
    return folder / Path(file.path).name


def set_up(into: Path, package: MapPackage) -> None:
    """Install the library into a folder unless it is there. Raises DependencyError or InputError."""
    try:
        load_library(into, package)
    except DependencyError:
        contents = npm.fetch(package, ALLOWED_BY)
        into.mkdir(parents=True, exist_ok=True)
        for name, file in package.files.items():
            _place(into, file).write_bytes(contents[name])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot.coverage.maps.map_library", description=__doc__)
    parser.add_argument("--into", type=Path, default=folders.WEB_DIR, help="folder of the library")
    options = parser.parse_args(arguments)
    try:
        package = allowed_package()
        set_up(options.into, package)
        print(f"{package.package} {package.version}  ({package.licence})")
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
