"""YAML whose keys carry comments: the descriptions of their models, or words of the caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, get_args

import yaml

if TYPE_CHECKING:
    from pydantic import BaseModel

Key = tuple[str, ...]
"""The place of a key in a file, without the numbers of lists: ("fleet", "pad")."""
LONGEST = 118
"""Longest line with a comment. A longer comment stands in a separate line, before the key."""


def commented(text: str, words: Mapping[Key, str]) -> str:
    """The text with a comment at the first line of each key of `words`. Lines that have a comment keep theirs."""
    lines = text.splitlines()
    root = yaml.compose(text, yaml.SafeLoader)
    said = dict[int, str]()
    seen = set[Key]()
    for key, line in _keys_of(root, ()) if root is not None else ():
        if key in words and key not in seen and line not in said and "#" not in lines[line]:
            said[line] = words[key]
        seen.add(key)
    out = list[str]()
    for number, line_text in enumerate(lines):
        comment = said.get(number)
        if comment is None:
            out.append(line_text)
        elif len(line_text) + len(comment) + 4 <= LONGEST:
            out.append(f"{line_text}  # {comment}")
        else:
            indent = line_text[: len(line_text) - len(line_text.lstrip(" -"))]
            out += [f"{' ' * len(indent)}# {comment}", line_text]
    return "\n".join(out) + "\n"


def _keys_of(node: yaml.Node, above: Key) -> Iterator[tuple[Key, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            own = (*above, str(key.value))
            yield own, key.start_mark.line
            yield from _keys_of(value, own)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _keys_of(value, above)


def descriptions(model: type[BaseModel], above: Key = ()) -> dict[Key, str]:
    """The description of each key of a model and of the models inside of it."""
    found = dict[Key, str]()
    for name, field in model.model_fields.items():
        own = (*above, field.alias or name)
        if field.description:
            found[own] = field.description
        for inner in _models_in(field.annotation):
            found |= descriptions(inner, own)
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    from pydantic import BaseModel

    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
