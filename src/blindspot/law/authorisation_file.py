"""The authorisation file, schema `blindspot.authorisation/1`: persons, area, times and sensors of permitted flights.

Unknown keys are refused. The sections that only some profiles need (act, service ..., signer) are optional here, and
those profiles require them (`config/profiles`).
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from blindspot.core import Moment, Section, is_time_zone
from blindspot.law.aviation_section import Aviation, Geozones
from blindspot.law.field_types import Sha256, Words

Day = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
DAYS: tuple[Day, ...] = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
ProfileName = Literal[
    "SIM-ONLY",
    "TEST-RANGE",
    "PRIVATE-SITE",
    "GENERIC-PUBLIC",
    "FR-CSI-L242-5",
    "FR-CSI-L242-6",
    "FR-CSI-L242-7-EXP",
]
EventKind = Literal[
    "abandoned_object", "person_on_ground", "zone_entered", "wrong_way", "crowd_density", "vehicle_stopped"
]
"""The events that may be reported about sightings, if the authorisation lists them."""


class Signature(Section):
    key_id: str
    alg: Literal["ed25519"]
    sig: str


class Act(Section):
    """The administrative act that the file transcribes."""

    number: str
    date: date
    authority: str
    department: str
    pdf_sha256: str = Sha256
    pdf: str | None = Field(None, description="The act's file, relative to the authorisation; its hash is checked")
    transcribed_by: str = Field(min_length=1)
    countersigned_by: str = Field(min_length=1)
    signatures: tuple[Signature, ...] = ()


class Signer(Section):
    """The person responsible for an authorisation that is not based on an administrative act."""

    name: Words
    contact: Words


class Service(Section):
    type: str
    unit: str
    contact: str


class Fact(Section):
    date: date
    kind: str
    count: int = Field(ge=0, le=10**9)
    source: str


class Event(Section):
    """The gathering that a purpose is about."""

    name: str = Field(min_length=1)
    begins: Moment
    ends: Moment

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.begins >= self.ends:
            raise ValueError("begins must be earlier than ends")
        return self


class Purpose(Section):
    code: str
    facts: tuple[Fact, ...] = ()
    event: Event | None = None


class LegalBasis(Section):
    """The act that puts a profile into force which is off by default; signed by a third person."""

    act: Words
    in_force: date
    signature: Signature | None = None


class Convention(Section):
    """The convention of coordination between a municipal police and the state's forces."""

    ref: Words
    date: date


class OwnerDeclaration(Section):
    """The owner's declaration that the area is her own property."""

    owner: Words
    property_ref: Words = Field(description="Land register, lease or contract")
    statement: Words
    date: date


class Alternative(Section):
    means: str
    why_insufficient: str


class Necessity(Section):
    alternatives: tuple[Alternative, ...] = ()
    renewal_index: int = Field(0, ge=0, le=1000)
    only_means_statement: str | None = None


class Slot(Section):
    """A daily slot in local time. A slot that ends before it starts runs past midnight and belongs to its first day."""

    days: tuple[Day, ...] = Field(min_length=1)
    start: time
    end: time

    @field_validator("start", "end", mode="before")
    @classmethod
    def _written_out(cls, value: object) -> object:
        if not isinstance(value, str | time):  # YAML reads a bare 20:00 as the number 1200
            raise ValueError('needs quotes, e.g. "20:00"')
        return value

    @field_validator("start", "end")
    @classmethod
    def _local(cls, value: time) -> time:
        if value.tzinfo is not None:
            raise ValueError('is in the time zone of the window: leave the offset out, e.g. "20:00"')
        return value

    @model_validator(mode="after")
    def _not_empty(self) -> Slot:
        if self.start == self.end:
            raise ValueError("the slot starts when it ends")
        return self

    def __str__(self) -> str:
        days = "every day" if set(self.days) == set(DAYS) else " ".join(self.days)
        return f"{days} {self.start:%H:%M} to {self.end:%H:%M}"


class Window(Section):
    not_before: Moment
    not_after: Moment
    daily_slots: tuple[Slot, ...] = Field(min_length=1)
    tz: str
    max_flight_min_per_day: float = Field(
        gt=0, le=12 * 1440, description="All drones and flights of a day together, min; a fleet has up to 12 drones"
    )
    max_min_per_place_per_week: float | None = Field(
        None, gt=0, le=10_080, description="Time for which a place of 10 m is in pictures, in an ISO week, min"
    )

    @field_validator("not_before", "not_after", mode="before")
    @classmethod
    def _no_number(cls, value: object) -> object:
        if not isinstance(value, str | date):
            raise ValueError("is no date and time, e.g. 2026-11-01T00:00:00+01:00")
        return value

    @field_validator("tz")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if not is_time_zone(value):
            raise ValueError("is no time zone, e.g. Europe/Paris")
        return value

    @model_validator(mode="after")
    def _sane(self) -> Window:
        if self.not_before >= self.not_after:
            raise ValueError("not_before must be earlier than not_after")
        return self


class Commune(Section):
    name: str = Field(min_length=1)
    code: str = Field(min_length=1, description="INSEE code or the country's own")
    area_m2: float = Field(gt=0, le=1e11)


class Area(Section):
    geojson: str = Field(description="Polygon file, relative to the authorisation")
    sha256: str = Sha256
    max_area_m2: float = Field(gt=0, le=1e10)
    floor_m_agl: float = Field(ge=0, le=120)
    ceiling_m_agl: float = Field(gt=0, le=120)
    commune: Commune | None = None
    large_share_reason: str | None = Field(None, description="Why the area is a large share of the commune")

    @model_validator(mode="after")
    def _ordered(self) -> Area:
        if self.floor_m_agl >= self.ceiling_m_agl:
            raise ValueError("floor_m_agl must be below ceiling_m_agl")
        return self


class CameraCap(Section):
    """The limits of one camera."""

    id: str
    max_pitch_deg: float = Field(ge=-90, le=0)
    min_pitch_deg: float = Field(ge=-90, le=0)
    max_zoom: float = Field(ge=1, le=1000)
    max_px_per_m: float = Field(gt=0, le=10_000)


class Sensors(Section):
    max_simultaneous_cameras: int = Field(ge=0, le=1000)
    max_cameras_in_department: int | None = Field(None, ge=0, le=1000, description="As the order on cameras says")
    cameras: tuple[CameraCap, ...] = Field(min_length=1)


class Recording(Section):
    allowed: bool
    retention_h: float = Field(ge=0, le=168)
    dwelling_purge_h: float = Field(ge=0, le=48)


class Analytics(Section):
    masking: Literal["REQUIRED"]
    detectors: tuple[str, ...] = ()
    detector_legal_ref: str | None = None
    events: tuple[EventKind, ...] = ()
    interconnections: tuple[str, ...] = Field((), max_length=0)
    separation: str | None = Field(None, min_length=1, description="Signed statement that nothing is interconnected")

    @model_validator(mode="after")
    def _events_need_a_detector(self) -> Analytics:
        if self.events and not self.detectors:
            raise ValueError("events need a detector that may report: list it in detectors, or leave events empty")
        return self


class Pilot(Section):
    id: str
    certificate: str
    valid_to: date


class People(Section):
    """Designated people: who flies, who sees recordings, who exports, who erases, who verifies the journal."""

    pilots: tuple[Pilot, ...] = ()
    viewers: tuple[str, ...] = ()
    extractors: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    auditors: tuple[str, ...] = ()
    keys: dict[str, Annotated[str, Sha256]] = Field(
        default_factory=dict, description="Public key of a person, as `blindspot authority operator-key` prints it"
    )


class DataProtection(Section):
    cnil_commitment_ref: str
    dpia_ref: str
    register_recipient: str


WithheldGround = Literal["CIRCUMSTANCES", "AIM"]
"""The circumstances forbid the notice, or the notice would contradict the aim of the flights."""


class PublicInfo(Section):
    mode: Literal["PUBLISHED", "WITHHELD"]
    url: str | None = Field(None, min_length=1)
    withheld_on: WithheldGround | None = None
    withheld_reason: str | None = Field(None, min_length=1)


class Revocation(Section):
    file_or_url: str
    max_staleness_s: float = Field(gt=0, le=1e9)


FILL_IN = "FILL-IN"
"""In a new file: a value that a person has still to fill in."""


class AuthorisationFile(Section):
    schema_: Literal["blindspot.authorisation/1"] = Field(alias="schema")
    id: str = Field(min_length=1)
    profile: ProfileName
    signer: Signer | None = None
    signatures: tuple[Signature, ...] = ()
    rule_pack: str | None = Field(None, pattern=r"^[A-Z]{2}$", description="Country of the rules of GENERIC-PUBLIC")
    owner_declaration: OwnerDeclaration | None = None
    legal_basis: LegalBasis | None = None
    convention: Convention | None = None
    act: Act | None = None
    service: Service | None = None
    purpose: Purpose | None = None
    necessity: Necessity | None = None
    window: Window
    area: Area
    sensors: Sensors
    recording: Recording
    analytics: Analytics
    people: People | None = None
    data_protection: DataProtection | None = None
    public_info: PublicInfo | None = None
    aviation: Aviation | None = None
    revocation: Revocation | None = None

    @model_validator(mode="after")
    def _filled_in(self) -> AuthorisationFile:
        if field := _left_open(self.model_dump(mode="json", by_alias=True), ""):
            raise ValueError(f"{field} is still {FILL_IN}: fill it in from the act")
        return self

    @property
    def geozones(self) -> Geozones | None:
        """The zones that it names; `None` without any."""
        return self.aviation.geozones if self.aviation is not None else None

    @property
    def all_signatures(self) -> tuple[Signature, ...]:
        """Those of the file and those that stand in its act: both are over the same content."""
        return (*self.signatures, *(self.act.signatures if self.act is not None else ()))


def _left_open(value: object, name: str) -> str:
    """The first field that is still to be filled in, by its dotted name; "" if there is none."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, str) and value.strip() == FILL_IN:
        return name
    return next((found for key, each in inner if (found := _left_open(each, f"{name}.{key}".lstrip(".")))), "")
