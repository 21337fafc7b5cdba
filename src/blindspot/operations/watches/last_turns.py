"""The last turns of a watch: a post that would end after the latest landing gets a shorter LOITER_TIME.

A flight that does not fit before the latest landing is refused on the pad. A post of twenty minutes would therefore
leave the last twenty minutes of a watch without a relief.
"""

from __future__ import annotations

from math import floor

from blindspot.mission import DroneModel, Plan, View, timing

SPARE = 1.05
"""The gate keeps 5 % of each flight to spare before the latest landing."""


def shorter_post(plan: Plan, model: DroneModel, within_s: float) -> Plan:
    """The same post for a flight of at most `within_s`, with 5 % to spare.

    Parameters
    ----------
    plan, model
        A post: one route with one view, and the model of its drone.
    within_s
        From the take-off to the latest landing, s, without the time for the pre-flight checks.

    Returns
    -------
    Plan
        The plan itself if it fits, or if a view of one second would be too long: the gate refuses that plan. A
        shorter post keeps the ordered figures in `ordered`, so that the gate knows the order of the post.

    Example
    -------
    >>> shorter_post(plan, model, within_s=600.0).routes[0].expected.flight_time_s  # doctest: +SKIP
    571.2
    """
    (route,) = plan.routes
    expected = route.expected
    (view,) = (step for step in route.steps if isinstance(step, View))
    dwell_s = view.dwell_s - max(0.0, expected.flight_time_s - within_s / SPARE)
    if dwell_s == view.dwell_s or dwell_s < 1.0:
        return plan
    shorter = view.model_copy(update={"dwell_s": float(floor(dwell_s))})
    steps = tuple(shorter if step is view else step for step in route.steps)
    before, after = (timing.flight(model, route.home, route.takeoff_up_m, each)[-1] for each in (route.steps, steps))
    saved_wh = before.energy_wh - after.energy_wh
    figures = expected.model_copy(update={
        "flight_time_s": round(expected.flight_time_s - (before.time_s - after.time_s), 1),
        "energy_wh": round(expected.energy_wh - saved_wh, 2),
        "battery_left_fraction": round(expected.battery_left_fraction + saved_wh / model.energy.usable_wh(), 4),
    })  # fmt: skip
    return plan.shortened(route.model_copy(update={"steps": steps, "expected": figures}))
