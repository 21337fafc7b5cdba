"""A library on the disk: `library.json`, a plan file for each variant, the ground, and the times of all views."""

from __future__ import annotations

import hashlib
from contextlib import nullcontext
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field, ValidationError

from blindspot.core import FileName, InputError, Section, inside, moved as moved_into, output_folder, read_file
from blindspot.mission import GroundMasks, Mission, parse_plan
from blindspot.operations.patrols.choices import Choice
from blindspot.operations.patrols.library import Library, Variant, gaps_s, hash_of
from blindspot.operations.patrols.library_lock import flown_library, replaced_library
from blindspot.operations.patrols.sights import Sights

LIBRARY_FILE, GROUND_FILE, SIGHTS_FILE = "library.json", "ground.npz", "sights.npz"


class VariantFile(Section):
    id: FileName = Field(description="Name of the variant")
    file: FileName = Field(description="Its plan file, beside this file")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the plan file")


class ChoiceFile(Section):
    variant: int = Field(ge=0, description="Number of the variant that may follow, from 0 on")
    from_s: float = Field(ge=0, description="Its earliest start after the start of this variant, s")
    until_s: float = Field(ge=0, description="Its latest start, s")
    probability: float = Field(ge=0, le=1, description="Chance of this choice")


class LibraryFile(Section):
    schema_: Literal["blindspot.library/1"] = Field(alias="schema", description="Kind and version of the file")
    mission_sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the mission's and the site's files")
    revisit_s: float = Field(gt=0, description="Promised revisit time, s")
    swap_s: float = Field(ge=0, description="Time from a landing to the next take-off, s")
    reachable_m2: float = Field(gt=0, description="Blind ground that a legal view can see, m2")
    variants: tuple[VariantFile, ...] = Field(min_length=2, description="The variants")
    gap_s: tuple[tuple[float, ...], ...] = Field(description="Row i, column j: time that j may add after i, s")
    choices: tuple[tuple[ChoiceFile, ...], ...] = Field(description="Possible next passes after each variant")


def save_library(library: Library, folder: Path) -> tuple[Path, ...]:
    """Write a library into a folder; the new files replace the older files when all are written. Returns their paths.
    Raises InputError while a scheduler flies the library in the folder."""
    with replaced_library(folder), output_folder(folder) as part:
        entries = []
        for variant in library.variants:
            text = variant.plan.to_json()
            (part / f"{variant.id}.json").write_text(text, encoding="utf-8")
            entries.append(
                VariantFile(id=variant.id, file=f"{variant.id}.json", sha256=hashlib.sha256(text.encode()).hexdigest())
            )
        file = LibraryFile(
            schema="blindspot.library/1",
            mission_sha256=library.mission_sha256,
            revisit_s=library.revisit_s,
            swap_s=library.swap_s,
            reachable_m2=library.reachable_m2,
            variants=tuple(entries),
            gap_s=tuple(tuple(row) for row in library.gap_s.tolist()),
            choices=tuple(
                tuple(ChoiceFile(variant=c.variant, from_s=c.from_s, until_s=c.until_s, probability=c.probability)
                      for c in own)
                for own in library.choices
            ),
        )  # fmt: skip
        library.masks.save(part / GROUND_FILE)
        np.savez_compressed(
            part / SIGHTS_FILE,
            first_s=np.stack([variant.sights.first_s[library.seen] for variant in library.variants]),
            last_s=np.stack([variant.sights.last_s[library.seen] for variant in library.variants]),
            longest_s=np.stack([variant.sights.longest_s[library.seen] for variant in library.variants]),
            seen=library.seen,
        )
        (part / LIBRARY_FILE).write_text(file.model_dump_json(by_alias=True, indent=1), encoding="utf-8")
        files = sorted(part.iterdir())
    return moved_into(files, folder)


def load_library(folder: Path, mission: Mission) -> Library:
    """Read the library of a mission, as one set: not while another process replaces its files.

    Raises
    ------
    InputError
        A file is missing, broken or changed; or the mission or its site has changed since, so that the library is void.
    """
    with flown_library(folder) if folder.is_dir() else nullcontext():
        return _read(folder, mission)


def _read(folder: Path, mission: Mission) -> Library:
    again = f"make it again with: blindspot plan {mission.path}"
    path = folder / LIBRARY_FILE
    try:
        file = LibraryFile.model_validate_json(read_file(path))
    except OSError as error:
        raise InputError(path, "", f"can't be read ({error.strerror})", again) from error
    except ValidationError as error:
        raise InputError(path, "", "is no library", again) from error
    if file.mission_sha256 != hash_of(mission):
        raise InputError(path, "mission_sha256", "the mission or its site has changed: the library is void", again)
    masks = GroundMasks.load(folder / GROUND_FILE)
    try:
        with np.load(folder / SIGHTS_FILE) as data:
            seen = data["seen"]
            times = [data[name] for name in ("first_s", "last_s", "longest_s")]
    except Exception as error:  # zipfile, zlib and numpy raise unrelated types for a broken file
        raise InputError(folder / SIGHTS_FILE, "", "is missing or broken", again) from error
    shape = (len(file.variants), int(np.count_nonzero(seen)))
    if seen.dtype != bool or seen.shape != (masks.blind.size,) or any(by.shape != shape for by in times):
        raise InputError(folder / SIGHTS_FILE, "", "has the times of other variants, or of another ground", again)
    variants = []
    for number, entry in enumerate(file.variants):
        plan_path = inside(folder, entry.file)
        try:
            content = read_file(plan_path)
        except OSError as error:
            raise InputError(plan_path, "", f"can't be read ({error.strerror})", again) from error
        if hashlib.sha256(content).hexdigest() != entry.sha256:
            raise InputError(plan_path, "", "is not the plan that was checked", again)
        views = [
            np.full(seen.size, np.nan, np.float32),
            np.full(seen.size, np.nan, np.float32),
            np.zeros(seen.size, np.float32),
        ]
        for all_cells, by_variant in zip(views, times, strict=True):
            all_cells[seen] = by_variant[number]
        variants.append(Variant(entry.id, parse_plan(content.decode(), str(plan_path)), Sights(*views)))
    promised = np.logical_and.reduce([variant.sights.seen for variant in variants])
    choices = tuple(
        tuple(Choice(c.variant, c.from_s, c.until_s, c.probability) for c in own) for own in file.choices
    )  # fmt: skip
    library = Library(
        file.mission_sha256, file.revisit_s, file.swap_s, tuple(variants), masks, seen, promised, file.reachable_m2,
        gaps_s(variants, promised) if promised.any() else np.full((len(variants),) * 2, np.nan), choices,
    )  # fmt: skip
    if problem := _why_not(library, file, mission):
        raise InputError(path, "", f"was changed: {problem}", again)
    return library


def _why_not(library: Library, file: LibraryFile, mission: Mission) -> str:
    """The reason why the numbers of a file do not follow from plans and mission; empty for right numbers."""
    count = len(library.variants)
    if (file.revisit_s, file.swap_s) != (mission.file.revisit_s, mission.file.swap_s):
        return "revisit_s and swap_s are not the mission's"
    if [len(row) for row in file.gap_s] != [count] * count or len(file.choices) != count:
        return f"gap_s and choices need {count} rows, one for each variant"
    if not np.allclose(file.gap_s, library.gap_s, rtol=0.0, atol=1e-6):
        return "gap_s does not follow from the times of the views"
    for number, (variant, choices) in enumerate(zip(library.variants, library.choices, strict=True)):
        if abs(sum(choice.probability for choice in choices) - 1.0) > 1e-6:
            return f"the chances after {variant.id} do not add up to 1"
        for choice in choices:
            if choice.variant >= count:
                return f"a choice after {variant.id} is variant {choice.variant} of {count}"
            soonest_s, latest_s = variant.flight_s + library.swap_s, library.latest_s(number, choice.variant)
            if not soonest_s - 1e-6 <= choice.from_s <= choice.until_s <= latest_s + 1e-6:
                return f"a choice after {variant.id} starts outside of {soonest_s:.0f} to {latest_s:.0f} s"
    return ""
