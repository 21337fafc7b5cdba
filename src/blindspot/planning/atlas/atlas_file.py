"""The file `atlas.json`: the views of an atlas, each with its plan file, and the soonest views of each square.

The atlas is void once the mission, a file of its site, or the authorisation has another hash.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from blindspot.core import FileName, InputError, Section, read_file, readable_or_error
from blindspot.mission import Aim, Mission, Point, mission_copy

SCHEMA = "blindspot.atlas/2"
"""The plans of version 2 have figures of intrusion: the gate needs them before a real flight."""
ATLAS_FILE, GROUND_FILE = "atlas.json", "ground.npz"
SQUARE_M = 10.0
"""Width of a square, m. Squares are counted from the site's origin to the east and to the north."""
SOONEST = 3
"""Views that a square knows."""

Square = tuple[int, int]


class AtlasView(Section):
    """A view of the atlas: one plan of one drone."""

    id: FileName = Field(description="Name of the view")
    drone: str = Field(description="The drone")
    pad: str = Field(description="The pad of the drone")
    file: FileName = Field(description="Its plan file, beside this file")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the plan file")
    at: Point = Field(description="Place of the view, m ENU")
    aim: Aim = Field(description="Aim of the camera there")
    looking_s: float = Field(gt=0, description="Time from the order to the look, s")


class SquareView(Section):
    view: int = Field(ge=0, description="Number of a view, from 0 on")
    share: float = Field(gt=0, le=1, description="Share of the square's public ground in the picture")


class AtlasSquare(Section):
    """A square of public ground, with its soonest views, or with the reason why no view shows it."""

    at: Square = Field(description="Number of the square to the east and to the north")
    ground_m: float = Field(description="Height of its ground above the datum, m")
    public_m2: float = Field(gt=0, description="Public ground in the square, m2")
    streets: tuple[str, ...] = Field((), description="Names of its streets and public squares")
    views: tuple[SquareView, ...] = Field((), max_length=SOONEST, description="Its soonest views, the soonest first")
    reason: str = Field("", description="The reason why no view shows it")
    nearest: Square | None = Field(None, description="The nearest square with a view")

    @property
    def middle_m(self) -> tuple[float, float]:
        """The middle of the square, m ENU."""
        return (self.at[0] + 0.5) * SQUARE_M, (self.at[1] + 0.5) * SQUARE_M


class Atlas(Section):
    schema_: Literal["blindspot.atlas/2"] = Field(alias="schema", description="Kind and version of the file")
    mission_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the mission's and the site's files")
    authorisation_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the authorisation file")
    ground_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the file with the ground of all views")
    views: tuple[AtlasView, ...] = Field(min_length=1, description="The views")
    squares: tuple[AtlasSquare, ...] = Field(min_length=1, description="All squares with public ground")

    @cached_property
    def by_number(self) -> dict[Square, AtlasSquare]:
        """The squares by their numbers."""
        return {square.at: square for square in self.squares}


def hashes_of(mission: Mission) -> tuple[str, str]:
    """(hash of the mission's and the site's files, hash of the authorisation). Raises InputError."""
    with readable_or_error(mission.authorisation_path, "restore it"):
        authorisation = read_file(mission.authorisation_path)
    sha256 = mission_copy.mission_sha256(mission.path.name, mission)
    return sha256, hashlib.sha256(authorisation).hexdigest()


def load_atlas(folder: Path, mission: Mission) -> Atlas:
    """Read the atlas of a mission from its folder.

    Raises
    ------
    InputError
        The file is missing or broken, or the mission, its site or its authorisation has changed since: the atlas is
        void.
    """
    again, path = f"make it again with: blindspot plan {mission.path}", folder / ATLAS_FILE
    try:
        content = read_file(path)
        atlas = Atlas.model_validate_json(content)
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", again) from error
    except ValidationError as error:
        found = _schema_of(content)
        is_other = found.startswith("blindspot.atlas/") and found != SCHEMA
        raise InputError(path, "", "was made by another version" if is_other else "is no atlas", again) from error
    mission_sha256, authorisation_sha256 = hashes_of(mission)
    if atlas.mission_sha256 != mission_sha256:
        raise InputError(path, "mission_sha256", "the mission or its site has changed: the atlas is void", again)
    if atlas.authorisation_sha256 != authorisation_sha256:
        raise InputError(path, "authorisation_sha256", "the authorisation has changed: the atlas is void", again)
    if any(seen.view >= len(atlas.views) for square in atlas.squares for seen in square.views):
        raise InputError(path, "squares", "name a view that the atlas lacks", again)
    return atlas


def _schema_of(content: bytes) -> str:
    """The kind and version that a JSON file names; empty without one."""
    with suppress(ValueError, AttributeError):
        return str(json.loads(content).get("schema", ""))
    return ""
