"""The parts that a page of a running stack and a page of a finished run share: address, scripts, drawn town."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import typer

from blindspot.cli.parts.output import print_json
from blindspot.console import Address, read_address
from blindspot.law.clearances import state_folder

CONSOLE = "console"
"""Name of the program in a stack."""


def address_file() -> Path:
    """The file of the console in this ROS domain. Raises InputError for a ROS_DOMAIN_ID that is no number."""
    from blindspot.stack import stack_record

    return stack_record.console_file(os.environ)


class ConsoleNews:
    """Says the address of the console that a supervisor runs, as soon as the console serves the page.

    `pids` gives the processes of the supervisor by name. Call `look` again and again.
    """

    def __init__(self, pids: Callable[[], Mapping[str, int]], say: Callable[[str], object]) -> None:
        self._pids, self._say = pids, say
        self._pid: int | None = None
        self._said = ""

    def look(self) -> None:
        pid = self._pids().get(CONSOLE)
        if pid is None or pid == self._pid:
            return
        address = read_address(address_file())
        if address is None or address.pid != pid:
            return
        self._pid = pid
        if address.url != self._said:  # a console that starts again has the same address
            self._said = address.url
            self._say(f"console: {address.url}")


def print_address(address: Address, *, as_json: bool) -> None:
    """Print the address of a page, for a person or as JSON."""
    if as_json:
        print_json({"address": address.url, "port": address.port, "pid": address.pid})
    else:
        typer.echo(f"console: {address.url}")


def page_scripts() -> Mapping[str, bytes]:
    """The scripts of the page. Without MapLibre GL the page has lists and no map."""
    from blindspot.core import DependencyError, folders
    from blindspot.coverage.maps import map_library

    found = map_library.load_page_scripts(folders.WEB_DIR)
    scripts = {f"{name.replace('/', '-')}.mjs": script for name, script in found.items()}
    with suppress(DependencyError):
        library = map_library.load_library(folders.WEB_DIR)
        scripts |= {"maplibre-gl.js": library.script.encode(), "maplibre-gl.css": library.style.encode()}
    return scripts


class DrawnTown:
    """A process that draws the town when the first page asks, and ends; its file."""

    def __init__(self, site_dir: Path) -> None:
        folder = state_folder(os.environ) / "towns"
        self._command = [sys.executable, "-P", "-m", "blindspot.console.drawn_town", str(site_dir), str(folder)]
        self._process: subprocess.Popen[str] | None = None
        self._file: Path | None = None

    def layers(self) -> bytes | None:
        """The file's content, compressed with gzip; None while the process works, or if the process failed."""
        if self._process is None:
            self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        if self._file is None and self._process.poll() == 0 and self._process.stdout is not None:
            self._file = Path(self._process.stdout.read().strip())
        return None if self._file is None else self._file.read_bytes()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
