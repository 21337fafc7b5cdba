"""The density at which the pictures of a plan are published, as lines for the crew."""

from __future__ import annotations

from datetime import datetime

from blindspot.evidence.masks import PUBLICATION_LINE, publication_in, rates_beside
from blindspot.law import Authorisation
from blindspot.mission import Mission, Plan
from blindspot.vision.models import DEFAULT_LIST, default_model


def published_lines(
    mission: Mission,
    authorisation: Authorisation,
    plan: Plan,
    start: datetime,
    model: str | None = None,
    *,
    simulated: bool,
) -> tuple[str, ...]:
    """One line for the pictures of the plan's drones; equal lines stand once.

    Without a `model` each camera has the default model of its sensor.
    """
    said: dict[str, None] = {}
    for route in plan.routes:
        sensor = mission.model_of(route.drone).camera.sensor
        found = publication_in(
            mission, authorisation, sensor, model or default_model(sensor), start,
            simulated=simulated, rates=rates_beside(DEFAULT_LIST),
        )  # fmt: skip
        said[f"{PUBLICATION_LINE}{found}"] = None
    return tuple(said)
