"""An authorisation together with the area file (checked by hash) and the trusted keys of the signatures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from blindspot.core import InputError, read_file, read_yaml
from blindspot.law.files.authorisation_file import DAYS, Act, AuthorisationFile, CameraCap, Window
from blindspot.law.signatures.notices import Notices, read_notices
from blindspot.law.signatures.revocation import Revocations, list_path, read_revocations
from blindspot.law.signatures.separation import Separation, read_separation
from blindspot.law.signatures.signing import basis_content, owners_of, signers, trusted_folder, trusted_keys, who_signed

if TYPE_CHECKING:
    from shapely import Polygon

    from blindspot.site import LocalFrame


@dataclass(frozen=True, slots=True)
class Authorisation:
    """An authorisation whose area file exists and has the authorised hash. `signers` are the ids of the trusted keys
    that signed the content."""

    file: AuthorisationFile
    area_path: Path
    geozones_path: Path | None = None
    """`None` if the authorisation lists no geozones file."""
    population_path: Path | None = None
    """`None` if the authorisation names no raster of the population."""
    notices: Notices | None = None
    """`None` if the authorisation names no notices to airmen."""
    notices_path: Path | None = None
    separation: Separation | None = None
    """`None` if the authorisation names no statement of separation."""
    separation_path: Path | None = None
    signers: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    """The persons to whom the signing keys belong, by the names of the key files."""
    basis_by: tuple[str, ...] = ()
    """The persons whose trusted keys signed the legal basis."""
    revocations: Revocations | None = None
    """`None` if the authorisation names no revocation list."""
    revocations_path: Path | None = None
    act_problem: str = ""
    """The reason why the act's own file is not the transcribed one, or ""."""

    @property
    def id(self) -> str:
        return self.file.id

    @property
    def only_simulated(self) -> bool:
        """Whether the authorisation is for simulations alone and never arms a real autopilot."""
        return self.file.profile == "SIM-ONLY"

    @property
    def camera(self) -> CameraCap:
        """The caps that hold for every camera: the strictest of all listed."""
        caps = self.file.sensors.cameras
        return CameraCap(
            id="any",
            max_pitch_deg=min(cap.max_pitch_deg for cap in caps),
            min_pitch_deg=max(cap.min_pitch_deg for cap in caps),
            max_zoom=min(cap.max_zoom for cap in caps),
            max_px_per_m=min(cap.max_px_per_m for cap in caps),
        )


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, the value for `area.sha256`.

    Parameters
    ----------
    path
        A file of a disk.

    Returns
    -------
    str
        The hash, 64 hexadecimal digits.

    Raises
    ------
    OSError
        The file can't be read.

    Example
    -------
    >>> len(file_sha256(Path("config/authorisations/crossroads_sim.yaml")))
    64
    """
    return hashlib.sha256(read_file(path)).hexdigest()


def load_authorisation(path: Path, keys: Path | None = None) -> Authorisation:
    """Read an authorisation file and verify its area file and signatures.

    Parameters
    ----------
    path
        The authorisation, YAML, schema `blindspot.authorisation/1`.
    keys
        The folder of trusted public keys (`*.pub`); the user's own folder by default.

    Returns
    -------
    Authorisation
        The file, the named paths, and the ids of the trusted keys that signed the file. An unsigned file has an
        empty `signers`: the profile decides whether a signature is required.

    Raises
    ------
    InputError
        A field of the file is missing or unknown, a file in the folder of trusted keys is no Ed25519 public key, or the
        area file is missing or has another hash.

    Examples
    --------
    >>> load_authorisation(Path("config/authorisations/crossroads_sim.yaml")).id
    'SIM-CROSSROADS'
    """
    file = read_yaml(path, AuthorisationFile)
    folder, geozones = path.resolve().parent, file.geozones
    population = file.aviation.population if file.aviation is not None else None
    notices = folder / file.aviation.notices if file.aviation is not None and file.aviation.notices else None
    stated = folder / file.analytics.separation if file.analytics.separation else None
    keyring = keys or trusted_folder(os.environ)
    named_files = notices or stated or file.revocation is not None or file.legal_basis is not None
    reads_keys = file.all_signatures or named_files
    trusted = trusted_keys(keyring) if reads_keys else {}
    owners = owners_of(keyring) if trusted else {}
    signed = signers(file, trusted)
    basis = file.legal_basis.signature if file.legal_basis is not None else None
    basis_keys = who_signed(basis_content(file), (basis,), trusted) if basis is not None else ()
    named = list_path(file.revocation, folder) if file.revocation is not None else None
    authorisation = Authorisation(
        file, folder / file.area.geojson, folder / geozones.file if geozones else None,
        folder / population.file if population else None,
        read_notices(notices, trusted, owners) if notices is not None else None, notices,
        read_separation(stated, trusted, owners) if stated is not None else None, stated, signed,
        people=_people(signed, owners), basis_by=_people(basis_keys, owners),
        revocations=read_revocations(named, trusted) if file.revocation is not None else None,
        revocations_path=named, act_problem=_act_problem(file.act, folder),
    )  # fmt: skip
    _area_content(authorisation)
    return authorisation


def _people(keys: tuple[str, ...], owners: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(owners[key] for key in keys if key in owners))


def _act_problem(act: Act | None, folder: Path) -> str:
    if act is None or act.pdf is None:
        return ""
    try:
        found = file_sha256(folder / act.pdf)
    except OSError as error:
        return f"the act {act.pdf} can't be read ({error.strerror})"
    return "" if found == act.pdf_sha256 else f"{act.pdf} is not the transcribed act (its hash is {found})"


def load_authorised_area(authorisation: Authorisation, frame: LocalFrame) -> Polygon:
    """The authorised area, m ENU. Raises InputError if the area file has another hash than the authorised one."""
    from blindspot.site import load_area

    return load_area(authorisation.area_path, frame, _area_content(authorisation))


def _area_content(authorisation: Authorisation) -> bytes:
    """The bytes of the area file that have the authorised hash, read once: the file may be replaced at any time."""
    area, path = authorisation.file.area, authorisation.area_path
    if not path.is_file():
        problem = f"{area.geojson} does not exist"
        raise InputError(f"authorisation {authorisation.id}", "area.geojson", problem, f"put it back as {path}")
    try:
        content = read_file(path)
    except OSError as error:
        problem = f"{area.geojson} can't be read ({error.strerror})"
        raise InputError(f"authorisation {authorisation.id}", "area.geojson", problem, f"restore {path}") from error
    if (found := hashlib.sha256(content).hexdigest()) != area.sha256:
        problem = f"{area.geojson} is not the authorised file (its hash is {found})"
        fix = "put the authorised file back; another area needs an authorisation of its own"
        raise InputError(f"authorisation {authorisation.id}", "area.sha256", problem, fix)
    return content


def slot_end(window: Window, now_utc: datetime) -> datetime | None:
    """Find the end of the present permission.

    A time of day that the change of clocks repeats or leaves out counts as the later start and the earlier end.

    Parameters
    ----------
    window
        The days and hours of the authorisation.
    now_utc
        The moment, UTC.

    Returns
    -------
    datetime or None
        The end (UTC, exclusive) of the slot around `now_utc`; None outside all slots.

    Example
    -------
    >>> slot_end(authorisation.file.window, datetime(2026, 11, 2, 18, 30, tzinfo=UTC))  # doctest: +SKIP
    datetime.datetime(2026, 11, 2, 22, 0, tzinfo=datetime.timezone.utc)
    """
    zone = ZoneInfo(window.tz)
    if not window.not_before <= now_utc < window.not_after:
        return None
    local = now_utc.astimezone(zone)
    ends = []
    for slot in window.daily_slots:
        for day in (local.date() - timedelta(days=1), local.date()):
            start = max(both_offsets(datetime.combine(day, slot.start, zone)))
            end = min(both_offsets(datetime.combine(day + timedelta(days=slot.end <= slot.start), slot.end, zone)))
            if DAYS[day.weekday()] in slot.days and start <= now_utc < end:
                ends.append(end)
    return min(max(ends), window.not_after.astimezone(UTC)) if ends else None


def both_offsets(local: datetime) -> tuple[datetime, datetime]:
    """A local time by the offsets before and after a change of clocks, UTC; on any other day the two are equal."""
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)
