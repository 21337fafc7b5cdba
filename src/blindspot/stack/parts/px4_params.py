"""The parameters that a simulated PX4 starts with, `config/px4/simulation.yaml`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, StrictFloat, StrictInt

from blindspot.core import CONFIG_DIR, Section, read_yaml

SIMULATION = CONFIG_DIR / "px4" / "simulation.yaml"
PREFIX = "PX4_PARAM_"
"""PX4's start script sets the parameters that the environment names with this prefix; `config/px4/px4-rc.params` makes
these values final."""


class Parameter(Section):
    value: StrictInt | StrictFloat = Field(description="Whole where PX4 keeps an integer")
    why: str = Field(min_length=1, description="One reason")


class Parameters(Section):
    schema_: Literal["blindspot.px4/1"] = Field(alias="schema")
    parameters: dict[str, Parameter]


def read_parameters(path: Path = SIMULATION) -> dict[str, Parameter]:
    """Parameters by name; raises InputError for a file that is missing or wrong."""
    return read_yaml(path, Parameters).parameters


def as_environment(parameters: dict[str, Parameter]) -> dict[str, str]:
    """Environment for PX4's start script: the values, and first on the PATH the folder of the script for the values."""
    values = {f"{PREFIX}{name}": str(parameter.value) for name, parameter in parameters.items()}
    return {**values, "PATH": os.pathsep.join([str(SIMULATION.parent), os.environ.get("PATH", os.defpath)])}
