"""`blindspot bench NAME`: measured figures beside their goals."""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blindspot.cli.parts.output import AsJson, only_json, print_json
from blindspot.core import DependencyError, InputError

if TYPE_CHECKING:
    from blindspot_lab.bench.tools.target import Measured, Target

BENCHES = ("coverage", "planning", "whole_town", "flight", "faults", "search", "vision", "operations", "evidence",
           "console")  # fmt: skip
WHOLE = ("whole_town", "flight", "search")
"""Those without parts."""
OWN_OPTIONS = {
    "faults": {"missions", "seed", "along", "formulas"}, "operations": {"missions"},
    "search": {"formula", "cpu_s", "seed", "mutants", "seeds"},
    "vision": {"pictures", "boxes", "px_per_m", "light", "sensor", "model", "models_list", "pitch_deg", "companion"},
}  # fmt: skip
"""The options that only some benchmarks have."""


def bench(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(BENCHES)}.")],
    as_json: AsJson = False,
    missions: Annotated[
        int | None,
        typer.Option(
            min=1, max=1_000_000, help="Number of missions; faults: 300 by default, operations: 2 watches of 4 h."
        ),
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="faults, search: seed of the draws; 1 by default.")] = None,
    only: Annotated[
        str | None, typer.Option(metavar="NAME", help="Measure one part alone; of faults, the mission of this number.")
    ] = None,
    along: Annotated[bool, typer.Option("--along", help="faults: drones return along their missions.")] = False,
    formulas: Annotated[
        bool, typer.Option("--formulas", help="faults: the formulas judge each flight, too, and are tabulated.")
    ] = False,
    formula: Annotated[str | None, typer.Option(help="search: the formula to break, by its name.")] = None,
    cpu_s: Annotated[float | None, typer.Option(min=1.0, help="search: most CPU time of one search, s.")] = None,
    mutants: Annotated[
        bool, typer.Option("--mutants", help="search: break each mutant of the flight logic, guided and at random.")
    ] = False,
    seeds: Annotated[int | None, typer.Option(min=1, help="search: searches of each mutant; 5 by default.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="vision: folder of your own pictures from the air.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="vision: COCO file with the boxes of the people in them.")] = None,
    px_per_m: Annotated[float | None, typer.Option(help="vision: pixel density at the people.")] = None,
    light: Annotated[str | None, typer.Option(help="vision: day, dusk, haze or night.")] = None,
    sensor: Annotated[str | None, typer.Option(help="vision: visible or thermal.")] = None,
    model: Annotated[str | None, typer.Option(help="vision: name of the model in the list.")] = None,
    models_list: Annotated[Path | None, typer.Option(help="vision: your own list of models.")] = None,
    pitch_deg: Annotated[float | None, typer.Option(help="vision: pitch of the camera; -60 by default.")] = None,
    companion: Annotated[
        bool,
        typer.Option(
            "--companion", help="vision: cost of camera, detector and recorder for each model, or --only MODEL."
        ),
    ] = False,
) -> None:
    """Measure one part of the stack on this machine. `faults` and `search` exit with code 1 after a violation."""
    if name not in BENCHES:
        raise InputError("bench", "NAME", f"{name} is unknown", f"there are {', '.join(BENCHES)}")
    given = {
        "missions": missions, "seed": seed, "only": only, "along": along or None, "formulas": formulas or None,
        "formula": formula, "cpu_s": cpu_s, "mutants": mutants or None, "seeds": seeds,
        "pictures": pictures, "boxes": boxes, "px_per_m": px_per_m, "light": light, "sensor": sensor, "model": model,
        "models_list": models_list, "pitch_deg": pitch_deg, "companion": companion or None,
    }  # fmt: skip
    options: dict[str, object] = {option: value for option, value in given.items() if value is not None}
    if only is not None and name in WHOLE:
        raise InputError("bench", "--only", f"{name} has no parts", "leave it out")
    if only is not None and name == "faults":
        options["only"] = _number(only)
    for option in options.keys() - {"only"} - OWN_OPTIONS.get(name, set()):
        owners = " and ".join(owner for owner, has in OWN_OPTIONS.items() if option in has)
        raise InputError("bench", _flag(option), f"is an option of {owners} alone", "leave it out")
    if importlib.util.find_spec("blindspot_lab") is None:
        raise DependencyError("benchmarks belong to the repository and are not installed: run ./blindspot bench there")
    with only_json(is_asked=as_json):
        found: list[Target] | Measured = importlib.import_module(f"blindspot_lab.bench.{name}").run(**options)
    targets = found if isinstance(found, list) else found.targets
    if as_json:
        print_json({
            "command": command(name, given), "date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine(),
            "targets": [asdict(target) for target in targets], **({} if isinstance(found, list) else found.tables),
        })  # fmt: skip
    else:
        _print_table(name, targets)
    if name in ("faults", "search") and any(target.met is False for target in targets):
        raise typer.Exit(1)


def command(name: str, options: Mapping[str, object]) -> str:
    """The command line that measures the same again."""
    given = [
        _flag(option) if value is True else f"{_flag(option)} {shlex.quote(str(value))}"
        for option, value in options.items()
        if value is not None
    ]
    return " ".join(["bench", name, *given])


def _flag(option: str) -> str:
    return f"--{option.replace('_', '-')}"


def _number(text: str) -> int:
    if not text.isdecimal():
        raise InputError("bench", "--only", f"{text} is no number of a mission", "name one, e.g. 1000037")
    return int(text)


def machine() -> dict[str, str | int]:
    """The machine on which the figures were measured."""
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
    from rich.table import Table
    from rich.text import Text

    from blindspot.cli.parts.screen import Screen

    table = Table(title=f"bench {name}")
    for column in ("figure", "goal", "measured", "unit", ""):
        table.add_column(column, justify="right" if column == "measured" else "left")
    verdicts = {True: Text("met", style="green"), False: Text("missed", style="red"), None: Text()}
    for target in targets:
        table.add_row(target.name, target.goal, f"{target.measured:.4g}", target.unit, verdicts[target.met])
    Screen().print(table)
