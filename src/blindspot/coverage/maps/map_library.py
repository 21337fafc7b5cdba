"""Installs the libraries of the web pages: `python -m blindspot.coverage.maps.map_library --into DIR`.

The libraries are fetched once with npm and checked by hash against `config/web.yaml`. A page that opens from a disk
contains a copy of MapLibre GL; the console serves MapLibre GL, Preact and HTM.
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


class ScriptPackage(npm.Package):
    """The allowed version of a library that is one script."""

    script: npm.File
    notice: npm.File = Field(description="The licence's text, which goes wherever the script goes")


class MapPackage(ScriptPackage):
    style: npm.File


class PreactPackage(ScriptPackage):
    hooks: npm.File


class WebFile(Section):
    schema_: Literal["blindspot.web/1"] = Field(alias="schema")
    maplibre: MapPackage
    preact: PreactPackage
    htm: ScriptPackage


@dataclass(frozen=True, slots=True)
class Library:
    """The files of MapLibre GL that a page contains, as text."""

    script: str
    style: str
    notice: str


def allowed_package() -> MapPackage:
    """Read the allowed version of MapLibre GL from the configuration. Raises InputError."""
    return _allowed().maplibre


def _allowed() -> WebFile:
    return read_yaml(CONFIG_DIR / "web.yaml", WebFile)


def load_library(folder: Path, package: MapPackage | None = None) -> Library:
    """Read the installed library. Raises DependencyError if it is missing or differs from the allowed version."""
    contents = load_files(folder, package or allowed_package())
    return Library(**{name: content.decode() for name, content in contents.items()})


def load_page_scripts(folder: Path) -> dict[str, bytes]:
    """The scripts of the console's lists by the name that a module imports: preact, preact/hooks, htm.

    Raises DependencyError if a script is missing or differs from the allowed version.
    """
    allowed = _allowed()
    preact, htm = load_files(folder, allowed.preact), load_files(folder, allowed.htm)
    return {"preact": preact["script"], "preact/hooks": preact["hooks"], "htm": htm["script"]}


def load_files(folder: Path, package: ScriptPackage) -> dict[str, bytes]:
    """The installed files of a package by field name. Raises DependencyError if a file is missing or differs."""
    try:
        contents = {name: _place(folder, package, file).read_bytes() for name, file in package.files.items()}
        for name, file in package.files.items():
            npm.expect(contents[name], file.sha256, file.path, ALLOWED_BY)
    except (OSError, InputError) as error:
        raise DependencyError(f"{package.package} is not installed; install it with: ./blindspot setup") from error
    return contents


def _place(folder: Path, package: ScriptPackage, file: npm.File) -> Path:
    """Two packages have a file of the same name, such as the licence: a name begins with the package, the map's not."""
    name = Path(file.path).name
    return folder / (name if isinstance(package, MapPackage) else f"{package.package}-{name}")


def set_up(into: Path, package: ScriptPackage) -> None:
    """Install a library into a folder unless it is there. Raises DependencyError or InputError."""
    try:
        load_files(into, package)
    except DependencyError:
        contents = npm.fetch(package, ALLOWED_BY)
        into.mkdir(parents=True, exist_ok=True)
        for name, file in package.files.items():
            _place(into, package, file).write_bytes(contents[name])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot.coverage.maps.map_library", description=__doc__)
    parser.add_argument("--into", type=Path, default=folders.WEB_DIR, help="folder of the libraries")
    options = parser.parse_args(arguments)
    try:
        allowed = _allowed()
        for package in (allowed.maplibre, allowed.preact, allowed.htm):
            set_up(options.into, package)
            print(f"{package.package} {package.version}  ({package.licence})")
    except BlindspotError as error:
        print(f"blindspot: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
