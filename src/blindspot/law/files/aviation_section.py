"""The section `aviation` of an authorisation: drone, ground risk, zones, notices to airmen, remote identification."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from blindspot.core import Moment, Section
from blindspot.law.files.field_types import Sha256, Words


class Geozones(Section):
    file: str = Field(description="Zones file, relative to the authorisation")
    sha256: str = Sha256
    valid_to: Moment = Field(description="Last moment at which the zones count")


class Population(Section):
    file: str = Field(description="GeoTIFF of one band, relative to the authorisation")
    sha256: str = Sha256
    unit: Literal["people_per_km2", "people_per_cell"] = Field(description="Unit of a cell")


class ZoneConsent(Section):
    """The consent of a zone's authority to flights in its zone."""

    zone: Words = Field(description="Identifier of the zone in the file of geozones or of notices")
    ref: Words = Field(description="Reference of the consent")
    date: Annotated[date, Field(description="Date from which the consent counts")]


class RemoteId(Section):
    operator: str = Field(description="Registration number of the operator, without the secret characters")
    serials: tuple[str, ...] = Field(min_length=1, description="One for each drone that may fly")


class Aviation(Section):
    regime: Literal["STATE", "EU-OPEN", "EU-STS", "EU-SPECIFIC", "PART107", "OTHER"] = Field(
        description="Regime of the flights"
    )
    ref: str = Field(description="Reference of the operational authorisation or declaration")
    mtom_kg: float = Field(gt=0, le=10_000, description="Largest take-off mass, kg")
    dim_m: float = Field(gt=0, le=100, description="Largest dimension of a drone, m")
    vmax_mps: float = Field(gt=0, le=300, description="Highest speed, m/s")
    igrc: int | None = Field(None, ge=1, le=10, description="Intrinsic ground risk class of SORA 2.5")
    contingency_m: float = Field(ge=0, le=100_000, description="Width of the contingency volume, m")
    ground_risk_buffer_m: float = Field(ge=0, le=100_000, description="Width of the ground-risk buffer, m")
    ballistic_ref: Words | None = Field(None, description="Computation of a buffer below the ceiling")
    population_per_km2: float | None = Field(None, ge=0, le=1e6, description="Largest density below the flights")
    population_source: Words | None = Field(None, description="Source of the stated density")
    notices: str | None = Field(None, min_length=1, description="Signed snapshot of notices to airmen, renewed hourly")
    population: Population | None = Field(None, description="Raster of the density, judged below each plan")
    geozones: Geozones | None = Field(None, description="Geographical zones, ED-269 or ED-318")
    zone_consents: tuple[ZoneConsent, ...] = Field(
        (), description="For zones that need an authorisation or a condition"
    )
    rid: RemoteId | None = Field(None, description="Remote identification")
    night: bool = Field(False, description="Flights at night are authorised")
