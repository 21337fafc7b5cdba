"""`blindspot bench NAME`: measure, beside the goal."""

from __future__ import annotations

import importlib
import json
import os
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from blindspot.bench.target import Target
from blindspot.errors import InputError
from blindspot.outputs import check_file, told_if_unwritable

BENCHES = ("coverage", "planning", "flight", "vision")


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the figures to this file, too.")] = None,
) -> None:
    """Measure one part of the stack on this machine."""
    if name not in BENCHES:
        raise InputError("bench", "NAME", f"{name} is unknown", f"there are {', '.join(BENCHES)}")
    if json_file is not None:
        check_file(json_file, "--json")
    targets: list[Target] = importlib.import_module(f"blindspot.bench.{name}").run()
    _print_table(name, targets)
    if json_file is not None:
        document = {"targets": [asdict(target) for target in targets], "machine": machine()}
        with told_if_unwritable(json_file, "--json"):
            json_file.write_text(json.dumps(document, indent=1) + "\n")


def machine() -> dict[str, str | int]:
    """What the figures were measured on."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def _print_table(name: str, targets: list[Target]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"bench {name}")
    for column in ("figure", "goal", "measured", "unit", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    verdicts = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}
    for target in targets:
        table.add_row(target.name, target.goal, f"{target.measured:.4g}", target.unit, verdicts[target.met])
    Console().print(table)
