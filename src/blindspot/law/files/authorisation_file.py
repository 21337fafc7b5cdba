"""The authorisation file, schema `blindspot.authorisation/1`: persons, area, times and sensors of permitted flights.

Unknown keys are refused. Sections for some profiles only (act, service ..., signer) are optional here; the profiles
require these sections (`config/profiles`).
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from blindspot.core import MASKS_ONLY, Moment, Section, is_time_zone
from blindspot.law.files.aviation_section import Aviation, Geozones
from blindspot.law.files.field_types import PUBLIC_KEY, Sha256, Words

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
"""The permitted events about sightings, if the authorisation lists events."""


class Signature(Section):
    key_id: str = Field(description="Id of the key, the begin of its public half's hash")
    alg: Literal["ed25519"] = Field(description="Algorithm of the signature")
    sig: str = Field(description="Signature of the content, base64")


class Act(Section):
    """The administrative act that the file transcribes."""

    number: str = Field(description="Number of the act")
    date: Annotated[date, Field(description="Date of the act")]
    authority: str = Field(description="Authority that signed the act")
    department: str = Field(description="Code of the department or district")
    pdf_sha256: str = Sha256
    pdf: str | None = Field(None, description="The act's file, relative to the authorisation; its hash is checked")
    transcribed_by: str = Field(min_length=1, description="Person who transcribed the act and signs")
    countersigned_by: str = Field(min_length=1, description="Another person, who countersigns")
    signatures: tuple[Signature, ...] = Field((), description="Signatures over the content")


class Signer(Section):
    """The person responsible for an authorisation that is not based on an administrative act."""

    name: Words = Field(description="Name of the person")
    contact: Words = Field(description="Telephone or address of the person")


class Service(Section):
    type: str = Field(description="Kind of service, as the profile lists it")
    unit: str = Field(description="Unit that flies")
    contact: str = Field(description="Telephone or address of the unit")


class Fact(Section):
    date: Annotated[date, Field(description="Day of the fact")]
    kind: str = Field(description="Kind of fact")
    count: int = Field(ge=0, le=10**9, description="Number of cases")
    source: str = Field(description="Report or register that holds the fact")


class Event(Section):
    """The gathering that a purpose is about."""

    name: str = Field(min_length=1, description="Name of the gathering")
    begins: Moment = Field(description="Begin of the gathering")
    ends: Moment = Field(description="End of the gathering")

    @model_validator(mode="after")
    def _ordered(self) -> Event:
        if self.begins >= self.ends:
            raise ValueError("begins must be earlier than ends")
        return self


class Purpose(Section):
    code: str = Field(description="Purpose, from the closed list of the profile")
    facts: tuple[Fact, ...] = Field((), description="Dated facts that justify the purpose")
    event: Event | None = Field(None, description="Gathering that the purpose is about")


class LegalBasis(Section):
    """The act that puts a profile into force which is off by default; signed by a third person."""

    act: Words = Field(description="Act that puts the profile into force")
    in_force: date = Field(description="First day of its force")
    signature: Signature | None = Field(None, description="Signature of a third person")


class Convention(Section):
    """The convention of coordination between a municipal police and the state's forces."""

    ref: Words = Field(description="Reference of the convention")
    date: Annotated[date, Field(description="Date of the convention")]


class OwnerDeclaration(Section):
    """The owner's declaration that the area is her own property."""

    owner: Words = Field(description="Name of the owner")
    property_ref: Words = Field(description="Land register, lease or contract")
    statement: Words = Field(description="The declaration in words")
    date: Annotated[date, Field(description="Date of the declaration")]


class Alternative(Section):
    means: str = Field(description="The other means")
    why_insufficient: str = Field(description="Reason why this means does not serve")


class Necessity(Section):
    alternatives: tuple[Alternative, ...] = Field((), description="Means that were rejected")
    renewal_index: int = Field(0, ge=0, le=1000, description="Number of renewals before this authorisation")
    only_means_statement: str | None = Field(
        None, description="Reason of a renewal: why drones are still the only means"
    )


class Slot(Section):
    """A daily slot in local time. A slot with an end before the start runs past midnight and belongs to the first
    day."""

    days: tuple[Day, ...] = Field(min_length=1, description="Days of the week")
    start: time = Field(description='Local time of the start in quotes, e.g. "20:00"')
    end: time = Field(description="Local time of the end in quotes; before start: on the next day")

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
    not_before: Moment = Field(description="Begin of the validity, with time zone")
    not_after: Moment = Field(description="End of the validity, exclusive, with time zone")
    daily_slots: tuple[Slot, ...] = Field(min_length=1, description="Times of the day at which drones may fly")
    tz: str = Field(description="Time zone of the slots, e.g. Europe/Paris")
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
    name: str = Field(min_length=1, description="Name of the commune")
    code: str = Field(min_length=1, description="INSEE code or the country's own")
    area_m2: float = Field(gt=0, le=1e11, description="Area of the commune, m2")


class Area(Section):
    geojson: str = Field(description="Polygon file, relative to the authorisation")
    sha256: str = Sha256
    max_area_m2: float = Field(gt=0, le=1e10, description="Largest authorised area, m2")
    floor_m_agl: float = Field(ge=0, le=120, description="Lowest flight, m above ground")
    ceiling_m_agl: float = Field(
        gt=0, le=120, description="Highest flight, m above ground, the autopilot's own return included"
    )
    commune: Commune | None = Field(None, description="Commune of the area")
    large_share_reason: str | None = Field(None, description="Why the area is a large share of the commune")

    @model_validator(mode="after")
    def _ordered(self) -> Area:
        if self.floor_m_agl >= self.ceiling_m_agl:
            raise ValueError("floor_m_agl must be below ceiling_m_agl")
        return self


class CameraCap(Section):
    """The limits of one camera."""

    id: str = Field(description="Name of the camera")
    max_pitch_deg: float = Field(ge=-90, le=0, description="Flattest pitch, deg")
    min_pitch_deg: float = Field(ge=-90, le=0, description="Steepest pitch, deg")
    max_zoom: float = Field(ge=1, le=1000, description="Largest zoom")
    max_px_per_m: float = Field(gt=0, le=10_000, description="Highest pixel density of any surface, px/m")


class Sensors(Section):
    max_simultaneous_cameras: int = Field(ge=0, le=1000, description="Most drones in the air at once")
    max_cameras_in_department: int | None = Field(None, ge=0, le=1000, description="As the order on cameras says")
    cameras: tuple[CameraCap, ...] = Field(
        min_length=1, description="Limits of the cameras; the strictest value of several counts"
    )


class RecordingKeys(Section):
    """The public keys for which recordings are sealed: all holders together open a recording."""

    service: str = Field(
        pattern=PUBLIC_KEY, description="Public key of the service, as `blindspot authority recording-key` prints it"
    )
    authority: str | None = Field(None, pattern=PUBLIC_KEY, description="Public key of the authority, likewise")

    @model_validator(mode="after")
    def _two_holders(self) -> RecordingKeys:
        if self.service == self.authority:
            raise ValueError("service and authority have one key: each needs its own, so that nobody opens alone")
        return self


class Recording(Section):
    allowed: bool = Field(description="Recording is permitted")
    retention_h: float = Field(ge=0, le=168, description="Hours until a recording is erased; 0: no recording")
    dwelling_purge_h: float = Field(ge=0, le=48, description="Hours until parts that show a dwelling are erased")
    keys: RecordingKeys | None = Field(None, description="Keys that seal the recordings; a recording in clear without")


class Analytics(Section):
    masking: Literal["REQUIRED"] = Field(description="Masking is always on")
    detectors: tuple[str, ...] = Field(
        (), description="Detectors that may report, by their names in the list of models; others only mask"
    )
    detector_legal_ref: str | None = Field(None, description="Legal reference of the detectors")
    events: tuple[EventKind, ...] = Field((), description="Events that may be reported; each needs a detector")
    interconnections: tuple[str, ...] = Field(
        (), max_length=0, description="Links with other processing of personal data: always empty"
    )
    separation: str | None = Field(None, min_length=1, description="Signed statement that nothing is interconnected")
    publish_px_per_m: float | None = Field(
        None, ge=5, le=60, description="Highest pixel density of a published picture; the mission's lower limit if None"
    )
    max_missed_heads: float | None = Field(
        None, ge=0, le=1, description="Highest measured share of heads that the masking may miss; no gate if None"
    )
    unmeasured: Literal["coarse", "withhold"] = Field(
        "coarse", description="Pictures whose miss rate is higher or unknown: published at 12.5 px/m, or not at all"
    )

    @field_validator("detectors")
    @classmethod
    def _can_report(cls, detectors: tuple[str, ...]) -> tuple[str, ...]:
        for name in detectors:
            if name in MASKS_ONLY:
                raise ValueError(f"{name} only masks, and reports nobody: leave it out, it masks without an entry")
        return detectors

    @model_validator(mode="after")
    def _events_need_a_detector(self) -> Analytics:
        if self.events and not self.detectors:
            raise ValueError("events need a detector that may report: list it in detectors, or leave events empty")
        return self


class Pilot(Section):
    id: str = Field(description="Name of the pilot")
    certificate: str = Field(description="Certificate of the pilot")
    valid_to: date = Field(description="Last day of the certificate")


class People(Section):
    """Designated people: who flies, who sees recordings, who exports, who erases, who verifies the journal."""

    pilots: tuple[Pilot, ...] = Field((), description="People who may fly")
    viewers: tuple[str, ...] = Field((), description="People who may see a run")
    extractors: tuple[str, ...] = Field((), description="People who may export a run")
    admins: tuple[str, ...] = Field((), description="People who may erase a run; the extractors if empty")
    auditors: tuple[str, ...] = Field((), description="People who may verify the journal; anybody if empty")
    keys: dict[str, Annotated[str, Sha256]] = Field(
        default_factory=dict, description="Public key of a person, as `blindspot authority operator-key` prints it"
    )


class DataProtection(Section):
    cnil_commitment_ref: str = Field(description="Reference of the commitment to the data-protection authority")
    dpia_ref: str = Field(description="Reference of the impact assessment")
    register_recipient: str = Field(description="Recipient of the weekly register of uses")


WithheldGround = Literal["CIRCUMSTANCES", "AIM"]
"""The circumstances forbid the notice, or the notice would contradict the aim of the flights."""


class PublicInfo(Section):
    mode: Literal["PUBLISHED", "WITHHELD"] = Field(description="PUBLISHED, or WITHHELD on a ground that the law names")
    url: str | None = Field(None, min_length=1, description="Address of the notice")
    withheld_on: WithheldGround | None = Field(None, description="Ground on which the notice is withheld")
    withheld_reason: str | None = Field(None, min_length=1, description="Reason in words")


class Revocation(Section):
    file_or_url: str = Field(description="Revocation list: a file on this computer, relative to the authorisation")
    max_staleness_s: float = Field(gt=0, le=1e9, description="Largest age of the list, s")


FILL_IN = "FILL-IN"
"""In a new file: a value that a person has still to fill in."""


class AuthorisationFile(Section):
    schema_: Literal["blindspot.authorisation/1"] = Field(alias="schema", description="Kind and version of the file")
    id: str = Field(min_length=1, description="Reference, shown in leases and reports")
    profile: ProfileName = Field(description="Profile: the sections and limits that apply")
    signer: Signer | None = Field(None, description="Responsible person, where no act exists")
    signatures: tuple[Signature, ...] = Field((), description="Signatures over the content, for a file without an act")
    rule_pack: str | None = Field(None, pattern=r"^[A-Z]{2}$", description="Country of the rules of GENERIC-PUBLIC")
    owner_declaration: OwnerDeclaration | None = Field(None, description="For PRIVATE-SITE: declaration of the owner")
    legal_basis: LegalBasis | None = Field(
        None, description="For a profile that is off: the act that puts it into force"
    )
    convention: Convention | None = Field(None, description="For FR-CSI-L242-7-EXP: convention of coordination")
    act: Act | None = Field(None, description="The administrative act")
    service: Service | None = Field(None, description="The service that flies")
    purpose: Purpose | None = Field(None, description="The one purpose of the flights")
    necessity: Necessity | None = Field(None, description="Why no other means serves")
    window: Window = Field(description="Validity, daily slots and flight time")
    area: Area = Field(description="Authorised ground and heights")
    sensors: Sensors = Field(description="Number and limits of the cameras")
    recording: Recording = Field(description="Permission and retention of recordings")
    analytics: Analytics = Field(description="Masking, detectors and events")
    people: People | None = Field(None, description="Designated people")
    data_protection: DataProtection | None = Field(None, description="References of data protection")
    public_info: PublicInfo | None = Field(None, description="Notice to the public")
    aviation: Aviation | None = Field(None, description="Drone, ground risk, zones and remote identification")
    revocation: Revocation | None = Field(None, description="Revocation list")

    @model_validator(mode="after")
    def _filled_in(self) -> AuthorisationFile:
        if field := _left_open(self.model_dump(mode="json", by_alias=True), ""):
            raise ValueError(f"{field} is still {FILL_IN}: fill it in from the act")
        return self

    @model_validator(mode="after")
    def _publishes_what_it_may_see(self) -> AuthorisationFile:
        published, most = self.analytics.publish_px_per_m, min(cap.max_px_per_m for cap in self.sensors.cameras)
        if published is not None and published > most:
            raise ValueError(f"analytics.publish_px_per_m is {published:g}, and a camera may see {most:g} px/m at most")
        return self

    @property
    def geozones(self) -> Geozones | None:
        """The named zones; `None` without zones."""
        return self.aviation.geozones if self.aviation is not None else None

    @property
    def all_signatures(self) -> tuple[Signature, ...]:
        """The signatures of the file and of the act: both cover the same content."""
        return (*self.signatures, *(self.act.signatures if self.act is not None else ()))


def _left_open(value: object, name: str) -> str:
    """The first open field, by dotted name; "" if all fields are filled in."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, str) and value.strip() == FILL_IN:
        return name
    return next((found for key, each in inner if (found := _left_open(each, f"{name}.{key}".lstrip(".")))), "")
