"""Reads a user's YAML file into a pydantic model; each error is one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails

from blindspot.core.errors import InputError
from blindspot.core.inputs import read_file

LARGEST_BYTES = 20_000_000
"""A file that a person wrote is far smaller."""
LONGEST_TEXT = 20_000
MOST_VALUES, MOST_NESTED = 1_000_000, 50
"""Most values of a file with its aliases written out, and deepest nesting."""


class Section(BaseModel):
    """A part of a configuration file. It is immutable and refuses unknown keys, NaN, and text over `LONGEST_TEXT`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_max_length=LONGEST_TEXT)

    @field_validator("*", mode="before")
    @classmethod
    def _no_yes_for_a_number(cls, value: object, info: ValidationInfo) -> object:
        """Refuse `yes` and `no` for a number: pydantic would read 1 and 0."""
        annotation = cls.model_fields[str(info.field_name)].annotation
        kinds = {annotation, *get_args(annotation)}
        if isinstance(value, bool) and kinds & {int, float} and bool not in kinds:
            raise ValueError("should be a valid number")
        return value


FileName = Annotated[str, Field(pattern=r"^\w[\w.-]{0,99}$")]
"""A name that becomes a part of a file's name: letters, digits, ".", "_" and "-"; such a name leads to no other
folder."""


ITEMS = {
    "cameras": "camera", "daily_slots": "slot", "detectors": "detector", "drones": "drone", "events": "event",
    "fleet": "drone", "pilots": "pilot", "presets": "preset", "routes": "route", "signatures": "signature",
    "signed": "stage", "slots": "slot", "steps": "step",
}  # fmt: skip
"""Name of one item of a list, by the list's key."""
KINDS = frozenset({"waypoint", "view", "leg"})
"""Kinds of a step. pydantic adds the kind to the error's place, although the file has no such key."""
NO_SHAPE = dict.fromkeys(("model_type", "dict_type"), "is no mapping of keys") | dict.fromkeys(
    ("tuple_type", "list_type"), "is no list"
)
NO_TIME = frozenset({"datetime_from_date_parsing", "datetime_parsing", "datetime_type"})
PATTERNS = {
    r"^\w[\w.-]{0,99}$": "letters, digits, '.', '_' and '-' only, at most 100, a letter or digit first",
    r"^[a-z][a-z0-9_]{0,49}$": "a to z, 0 to 9 and '_' only, at most 50, a letter first",
    r"^[\w.-]{1,40}$": "letters, digits, '.', '_' and '-' only, at most 40",
    r"^[A-Z]{2}$": "two capital letters",
    r"^[0-9a-f]{64}$": "a SHA-256 as 64 digits of 0 to 9 and a to f",
}
"""The patterns of texts in words."""
Model = TypeVar("Model", bound=BaseModel)


def file_name(words: str) -> str:
    """A `FileName` made of any text; at most 70 characters, so that a suffix fits."""
    return re.sub(r"[^\w.-]", "_", words).lstrip(".-")[:70] or "_"


def _of_our_days(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("needs a time zone, e.g. 2026-11-06T20:00:00+01:00")
    if not 2000 <= moment.year < 2200:
        raise ValueError("should be in a year from 2000 to 2199")
    return moment


Moment = Annotated[datetime, AfterValidator(_of_our_days)]
"""A date and time with its time zone."""


COMPUTERS_OWN = frozenset({"localtime", "posixrules", "Factory"})
"""Names in the time zone database that stand for another zone on another computer."""


def is_time_zone(name: str) -> bool:
    """Whether a name is a time zone, and the same one on every computer."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # "Europe" is a folder of zones
        return False
    return name not in COMPUTERS_OWN


def read_yaml(path: Path, model: type[Model]) -> Model:
    """Read and validate a YAML file.

    Parameters
    ----------
    path
        The file, at most 20 MB.
    model
        The pydantic model of its content.

    Returns
    -------
    Model
        The validated content.

    Raises
    ------
    InputError
        Names the file, the field and the fault, for the first fault that is found.

    Example
    -------
    >>> from blindspot.mission import MissionFile  # doctest: +SKIP
    >>> read_yaml(Path("config/missions/crossroads.yaml"), MissionFile).name  # doctest: +SKIP
    'Crossroads'
    """
    data = read_mapping(path)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise field_error(path, error, model) from error


def read_mapping(path: Path) -> dict[Any, Any]:
    """Read a YAML file before the validation of the content.

    Parameters
    ----------
    path
        The file, at most 20 MB.

    Returns
    -------
    dict
        The keys and values of the file.

    Raises
    ------
    InputError
        The file is unreadable, is no YAML, or is no mapping of keys.

    Example
    -------
    >>> read_mapping(Path("config/missions/crossroads.yaml"))["schema"]
    'blindspot.mission/1'
    """
    try:
        data = yaml.load(read_file(path, LARGEST_BYTES).decode(), _Loader)
    except IsADirectoryError as error:
        raise InputError(path, "", "is a folder", "name a file in it") from error
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", "name an existing file") from error
    except yaml.MarkedYAMLError as error:
        where = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(path, where, f"is not valid YAML ({error.problem})", "correct the text there") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = f"is not valid YAML ({getattr(error, 'reason', error)})"
        raise InputError(path, "", problem, "save it as plain text in UTF-8") from error
    except RecursionError as error:
        raise InputError(path, "", "nests too deep", "write it flat, without values inside of themselves") from error
    if not isinstance(data, dict):
        raise InputError(path, "", "is empty or not a mapping of keys")
    return data


def field_error(source: object, error: ValidationError, model: type[BaseModel], fix: str = "") -> InputError:
    """The first fault in plain words; `fix` is the correction for a file that a program wrote.

    Another kind of file comes first, and then an unknown key: an unknown key beside a missing key is often the same
    key, misspelt.
    """
    faults = error.errors()
    of_another_kind = [
        fault for fault in faults if fault["loc"] == ("schema",) and fault["type"] in ("literal_error", "missing")
    ]
    unknown = [fault for fault in faults if fault["type"] == "extra_forbidden"]
    first = [*of_another_kind, *unknown, *faults][0]
    field, another = field_of(first["loc"]), "name another file, or " if unknown and of_another_kind else ""
    match first["type"]:
        case "json_invalid":
            problem = f"is cut off or no JSON ({first['ctx']['error']})"
        case "extra_forbidden":
            problem = "is an unknown key"
            fix = fix or instead_of(str(first["loc"][-1]), _keys_at(model, first["loc"][:-1]))
        case "missing":
            problem, fix = "is missing", fix or another + (_line_that_lacks(model, field) or "add it")
        case "literal_error" if of_another_kind:
            problem, fix = _words(first), fix or "name a file of this kind"
        case _:
            problem = _words(first)
    return InputError(source, field, problem, fix)


def instead_of(unknown: str, known: Iterable[str]) -> str:
    """The correction of an unknown key: the nearest known key, if a known key is near."""
    near = get_close_matches(unknown.lower(), sorted(known), n=1)
    return f"write {near[0]}, or remove it" if near else "correct or remove it"


def _keys_at(model: type[BaseModel], place: Sequence[int | str]) -> set[str]:
    """The keys that the models at a place of a file may have. pydantic adds the kinds of unions to a place."""
    models = [model]
    for part in place:
        fields = [field for one in models for name, field in one.model_fields.items() if part in (name, field.alias)]
        models = [found for field in fields for found in _models_in(field.annotation)] if fields else models
    return {field.alias or name for one in models for name, field in one.model_fields.items()}


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that an annotation names, inside of lists, mappings and unions."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models_in(part)]


def field_of(place: Sequence[int | str]) -> str:
    """A place in a file in a user's words: ("fleet", 2, "name") is "fleet drone 3, name"."""
    field, link = "", ""
    for before, part in pairwise(("", *place)):
        if isinstance(part, int):
            field, link = f"{field} {ITEMS.get(str(before), 'item')} {part + 1}", ", "
        elif not (isinstance(before, int) and part in KINDS):
            field, link = f"{field}{link}{part}", "."
    return field


def plainly(error: ValidationError) -> str:
    """pydantic's first message with Python's terms removed, and the value unless it is a list or a mapping."""
    return _words(error.errors()[0])


def _words(fault: ErrorDetails) -> str:
    value = fault["input"]
    if fault["type"] in NO_SHAPE:
        return NO_SHAPE[fault["type"]]
    if fault["type"] in NO_TIME:
        return f"should be a date and time, e.g. 2026-11-06T20:00:00+01:00 (found {value!r})"
    if fault["type"] == "too_short":
        return f"needs at least {fault['ctx']['min_length']}"
    words = fault["msg"].removeprefix("Value error, ").replace("Input should", "should")
    words = words.partition(", unable to parse")[0]
    if fault["type"] == "string_pattern_mismatch" and fault["ctx"]["pattern"] in PATTERNS:
        words = f"should hold {PATTERNS[fault['ctx']['pattern']]}"
    if not isinstance(value, str | int | float | date | None):
        return words
    return f"{words} (found {str(value) if isinstance(value, date) else repr(value)})"


def _line_that_lacks(model: type[BaseModel], key: str) -> str:
    """The line to add for a root key that has a single allowed value; "" for several values."""
    for name, field in model.model_fields.items():
        if key == (field.alias or name) and get_origin(field.annotation) is Literal:
            values = get_args(field.annotation)
            return f"add the line {key}: {values[0]}" if len(values) == 1 else ""
    return ""


class _Loader(yaml.SafeLoader):
    """PyYAML's own loader silently keeps the last of two values for one key, and expands aliases to any size."""

    _depth = 0

    def compose_document(self) -> yaml.Node | None:
        root = super().compose_document()
        if root is not None and _values_of(root, {}) > MOST_VALUES:
            problem = f"its aliases stand for more than {MOST_VALUES} values"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=root.start_mark)
        return root

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self._depth += 1
        if self._depth > MOST_NESTED:
            raise yaml.MarkedYAMLError(problem=f"nests over {MOST_NESTED} deep")
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError as error:  # an impossible date or number
            problem = f"an impossible value: {error}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark) from error

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if (key.tag, key.value) in lines:
                problem = f"{key.value!r} is there twice, first in line {lines[key.tag, key.value]}"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            lines[key.tag, key.value] = key.start_mark.line + 1
        return node


def _values_of(node: yaml.Node, known: dict[int, float]) -> float:
    """The number of values in a node with aliases written out; infinite for a node that contains itself."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in known:
        known[id(node)] = inf  # until the depth is counted: a node with this value is inside the depth
        pairs = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
        known[id(node)] = 1 + sum(_values_of(part, known) for part in pairs)
    return known[id(node)]
