"""The figures of a plan file: seen and unseen ground, intrusion, lower bounds, place among sorties, and watch."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from blindspot.core import FileName, Section


class PlanPart(BaseModel):
    """A part of a plan file: immutable, without unknown keys."""

    model_config = Section.model_config


Area = Annotated[float, Field(ge=0, le=1e10)]


class UnseenGround(PlanPart):
    """Blind ground that the plan leaves unseen, by cause."""

    cause: str = Field(description="no legal viewpoint, beyond battery, left by the planner, ...")
    area_m2: Area = Field(description="Area, m2")


class Coverage(PlanPart):
    """Public ground inside the perimeter seen by the fixed cameras, and the ground added by the plan; areas in m2."""

    cell_m: float = Field(ge=0.1, le=50, description="Size of a raster cell, m")
    pose_error_m: float = Field(
        0.0, ge=0, le=100, description="Position error at which the planned ground is still seen, m"
    )
    public_area_m2: Area = Field(description="Public ground inside the perimeter, m2")
    fixed_area_m2: Area = Field(description="Public ground seen by fixed cameras at the required density")
    blind_area_m2: Area = Field(description="Public ground that no fixed camera sees well enough, m2")
    reachable_area_m2: Area = Field(description="Blind ground in sight of the plan or of legal views 5 m apart")
    planned_area_m2: Area = Field(description="Blind ground that the routes see")
    unseen: tuple[UnseenGround, ...] = Field((), description="Blind ground that stays unseen, by cause")

    @property
    def planned_blind_fraction(self) -> float:
        return self.planned_area_m2 / self.blind_area_m2 if self.blind_area_m2 else 1.0


class Intrusion(PlanPart):
    """Content of the plan's pictures besides the target ground, all drones together (`intrusion.py`)."""

    private_m2s: float = Field(ge=0, le=1e15, description="Private ground in view, times its duration, m2 s")
    facade_m2s: float = Field(ge=0, le=1e15, description="Facades in view, times their duration, m2 s")
    highest_px_per_m: float = Field(ge=0, le=1e6, description="Highest density of any surface in any picture, px/m")


class ViewCounts(PlanPart):
    """Number of views and legs of the routes, and a lower bound for the same ground and the same candidates. The bound
    ignores the ways between them."""

    planned: int = Field(
        ge=0, le=1_000_000, description="Number of views and legs; a leg counts once for each 100 m begun"
    )
    least: int = Field(ge=0, le=1_000_000, description="Lower bound of this number")


class Minutes(PlanPart):
    """Flight time of the routes together, and a lower bound for the same ground and the same candidates. The bound
    leaves out turns and the order of the places."""

    planned_s: float = Field(ge=0, le=10_000_000, description="Flight time of all routes together, s")
    least_s: float = Field(ge=0, le=10_000_000, description="Lower bound of this time, s")


class Sortie(PlanPart):
    """Place of this plan among the plans of a mission that are flown one after the other with fresh batteries."""

    number: int = Field(ge=1, le=1000, description="Number of this sortie")
    of: int = Field(ge=2, le=1000, description="Number of all sorties")
    begins_s: float = Field(
        ge=0, le=1_000_000, description="After the mission's start: the sorties before it, swaps and ways to pads, s"
    )
    flown_s: float = Field(ge=0, le=1_000_000, description="Longest time that a drone may have been in the air, s")


class WatchedTarget(PlanPart):
    """The target of an overwatch that the plan's one view shows; areas in m2."""

    target: FileName = Field(description="Name of the target in the mission file")
    target_m2: Area = Field(description="Public ground of the target")
    seen_m2: Area = Field(description="Public ground of the target in the picture of the post")
    number: int = Field(1, ge=1, le=12, description="Number of this post among the posts of the watch")
    of: int = Field(2, ge=2, le=12, description="Number of all posts")
