"""A user's ROS 2 parameter file, on top of a mode's overlay: checked before any process starts.

A node silently ignores undeclared parameters and the parameters of other nodes. A typing error in a name would
therefore leave the default in force during the flight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from blindspot.core import InputError, read_mapping

PARAMETERS = "ros__parameters"
_SHAPE = f"write NODE, below it {PARAMETERS}, below it NAME: VALUE"
CLOCK = "use_sim_time"
LINKS = ("fcu_url", "fcu_urls", "uas_url", "uas_urls")
"""MAVROS's link to an autopilot. The launch argument alone decides whether the link leads to a simulation."""


def check_params_file(path: Path, given: Mapping[str, Sequence[str]], foreign: Sequence[str]) -> None:
    """Check a parameter file against the nodes of a stack. Raises InputError for values that would be ignored or would
    contradict the stack.

    `given` holds, by full name of each node of this package, the parameters that the stack itself sets. `foreign` are
    the namespaces of other packages' nodes, whose parameter names are unknown here: only the clock and the links are
    refused there.
    """
    for pattern, parameters in _sections(path, read_mapping(path), ""):
        nodes = [node for node in given if _regex(pattern).fullmatch(node)]
        is_foreign = pattern.startswith("/**") or any(pattern.startswith(namespace) for namespace in foreign)
        if not nodes and not (foreign and is_foreign):
            raise InputError(path, pattern, "is no node of this stack", f"there are {', '.join(given)}")
        for name in parameters:
            if name == CLOCK:
                fix = "leave it out, or launch another mode"
                raise InputError(path, f"{pattern}.{name}", "is set by the mode", fix)
            if name in LINKS:
                raise InputError(path, f"{pattern}.{name}", "is set by the launch", "leave it out, or give fcu_url")
            for node in nodes:
                if name in given[node]:
                    problem = f"is given to {node} by the launch itself"
                    raise InputError(path, f"{pattern}.{name}", problem, "leave it out here, or give an argument")


def _sections(path: Path, content: Mapping[Any, Any], above: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Patterns of node names with their parameters; a level of the file may stand for a namespace."""
    for key, value in content.items():
        name = f"{above}/{str(key).strip('/')}"
        if not isinstance(value, dict):
            raise InputError(path, name, f"holds no {PARAMETERS}", _SHAPE)
        if PARAMETERS in value:
            parameters = value[PARAMETERS]
            if not isinstance(parameters, dict):
                raise InputError(path, f"{name}.{PARAMETERS}", "is no mapping of names", "write NAME: VALUE below it")
            yield name, parameters
        below = {key: part for key, part in value.items() if key != PARAMETERS}
        yield from _sections(path, below, name)


def _regex(pattern: str) -> re.Pattern[str]:
    """The pattern for rcl: `*` is one name, `**` any number of names."""
    tokens = {"*": "/[^/]+", "**": "(?:/[^/]+)*"}
    return re.compile("".join(tokens.get(token, "/" + re.escape(token)) for token in pattern.split("/")[1:]))
