"""Profiles as data: needs, limits and rules of each kind of authorisation (`config/profiles`)."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from typing import Literal

from pydantic import Field, model_validator

from blindspot.core import InputError, Section, folders, read_yaml
from blindspot.law.files.authorisation_file import AuthorisationFile, WithheldGround

Module = Literal[
    "core", "act", "service", "purpose", "places", "data_protection", "public_info", "register", "people", "aviation"
]
"""A group of rules. `core` applies to every profile."""
Need = Literal[
    "act", "service", "purpose", "necessity", "people", "data_protection", "public_info", "aviation", "revocation",
    "owner_declaration", "legal_basis", "signer", "convention",
]  # fmt: skip
"""A section of the authorisation."""


class Wording(Section):
    """A text in English and French."""

    en: str = Field(min_length=1, description="English text")
    fr: str = Field(min_length=1, description="French text")


class PurposeKind(Wording):
    """A lawful purpose, and whether it is about a gathering."""

    gathering: bool = Field(False, description="The purpose is about a gathering")
    services: tuple[str, ...] = Field((), description="Only these services may name it; empty: all of the profile")


class ProfileLimits(Section):
    max_area_m2: float | None = Field(None, gt=0, description="Largest area, m2")
    max_commune_share: float | None = Field(None, gt=0, le=1, description="Beyond it a reason is required")
    max_days: int | None = Field(None, ge=1, le=3660, description="Longest window, days")
    max_months: int | None = Field(None, ge=1, le=120, description="Calendar months")
    max_cameras: int | None = Field(None, ge=1, le=1000, description="Most cameras at once")
    max_retention_h: float = Field(168, ge=0, le=168, description="Longest retention of a recording, h")
    max_dwelling_purge_h: float = Field(
        48, ge=0, le=48, description="Longest retention of parts that show a dwelling, h"
    )
    max_staleness_s: float = Field(86_400, gt=0, le=86_400, description="Largest age of a revocation list")
    detectors: Literal["none", "listed", "with_legal_reference"] = Field(
        "with_legal_reference",
        description="Detectors that may report: none, the listed, or the listed with a legal reference",
    )


STRICTEST = ("none", "with_legal_reference", "listed")
"""The limits of detectors, the strictest first."""


def stricter(one: ProfileLimits, other: ProfileLimits) -> ProfileLimits:
    """The stricter of two, limit by limit. A number that is missing is no limit."""
    given: dict[str, object] = {"detectors": min(one.detectors, other.detectors, key=STRICTEST.index)}
    for name in ProfileLimits.model_fields.keys() - given.keys():
        found = [value for value in (getattr(one, name), getattr(other, name)) if value is not None]
        given[name] = min(found, default=None)
    return ProfileLimits.model_validate(given)


class Rules(Section):
    """The part of a profile that a country's rule pack adds to for GENERIC-PUBLIC."""

    modules: tuple[Module, ...] = Field((), description="Groups of rules that apply besides core")
    needs: tuple[Need, ...] = Field((), description="Sections that the authorisation needs")
    limits: ProfileLimits = Field(ProfileLimits(), description="Limits of the authorisation")
    services: tuple[str, ...] = Field((), description="Services that may fly")
    barred: dict[str, str] = Field({}, description="Services that may never operate, with the source that bars them")
    purposes: dict[str, PurposeKind] = Field({}, description="Lawful purposes by code")
    withheld_on: tuple[WithheldGround, ...] = Field(
        (), description="The grounds on which the notice to the public may be withheld; empty: it never may"
    )
    department_cameras: Wording | None = Field(
        None, description="The order that limits the cameras of a department, which the authorisation transcribes"
    )
    authorities: dict[str, str] = Field({}, description="By department or district: the authority that decides there")
    other_authority: str | None = Field(None, description="The authority of every other department")
    departments: tuple[str, ...] = Field((), description="Codes of all departments; empty: any text")
    articles: dict[str, str] = Field({}, description="By rule: its source in this profile, in place of the usual one")


class Profile(Rules):
    """One profile. `level` concerns real flights: 0 none, 2 the autopilot itself asks before arming (`COM_ARM_AUTH_REQ`
    1)."""

    schema_: Literal["blindspot.profile/1"] = Field(alias="schema", description="Kind and version of the file")
    id: str = Field(description="Name of the profile")
    title: Wording = Field(description="Title of the profile")
    level: Literal[0, 2] = Field(description="0: never real flights; 2: the autopilot asks before it arms")
    off_because: str | None = Field(None, description="Why it grants nothing until a legal basis is signed and trusted")
    signers: int = Field(ge=0, le=2, description="Number of signatures")
    preflight_by: Literal["drone", "authority"] = Field(
        "authority", description="Where the facts of pre-flight are judged for a real flight"
    )
    takes_rule_pack: bool = Field(False, description="The authorisation names the rule pack of a country")
    pack: str = Field("", description="The country whose rules are in it")
    reviewed_by: str = Field("", description="The lawyer who has checked the rules of the pack")

    @model_validator(mode="after")
    def _real_flights_are_signed(self) -> Profile:
        if self.level > 0 and self.signers == 0:
            raise ValueError("a profile of real flights needs a signature: signers is 1 or 2")
        return self

    @property
    def sha256(self) -> str:
        """Hash of its content."""
        said = self.model_dump(mode="json", by_alias=True)
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()

    def article(self, rule: str, usual: str) -> str:
        return self.articles.get(rule, usual)

    def is_by_law(self, rule: str, usual: str) -> bool:
        """Whether the law asks for a rule in this profile; the source of any other is the product's own policy."""
        return not self.article(rule, usual).startswith("policy")


class RulePack(Rules):
    """The rules of a country for GENERIC-PUBLIC. A pack adds to the rules of the profile, and removes none."""

    schema_: Literal["blindspot.rule_pack/1"] = Field(alias="schema", description="Kind and version of the file")
    country: str = Field(pattern=r"^[A-Z]{2}$", description="Code of the country")
    reviewed_by: str | None = Field(description="The lawyer who has checked it; null refuses real flights")

    @model_validator(mode="after")
    def _has_an_end(self) -> RulePack:
        if self.limits.max_months is None:
            raise ValueError("limits.max_months is missing: an authorisation of a public authority has an end")
        return self

    def added_to(self, profile: Profile) -> Profile:
        """The profile with the modules, needs and lists of both, and the stricter of their limits. The articles are
        those of the country."""
        both = {
            "modules": tuple(dict.fromkeys((*profile.modules, *self.modules))),
            "needs": tuple(dict.fromkeys((*profile.needs, *self.needs))),
            "services": tuple(dict.fromkeys((*profile.services, *self.services))),
            "limits": stricter(profile.limits, self.limits),
            "barred": self.barred | profile.barred,
            "purposes": self.purposes | profile.purposes,
            "withheld_on": tuple(dict.fromkeys((*profile.withheld_on, *self.withheld_on))),
            "department_cameras": profile.department_cameras or self.department_cameras,
            "authorities": self.authorities | profile.authorities,
            "other_authority": profile.other_authority or self.other_authority,
            "departments": profile.departments or self.departments,
            "articles": profile.articles | self.articles,
            "pack": self.country,
            "reviewed_by": self.reviewed_by or "",
        }
        return Profile.model_validate(profile.model_copy(update=both).model_dump(by_alias=True))


FOLDER = folders.LAW_DIR / "profiles"


@lru_cache(maxsize=32)
def load_profile(name: str, pack: str | None = None) -> Profile:
    """Load a profile, with the rules of a country's pack.

    Parameters
    ----------
    name
        The name of a profile, such as `TEST-RANGE`.
    pack
        The two letters of a country; None: no pack.

    Returns
    -------
    Profile
        Needed sections, limits and groups of rules.

    Raises
    ------
    InputError
        No such profile or pack exists, the file is invalid, or the profile takes no pack.

    Example
    -------
    >>> load_profile("SIM-ONLY").level
    0
    """
    profile = read_yaml(FOLDER / f"{name}.yaml", Profile)
    if profile.id != name:
        raise InputError(FOLDER / f"{name}.yaml", "id", f"is {profile.id}", f"write {name}")
    if pack is None:
        return profile
    if not profile.takes_rule_pack:
        raise InputError("authorisation", "rule_pack", f"profile {name} takes none", "leave it out")
    path = FOLDER / "packs" / f"{pack}.yaml"
    rules = read_yaml(path, RulePack)
    if rules.country != pack:
        raise InputError(path, "country", f"is {rules.country}", f"write {pack}")
    return rules.added_to(profile)


def profile_of(file: AuthorisationFile) -> Profile:
    """The profile of an authorisation; raises InputError."""
    return load_profile(file.profile, file.rule_pack)


def profile_or_problem(file: AuthorisationFile) -> tuple[Profile | None, str]:
    """(the profile of an authorisation, ""), or (`None`, the reason why there is none)."""
    try:
        return profile_of(file), ""
    except InputError as error:
        return None, str(error)


def profile_names() -> tuple[str, ...]:
    """List all profiles of this installation.

    Returns
    -------
    tuple of str
        The names, sorted.

    Example
    -------
    >>> "TEST-RANGE" in profile_names()
    True
    """
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
