"""Every key of every file, from the pydantic models that read the files."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from blindspot.commission.record import Record
from blindspot.coverage.ground.levels import LevelTable
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import Profile, RulePack
from blindspot.law.signatures.notices import NoticesFile
from blindspot.law.signatures.revocation import RevocationList
from blindspot.law.signatures.separation import SeparationFile
from blindspot.mission.drone_model import DroneModel
from blindspot.mission.fleet_file import FleetFile
from blindspot.mission.in_flight.situation import Situation
from blindspot.mission.mission_file import MissionFile
from blindspot.mission.plan import Plan
from blindspot.operations.operation_file import OperationFile
from blindspot.site.importers.camera_list import CameraList
from blindspot.site.site_file import SiteFile
from blindspot.vision.capture.calibration import Calibration
from blindspot.vision.events.settings import EventSettings
from blindspot.vision.models.models import ModelList
from blindspot_lab.reference.markdown import code, page, sentence, table
from blindspot_lab.reference.schemas import SCHEMAS


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its model, its page's title and its purpose."""

    model: type[BaseModel]
    title: str
    about: str


KINDS: Mapping[str, Kind] = {
    "mission": Kind(MissionFile, "Mission file", "A mission states what is to be seen. It lies in `config/missions`."),
    "drone": Kind(
        DroneModel, "Drone file", "A drone file describes how one model flies and looks. It lies in `config/drones`."
    ),
    "fleet": Kind(FleetFile, "Fleet file", "A fleet file describes the drones of one ground station."),
    "operation": Kind(OperationFile, "Operation file", "An operation repeats one patrol mission over weeks."),
    "site": Kind(SiteFile, "Site file", "`site.yaml` names the files of a town."),
    "authorisation": Kind(AuthorisationFile, "Authorisation file", "An authorisation limits every plan and flight."),
    "plan": Kind(
        Plan,
        "Plan file",
        "`blindspot plan` writes the plan. Positions are metres about the site's origin and above its datum.",
    ),
    "events": Kind(EventSettings, "Events file", "An events file names the events that a mission looks for."),
    "profile": Kind(Profile, "Profile", "A profile in `config/profiles` states what a kind of authorisation needs."),
    "rule_pack": Kind(RulePack, "Rule pack", "A rule pack adds the rules of a country to `GENERIC-PUBLIC`."),
    "models": Kind(ModelList, "List of models", "`config/models.yaml` lists the models that a detector may load."),
    "calibration": Kind(Calibration, "Camera calibration", "The calibration file of ROS's camera_calibration."),
    "camera_list": Kind(CameraList, "Camera list", "This file describes the columns of a list of fixed cameras."),
    "levels": Kind(LevelTable, "Levels", "A file of pixel densities for `blindspot coverage --levels`."),
    "situation": Kind(Situation, "Situation file", "The position and progress of a fleet, for `blindspot replan`."),
    "notices": Kind(NoticesFile, "Notices to airmen", "A signed snapshot of the notices to airmen."),
    "separation": Kind(SeparationFile, "Statement of separation", "A signed statement that nothing is connected."),
    "revocations": Kind(RevocationList, "Revocation list", "The signed list of revoked authorisations."),
    "commission": Kind(Record, "Commissioning record", "The signed stages before a drone's first flight."),
}


def file_pages() -> dict[str, str]:
    """By path below `docs/reference`: a page for each kind of file."""
    return {f"files/{name}.md": _page(name, kind) for name, kind in KINDS.items()}


def _page(name: str, kind: Kind) -> str:
    schema = kind.model.model_fields.get("schema_")
    refused = "An unknown key, a missing key and a value outside its range are refused with one sentence."
    version = f"Schema: `{get_args(schema.annotation)[0]}`. " if schema is not None else ""
    rows = table(("Key", "Value", "Default", "Meaning"), _rows(kind.model, "", ()))
    also = f"[JSON schema](../../schemas/{name}.schema.json) for an editor." if name in SCHEMAS else ""
    return page(kind.title, f"{kind.about} {version}{refused}", also, rows)


def _rows(model: type[BaseModel], before: str, above: tuple[type[BaseModel], ...]) -> Iterator[tuple[str, ...]]:
    """A row for each key, the keys of a section behind the section's own."""
    for name, field in model.model_fields.items():
        key = f"{before}{field.alias or name}"
        inner = [each for each in _sections(field.annotation) if each not in above]
        about = field.description or sentence(next((each.__doc__ or "" for each in inner), "")) or _kind_of_step(name)
        yield code(key), _value(field), _default(field), about
        opened = f"{key}{'[]' if _is_list(field.annotation) else '.NAME' if _is_map(field.annotation) else ''}."
        for each in inner:
            choice = f"{opened}{_tag(each)}" if len(inner) > 1 else opened
            yield from _rows(each, choice, (*above, each))


def _kind_of_step(name: str) -> str:
    return "Kind of step" if name == "kind" else ""


def _tag(section: type[BaseModel]) -> str:
    """The name by which one of several sections is chosen."""
    kind = section.model_fields.get("kind")
    return f"({kind.default})." if kind is not None else ""


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for each in get_args(annotation):
        yield from _sections(each)


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) in (tuple, list) or any(map(_is_list, _choices(annotation)))


def _is_map(annotation: Any) -> bool:
    return get_origin(annotation) in (dict, Mapping) or any(map(_is_map, _choices(annotation)))


def _choices(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else ()


def _value(field: FieldInfo) -> str:
    """The kind of a value with its bounds."""
    said = _kind(field.annotation)
    bounds = [*field.metadata, *(each for meta in _metadata(field.annotation) for each in meta)]
    low = _bound(bounds, "ge", "") or _bound(bounds, "gt", "above ")
    high = _bound(bounds, "le", "") or _bound(bounds, "lt", "below ")
    if low and high:
        return f"{said}, {low} to {high}"
    if low or high:
        return f"{said}, {(low and (low if low.startswith('above') else f'at least {low}')) or _most(high)}"
    shortest, longest = _bound(bounds, "min_length", ""), _bound(bounds, "max_length", "")
    if _is_list(field.annotation) and longest == "0":
        return f"{said}, always empty"
    if _is_list(field.annotation) and (shortest or longest):
        return f"{said}, {shortest or '0'} to {longest} entries" if longest else f"{said}, at least {shortest} entry"
    return said


def _most(high: str) -> str:
    return high if high.startswith("below") else f"at most {high}"


def _metadata(annotation: Any) -> Iterator[Any]:
    """The constraints of an annotated type."""
    if get_origin(annotation) is Annotated:
        for each in annotation.__metadata__:
            yield each.metadata if isinstance(each, FieldInfo) else [each]
    for each in _choices(annotation):
        yield from _metadata(each)


def _bound(constraints: list[Any], name: str, word: str) -> str:
    value = next((getattr(each, name) for each in constraints if getattr(each, name, None) is not None), None)
    return "" if value is None else f"{word}{value:,.15g}".replace(",", " ")


NAMES = {
    "str": "text", "int": "whole number", "float": "number", "bool": "true, false", "date": "day",
    "datetime": "date and time", "time": "time of day",
}  # fmt: skip


def _kind(annotation: Any) -> str:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(code(each) for each in inner)
    if origin is Annotated:
        return _kind(inner[0])
    if _choices(annotation):
        return " or ".join(dict.fromkeys(_kind(each) for each in inner if each is not type(None)))
    if origin in (tuple, list):
        of = [each for each in inner if each is not Ellipsis]
        return f"list of {_plural(_kind(of[0]))}" if Ellipsis in inner else ", ".join(map(_kind, of))
    if origin in (dict, Mapping):
        return f"{_kind(inner[1])} by {_kind(inner[0])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "section"
    return NAMES.get(getattr(annotation, "__name__", ""), "text")


def _plural(kind: str) -> str:
    return f"{kind}s" if kind in ("text", "number", "whole number", "section", "day") else kind


def _default(field: FieldInfo) -> str:
    if field.default_factory is not None:
        return "empty"
    default = field.default
    if default is PydanticUndefined:
        return "required"
    if isinstance(default, BaseModel):
        return "as below"
    if default is None:
        return "none"
    if default == () or default == {} or default == "":
        return "empty"
    if isinstance(default, tuple):
        return code(", ".join(map(str, default)))
    return code(
        str(default).lower() if isinstance(default, bool) else f"{default:g}" if isinstance(default, float) else default
    )
