"""The section `aviation` of an authorisation: drone, ground risk, zones, notices to airmen, remote identification."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from blindspot.core import Moment, Section
from blindspot.law.field_types import Sha256, Words


class Geozones(Section):
    file: str = Field(description="Zones file, relative to the authorisation")
    sha256: str = Sha256
    valid_to: Moment


class Population(Section):
    file: str = Field(description="GeoTIFF of one band, relative to the authorisation")
    sha256: str = Sha256
    unit: Literal["people_per_km2", "people_per_cell"]


class ZoneConsent(Section):
    """The consent of a zone's authority to flights in its zone."""

    zone: Words = Field(description="Identifier of the zone in the file of geozones or of notices")
    ref: Words
    date: date


class RemoteId(Section):
    operator: str
    serials: tuple[str, ...] = Field(min_length=1, description="One for each drone that may fly")


class Aviation(Section):
    regime: Literal["STATE", "EU-OPEN", "EU-STS", "EU-SPECIFIC", "PART107", "OTHER"]
    ref: str
    mtom_kg: float = Field(gt=0, le=10_000)
    dim_m: float = Field(gt=0, le=100)
    vmax_mps: float = Field(gt=0, le=300)
    igrc: int | None = Field(None, ge=1, le=10)
    contingency_m: float = Field(ge=0, le=100_000)
    ground_risk_buffer_m: float = Field(ge=0, le=100_000)
    ballistic_ref: Words | None = Field(None, description="Computation of a buffer below the ceiling")
    population_per_km2: float | None = Field(None, ge=0, le=1e6, description="Largest density below the flights")
    population_source: Words | None = None
    notices: str | None = Field(None, min_length=1, description="Signed snapshot of notices to airmen, renewed hourly")
    population: Population | None = Field(None, description="Raster of the density, judged below each plan")
    geozones: Geozones | None = None
    zone_consents: tuple[ZoneConsent, ...] = Field(
        (), description="For zones that need an authorisation or a condition"
    )
    rid: RemoteId | None = None
    night: bool = False
