"""Reading a YAML file of the user's into a pydantic model, with errors told in one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from blindspot.errors import InputError


class Section(BaseModel):
    """A part of a configuration file: immutable, no unknown key, no NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path, model: type[Model]) -> Model:
    """The file as `model`; raises InputError naming file, field and what is wrong."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(path, "", f"is not valid YAML ({' '.join(str(error).split())})") from error
    if not isinstance(data, dict):
        raise InputError(path, "", "is empty or not a mapping of keys")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"]))
        unknown = first["type"] == "extra_forbidden"
        problem = "is an unknown key" if unknown else f"{first['msg']} (found {first['input']!r})"
        raise InputError(path, field, problem) from error
