"""The checks of the autopilot's parameters: those of the plan are set, the vehicle's own are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from blindspot.flight.preflight.checklist import Check, Judged
from blindspot.flight.vehicle.parameters import ANY, GIVEN, RULES, Rule, autopilot_parameters
from blindspot.flight.vehicle.vehicle import Vehicle
from blindspot.flight.watch.conditions import not_here
from blindspot.flight.watch.ladder import Situation
from blindspot.mission import Route, px4_plan_parameters

PULLED = "parameters"
PULLED_WITHIN_S = 40.0
"""MAVROS waits for about 1000 values, which arrive one after the other on a slow link."""
NOT_GATED = "radio control and other ground stations can arm it without the gate"


def parameter_checks(vehicle: Vehicle, route: Route, *, simulated: bool, fix: bool) -> Iterator[Check]:
    """Pull all parameters, set and read back the plan's parameters, then judge the vehicle's own parameters."""
    yield Check(
        PULLED,
        lambda _, count: Judged(f"{count:.0f} known"),
        ask=vehicle.pull_parameters,
        within_s=PULLED_WITHIN_S,
        todo="wait, and check the link",
    )
    given, read = autopilot_parameters(route), dict[str, float]()
    for name, value in sorted(given.items()):
        rule = RULES.get(name)
        if rule is not None and not rule.allowed(simulated=simulated).holds(value):
            remedy = f"plan again with {rule.allowed(simulated=simulated)}: {rule.reason}"
            yield Check(name, _known(f"the plan gives {value:g}", remedy))
            continue
        if name not in GIVEN and (problems := px4_plan_parameters.not_settable({name: value})):
            yield Check(name, _known("the plan would set it", f"plan again: {problems[0]}"))
            continue
        yield Check(
            name,
            _known(f"{value:g}, set as planned and read back"),
            ask=partial(vehicle.set_parameter, name, value),
            todo=f"type: param set {name} {value:g}",
        )
    for rule in _own_rules(given, simulated=simulated):
        best = rule.allowed(simulated=simulated).best
        yield Check(
            rule.name,
            partial(_parameter, rule, read),
            ask=partial(vehicle.read_parameter, rule.name),
            fix=partial(vehicle.set_parameter, rule.name, best) if fix and not rule.needs_restart else None,
            todo=f"type: param show {rule.name}",
            excused=partial(_lacks, rule),
        )


def names_of_parameter_checks(route: Route, *, simulated: bool) -> tuple[str, ...]:
    """Names of these checks, in order."""
    given = autopilot_parameters(route)
    return (PULLED, *sorted(given), *(rule.name for rule in _own_rules(given, simulated=simulated)))


def _own_rules(given: Mapping[str, float], *, simulated: bool) -> tuple[Rule, ...]:
    """The rules of the parameters that the plan leaves to the vehicle."""
    return tuple(
        rule for rule in RULES.values()
        if rule.name not in given and rule.allowed(simulated=simulated) is not ANY
    )  # fmt: skip


def _known(value: str, todo: str = "") -> Callable[..., Judged]:
    """The judgement of a check that needs no look at the drone."""
    return lambda *_: Judged(value, todo)


def _parameter(rule: Rule, read: dict[str, float], s: Situation, value: float) -> Judged:
    """`read` holds the earlier parameters; this parameter is added."""
    read[rule.name] = value
    firmware, simulated = s.seen.firmware, s.settings.simulated
    allowed = rule.allowed(simulated=simulated, px4=firmware.release if firmware is not None else None)
    why = not_here(rule.name, value, read, s) if allowed.holds(value) else rule.reason
    if not why:
        return Judged(f"{value:g}", remark=NOT_GATED if rule.name == "COM_ARM_AUTH_REQ" and value == 0.0 else "")
    restart = ", then restart the autopilot" if rule.needs_restart else ""
    return Judged(f"{value:g}", f"type: param set {rule.name} {allowed.best:g}{restart}   ({why})")


def _lacks(rule: Rule, s: Situation) -> str:
    """The reason why the autopilot lacks the parameter; empty for a required parameter."""
    found = s.seen.firmware
    return "" if found is None else rule.missing(found.release)
