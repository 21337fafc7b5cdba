"""Facts that a rule needs besides the authorisation and the plan, each reported by a part of the stack.

`None` means that a fact is unknown, and an unknown fact refuses. `source_of` says for each rule and phase where the
fact comes from: a measurement of the stack, a person's signature, or nowhere in this version. A missing fact never
reads as kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Phase = Literal["PL", "PF", "IF", "RC", "RT"]
"""Planning, pre-flight, in flight, recording, retention."""
PHASES: tuple[Phase, ...] = ("PL", "PF", "IF", "RC", "RT")


@dataclass(frozen=True, slots=True)
class RemoteIdState:
    """The remote identification that the drone broadcasts (ASTM F3411)."""

    active: bool
    operator: str
    """Without its three secret characters."""
    serials: tuple[str, ...]
    """One for each drone."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A picture after the masking, at the detector's second look; also a dropped picture."""

    at_s: float
    """The time of its exposure."""
    outside: bool
    """Nothing outside the authorised area is left in it."""
    private: bool
    """No façade and no private ground is left in it."""
    clear_bytes: int
    """Visible bytes that should be hidden."""
    axis_on_facade: bool | None = None
    """The camera's axis ends on a façade, or may within the pose's error; None is unknown."""

    @property
    def is_whole(self) -> bool:
        return self.outside and self.private and self.clear_bytes == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """The drones before their take-off."""

    audio_devices: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    """All models, model classes, nodes, topics and message types of the stack."""
    models: tuple[tuple[str, str], ...] | None = None
    """(name, SHA-256) of each loaded model."""
    allowed_models: tuple[str, ...] = ()
    """SHA-256 of each model on the product's list."""
    links_out: tuple[str, ...] | None = None
    """Connections with other systems, as the software sees them: nodes, readers of pictures, addresses."""
    separated_at: datetime | None = None
    """When a person stated that nothing else is connected, if the authorisation names no statement."""
    pilots: tuple[str, ...] | None = None
    """The person who orders the flight, and those who can take a drone over."""
    autopilot_asks: bool | None = None
    """`COM_ARM_AUTH_REQ` is 1, as read back from every autopilot."""
    remote_id: RemoteIdState | None = None
    green_light: bool | None = None
    notam_at: datetime | None = None
    clock_off_s: float | None = None
    """Difference between the drone's clock and the ground station's, s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flying:
    """One drone in flight, at one moment."""

    east_m: float | None = None
    north_m: float | None = None
    height_m: float | None = None
    """Above the terrain below it."""
    pitch_deg: float | None = None
    zoom: float | None = None
    px_per_m: float | None = None
    """Highest density of any surface in the picture."""
    outside_masked: bool | None = None
    """Everything outside the authorised area is masked in the picture."""
    private_masked: bool | None = None
    """Façades and private ground are masked before the encoder, with the pose error as a margin."""
    sensor_on: bool = True
    axis_on_facade_s: float | None = None
    cameras_on: int | None = None
    """Over the whole fleet."""
    zone: str | None = None
    """The prohibited zone at its place, "" if there is none."""
    emergency: str | None = None
    """The emergency-response area at its place, "" if there is none."""
    links_out: tuple[str, ...] | None = None
    separated_at: datetime | None = None
    remote_id: RemoteIdState | None = None
    green_light: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A recording as it is written."""

    topics: tuple[str, ...] | None = None
    audio_tracks: tuple[str, ...] | None = None
    clear_bytes: int | None = None
    """Bytes of unmasked pictures on the disk that are not encrypted."""
    private_masked: bool | None = None
    holders: tuple[str, ...] | None = None
    """Holders of the keys that open it together; without any, it is in clear."""
    chained: bool | None = None
    """Each chunk holds the hash of the chunk before it."""
    head_signed: bool | None = None
    viewers: tuple[str, ...] | None = None
    names: tuple[str, ...] | None = None
    """As in `Ready`."""


@dataclass(frozen=True, slots=True)
class Read:
    """One consultation of a recording after the deployment."""

    people: tuple[str, ...]
    basis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRecording:
    """A recording after its end: kept, or erased."""

    name: str
    due: datetime | None
    """By when it must be erased, with the time for which a report holds it; None is unknown."""
    erased: datetime | None = None
    receipt_signed: bool | None = None
    late_start: datetime | None = None
    """First start after a due erasure, if nothing ran at the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """The recordings after their deployments, and their copies."""

    recordings: tuple[KeptRecording, ...] | None = None
    reads: tuple[Read, ...] | None = None
    extractors: tuple[str, ...] | None = None
    """Persons who extracted from them."""
    training_copies: int | None = None
    """Files beside the recordings that may hold their pictures."""
    flagged: tuple[tuple[datetime, datetime | None], ...] | None = None
    """(when seen, when erased) of each part that shows a dwelling's inside or entrance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """The journal and the register."""

    writable: bool | None = None
    acts: tuple[str, ...] | None = None
    """The kinds of acts that the journal records."""
    kept_days: int | None = None
    """How long entries are kept."""
    is_behind: bool | None = None
    """The computer's clock is behind the last entry of the journal: it was set back."""
    register_sent: datetime | None = None
    register_complete: bool | None = None
    """Of the last mission that was closed; true before the first."""


Source = Literal["measured", "signed", "not provided"]

_MEASURED = {
    "AUT-02": "PL PF IF", "AUT-07": "PL PF IF", "PUR-04": "PL PF IF", "TIM-02": "IF", "TIM-03": "PL PF IF",
    "GEO-01": "PL IF", "GEO-02": "PL", "GEO-03": "PL", "SEN-01": "PF RC", "SEN-02": "PL PF IF", "SEN-03": "PL IF",
    "DWL-01": "IF RC", "DWL-02": "IF RT", "INT-01": "PF RC", "INT-02": "PF", "INT-03": "IF", "REC-01": "RC",
    "REC-02": "RC", "REC-03": "RC", "RET-01": "RT", "RET-02": "RT", "ACC-01": "PF", "ACC-02": "RT",
    "LOG-01": "PF IF RC RT", "LOG-02": "PF RT", "LOG-03": "PF RT", "AVI-01": "PL IF",
    "AVI-02": "PL PF IF", "AVI-03": "PL", "AVI-04": "PL", "AVI-05": "PF IF",
}  # fmt: skip
_SIGNED = {
    "AUT-01": "PL PF", "AUT-03": "PL", "AUT-04": "PL", "AUT-05": "PL PF IF", "AUT-06": "PL", "PUR-01": "PL PF",
    "PUR-02": "PL", "PUR-03": "PL", "TIM-01": "PL", "TIM-02": "PL", "INT-01": "PL IF", "INT-03": "PL PF",
    "INT-04": "PL PF", "ACC-01": "PL RC RT", "RET-01": "RC", "LOG-02": "PL", "PUB-01": "PL PF", "PUB-02": "PL",
    "AVI-06": "PF IF", "AVI-08": "IF", "AVI-10": "PF",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that this version does not provide, in English and French."""

    en: str
    fr: str
    of_recordings: bool = True
    """The law asks for it only where something is recorded: a flight without a recording keeps the rule."""


NOT_PROVIDED: Mapping[tuple[str, Phase], Missing] = {}
"""By rule and phase. No rule of this version lacks its fact; a new rule whose fact nobody reports yet stands here."""


def source_of(rule: str, phase: Phase) -> Source:
    """Raises KeyError for a rule that nobody has placed here."""
    if (rule, phase) in NOT_PROVIDED:
        return "not provided"
    if phase in _MEASURED.get(rule, "").split():
        return "measured"
    if phase in _SIGNED[rule].split():
        return "signed"
    raise KeyError(f"{rule} {phase}")
