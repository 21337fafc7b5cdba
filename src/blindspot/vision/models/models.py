"""The models that a detector may use, from `config/models.yaml` or a user's own list."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from blindspot.camera import Sensor
from blindspot.core import (
    MASKS_ONLY,
    DependencyError,
    InputError,
    Section,
    folders,
    npm,
    read_file,
    read_yaml,
    recognises,
)
from blindspot.vision.models.layouts import LAYOUTS

DEFAULT_LIST = folders.LAW_DIR / "models.yaml"
DEFAULT_FOLDER = folders.MODELS_DIR
DEFAULT_MODEL = "nanodet"
DEFAULT_THERMAL = "thermal"

VEHICLES = frozenset({"car", "motorcycle", "bus", "truck"})
KINDS = ("person", "bicycle", "car", "motorcycle", "bus", "truck")
"""Reportable kinds of object; the detector drops every other class of a network."""

Channels = Annotated[tuple[float, ...], Field(min_length=1, max_length=3)]


class Input(Section):
    """Input format of a network: (1, channels, height, width) float32, (value - mean) / std of each channel."""

    size_px: tuple[int, int] | None = Field(None, description="Width and height, px; not given: any multiples of 32")
    channels: Literal["bgr", "rgb", "grey"] = Field(
        description="Order of the channels, of mean and of std; grey is one channel"
    )
    mean: Channels = Field((0.0,), description="Of 255, for each channel; one value counts for every channel")
    std: Channels = Field((1.0,), description="Like mean; 255 for a network that expects 0 to 1")
    padding: float | None = Field(None, ge=0, le=255, description="Grey beside the picture; not given: the mean")

    @field_validator("std")
    @classmethod
    def _positive(cls, std: Channels) -> Channels:
        if min(std) <= 0:
            raise ValueError("every std must be above 0")
        return std

    @property
    def channel_count(self) -> int:
        return 1 if self.channels == "grey" else 3

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, values in (("mean", self.mean), ("std", self.std)):
            if len(values) not in (1, self.channel_count):
                raise ValueError(f"{name} has {len(values)} values for {self.channel_count} of {self.channels}")
        return self


class Network(Section):
    """Input format and output layout of a network."""

    layout: str = Field(description=f"Layout of the outputs: {', '.join(LAYOUTS)}")
    class_count: int = Field(ge=1, le=10_000, description="Number of classes of the network")
    classes: dict[int, str] = Field(description="Reported and masked classes: number, then kind")
    strides_px: tuple[int, ...] = Field((8, 16, 32), description="Sides of the cells of NanoDet and YOLOX, px")
    enough_px: float = Field(
        48.0, gt=0, description="Height of a person in the input from which on detection stops improving, px"
    )
    input: Input = Field(description="Input of the network")

    @field_validator("layout")
    @classmethod
    def _known(cls, layout: str) -> str:
        if layout not in LAYOUTS:
            raise ValueError(f"there are {', '.join(LAYOUTS)}")
        return layout

    @model_validator(mode="after")
    def _lawful(self) -> Self:
        """Check the classes: masking needs a class of people and one of vehicles, and recognition is refused."""
        for number, kind in self.classes.items():
            if recognises(kind):
                raise ValueError(f"class {number} is {kind}, and nothing here recognises persons or plates (INT-01)")
            if kind not in KINDS:
                raise ValueError(f"class {number} is {kind}; there are {', '.join(KINDS)}")
            if not 0 <= number < self.class_count:
                raise ValueError(f"class {number} is not among {self.class_count} classes, the first of which is 0")
        for group, kinds in (("person", {"person"}), ("vehicle", VEHICLES)):
            if not kinds & set(self.classes.values()):
                raise ValueError(f"masking needs a class that is a {group}")
        return self


class Source(npm.Package):
    """A TensorFlow.js graph in npm's registry. Set-up converts it."""

    graph: npm.File = Field(description="The TF.js graph")
    weights: npm.File = Field(description="Its shard of weights")


class Listed(Section):
    """What every entry of the list says."""

    what: str = Field(description="Description of the model")
    licence: str = Field(description="Licence of the model")
    sensor: Sensor = Field("visible", description="Cameras whose pictures it knows; refused for the other ones")

    def _knows(self, name: str, sensor: Sensor | None) -> str:
        """The reason why this model `name` does not know the pictures of a camera with this sensor, or "".

        A camera without a stated sensor counts as one for visible light.
        """
        if self.sensor != (sensor or "visible"):
            return f"{name} knows {self.sensor} pictures, and the camera's sensor is {sensor or 'visible'}"
        return ""


class BuiltIn(Listed):
    """A method of the program itself, without a network and without a file: it masks, and reports nobody."""

    built_in: Literal["warm_spots/1"] = Field(description="Method and version")
    masks_only: Literal[True] = Field(description="It reports nobody")
    only_simulated: ClassVar[bool] = False

    @property
    def sha256(self) -> str:
        """Of the method's name and version, in place of a file's."""
        return hashlib.sha256(self.built_in.encode()).hexdigest()

    def why_not(self, name: str, sensor: Sensor | None, *, simulated: bool) -> str:
        """Like `Model.why_not`."""
        return self._knows(name, sensor)


class Model(Listed, Network):
    """One allowed network: its description, licence, source and the SHA-256 of the file that the detector loads."""

    sha256: str = Field(pattern=npm.SHA256, description="Of the ONNX file")
    file: str | None = Field(
        None, description="The ONNX file, beside the list; not given: the file that set-up makes of `source`"
    )
    source: Source | None = Field(None, description="Source for set-up")
    beside: str | None = Field(None, description="Name of a built-in method that masks the same pictures, too")
    only_simulated: bool = Field(False, description="Trained without photographs: it may mask simulated pictures only")

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if (self.file is None) == (self.source is None):
            raise ValueError("give either file or source")
        return self

    def why_not(self, name: str, sensor: Sensor | None, *, simulated: bool) -> str:
        """The reason why this model `name` may not mask the pictures of a camera with this sensor, or ""."""
        if self.only_simulated and not simulated:
            return f"{name} was trained without photographs, and would not mask real people"
        return self._knows(name, sensor)

    def path(self, name: str, listed: Path, folder: Path) -> Path:
        """Path of the file, given the list that names it and set-up's folder of models."""
        return folder / f"{name}.onnx" if self.file is None else listed.parent / self.file


def _kind(given: Any) -> str:
    is_built_in = "built_in" in given if isinstance(given, dict) else isinstance(given, BuiltIn)
    return "built_in" if is_built_in else "network"


Entry = Annotated[
    Annotated[Model, Tag("network")] | Annotated[BuiltIn, Tag("built_in")], Discriminator(_kind)
]  # fmt: skip


class ModelList(Section):
    schema_: Literal["blindspot.models/1"] = Field(alias="schema", description="Kind and version of the file")
    models: dict[str, Entry] = Field(description="Allowed models by name")

    @field_validator("models")
    @classmethod
    def _lawful(cls, models: dict[str, Model | BuiltIn]) -> dict[str, Model | BuiltIn]:
        for name, model in models.items():
            for word in (name, (isinstance(model, Model) and model.file) or ""):
                if recognises(word):
                    raise ValueError(f"{word} recognises persons or plates (INT-01)")
        return models

    @field_validator("models")
    @classmethod
    def _masks(cls, models: dict[str, Model | BuiltIn]) -> dict[str, Model | BuiltIn]:
        for name, model in models.items():
            if isinstance(model, BuiltIn) != (name in MASKS_ONLY):
                raise ValueError(f"{name}: the name {', '.join(MASKS_ONLY)} belongs to what masks only, and no other")
            if isinstance(model, Model) and model.beside is not None:
                other = models.get(model.beside)
                if not isinstance(other, BuiltIn) or other.sensor != model.sensor:
                    raise ValueError(f"{name}: beside names {model.beside}, no built-in method for this sensor")
        return models


def default_model(sensor: Sensor | None) -> str:
    """The model for a camera with this sensor, where nobody names one."""
    return DEFAULT_THERMAL if sensor == "thermal" else DEFAULT_MODEL


def allowed_models(path: Path = DEFAULT_LIST) -> dict[str, Model | BuiltIn]:
    """The models that may be used, by name; raises InputError."""
    return read_yaml(path, ModelList).models


def allowed_networks(path: Path = DEFAULT_LIST) -> dict[str, Model]:
    """The allowed models that have a file."""
    return {name: model for name, model in allowed_models(path).items() if isinstance(model, Model)}


def content_of(path: Path, model: Model) -> bytes:
    """The model's file as bytes; raises DependencyError if it is unreadable, InputError if its hash differs."""
    try:
        content = read_file(path)
    except OSError as error:
        brings = "put it there, or correct the list"
        if model.source is not None:
            brings = f"bring it with: python -m blindspot.vision.models.model_setup --into {path.parent}"
        raise DependencyError(f"the detector's model {path} can't be read; {brings}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != model.sha256:
        fix = "fetch it again with model_setup" if model.source is not None else f"its hash is {found}"
        raise InputError(path, "sha256", "is not the allowed model", fix)
    return content
