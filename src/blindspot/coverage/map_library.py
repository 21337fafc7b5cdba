"""MapLibre GL, which draws a map in a browser: `python -m blindspot.coverage.map_library --into DIR` brings it.

Fetched once with npm and checked by hash against `config/web.yaml`; every page then carries it inside.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from blindspot import npm
from blindspot.config_file import Section, read_yaml
from blindspot.errors import BlindspotError, DependencyError, InputError
from blindspot.folders import CONFIG_DIR, WEB_DIR

SHA256 = "^[0-9a-f]{64}$"
ALLOWED_BY = "config/web.yaml"


class Package(Section):
    """The one version that pages are made with: paths in the package and the SHA-256 of each."""

    what: str
    licence: str
    package: str = Field(description="npm package")
    version: str
    script: str
    script_sha256: str = Field(pattern=SHA256)
    style: str
    style_sha256: str = Field(pattern=SHA256)
    notice: str = Field(description="The licence's text, which goes wherever the script goes")
    notice_sha256: str = Field(pattern=SHA256)

    @property
    def sha256(self) -> dict[str, str]:
        return {self.script: self.script_sha256, self.style: self.style_sha256, self.notice: self.notice_sha256}


class WebFile(Section):
    schema_: Literal["blindspot.web/1"] = Field(alias="schema")
    maplibre: Package


@dataclass(frozen=True, slots=True)
class Library:
    """What a page needs of MapLibre GL, as text."""

    script: str
    style: str
    notice: str


def allowed_package(path: Path = CONFIG_DIR / "web.yaml") -> Package:
    """The package that pages are made with; raises InputError."""
    return read_yaml(path, WebFile).maplibre


def load_library(folder: Path, package: Package | None = None) -> Library:
    """The library as set-up left it; raises DependencyError if it is missing or not the one that is allowed."""
    package = package or allowed_package()
    try:
        files = {path: (folder / Path(path).name).read_bytes() for path in package.sha256}
        for path, content in files.items():
            npm.expect(content, package.sha256[path], path, ALLOWED_BY)
    except (OSError, InputError) as error:
        raise DependencyError("the web map needs MapLibre GL, bring it with: ./blindspot setup") from error
    script, style, notice = (files[path].decode() for path in (package.script, package.style, package.notice))
    return Library(script, style, notice)


def set_up(into: Path, package: Package) -> None:
    """Make sure that a folder holds the library; raises DependencyError or InputError."""
    try:
        load_library(into, package)
    except DependencyError:
        files = npm.fetch(package.package, package.version, package.sha256, ALLOWED_BY)
        into.mkdir(parents=True, exist_ok=True)
        for path, content in files.items():
            (into / Path(path).name).write_bytes(content)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m blindspot.coverage.map_library", description=__doc__)
    parser.add_argument("--into", type=Path, default=WEB_DIR, help="folder of the library")
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
