"""Rules on time: how long an authorisation may hold, and when a flight may take place."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from math import ceil, copysign
from zoneinfo import ZoneInfo

from blindspot.core import plain_text
from blindspot.law.files.authorisation_file import Window
from blindspot.law.rules.context import Context
from blindspot.law.rules.rule import Ruling, broken, met, rule, unknown
from blindspot.law.signatures.authorisation import Authorisation, slot_end

MOST_CLOCK_OFF_S = 2.0
"""Largest difference between the clocks of a drone and of the ground station, s."""


@rule(
    "TIM-01", "CSI L242-5 IV", "PL",
    "The authorisation is no longer than its profile allows: three calendar months under L242-5.",
    "L'autorisation ne dépasse pas la durée du profil : trois mois, de date à date, au titre du L242-5.",
)  # fmt: skip
def tim_01(ctx: Context) -> Ruling:
    window, limits = ctx.file.window, ctx.under.limits
    if limits.max_days is not None and window.not_after - window.not_before > timedelta(days=limits.max_days):
        length = "three months" if limits.max_days == 92 else f"{limits.max_days} days"
        return broken(
            f"the window is longer than {length}",
            f"end it {limits.max_days} days after it begins at the latest, and sign again then",
            f"la terminer {limits.max_days} jours au plus après son début, puis signer à nouveau",
        )
    if limits.max_months is not None:
        last = months_later(window.not_before.astimezone(ZoneInfo(window.tz)), limits.max_months)
        if window.not_after > last:
            return broken(
                f"the window is longer than {limits.max_months} calendar months",
                f"end it at {last.isoformat()} at the latest",
                f"la terminer le {last.isoformat()} au plus tard",
            )
    return met(f"from {local(window.not_before, window)} to {local(window.not_after, window)}")


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and local time some months later; the last day of a month that is too short."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


@rule(
    "TIM-02", "CSI L242-5 I 2°", "PL IF",
    "A flight about a gathering takes place inside its event.",
    "Un vol lié à un rassemblement a lieu pendant cet événement.",
    module="purpose",
)  # fmt: skip
def tim_02(ctx: Context) -> Ruling:
    purpose = ctx.file.purpose
    if purpose is None:
        return broken(
            "the authorisation names no purpose", "name the purpose of the act", "nommer la finalité de l'acte"
        )
    kind, event = ctx.under.purposes.get(purpose.code), purpose.event
    if event is None:
        if kind is None or kind.gathering:
            return broken(
                "the gathering has no event with its times",
                "give purpose.event: name, begins, ends",
                "indiquer purpose.event : name, begins, ends",
            )
        return met("the purpose is about no gathering")
    lands = ctx.now_utc + timedelta(seconds=0.0 if ctx.phase == "IF" else longest_s(ctx))
    if not event.begins <= ctx.now_utc or not lands <= event.ends:
        return broken(
            f"the flight is not inside the event {event.name}",
            f"fly between {event.begins.isoformat()} and {event.ends.isoformat()}",
            f"voler entre {event.begins.isoformat()} et {event.ends.isoformat()}",
        )
    return met(f"inside the event {event.name}")


def longest_s(ctx: Context) -> float:
    """Longest flight of the plan, s."""
    routes = ctx.plan.routes if ctx.plan is not None else ()
    return max((route.expected.flight_time_s for route in routes), default=0.0)


@rule(
    "TIM-03", "CSI L242-5 IV", "PL PF IF",
    "The flight is inside the window and a daily slot, by a clock that is right.",
    "Le vol a lieu dans la période et le créneau autorisés, avec une horloge exacte.",
)  # fmt: skip
def tim_03(ctx: Context) -> Ruling:
    window = ctx.file.window
    end = _end_of_slot(ctx.given, ctx.now_utc)
    if isinstance(end, Ruling):
        return end
    if ctx.phase == "PF" and not ctx.simulated:
        behind, off_s = ctx.noted("is_behind"), ctx.fact("clock_off_s")
        if behind is None:
            return unknown("whether the clock was set back behind the journal")
        if behind:
            return broken(
                "the computer's clock is behind the last entry of the journal",
                "set the clock; if it was ahead before, put that journal aside in its folder",
                "régler l'horloge ; si elle avançait, mettre ce journal de côté dans son dossier",
            )
        if off_s is None:
            return unknown("whether the drones' clocks are right")
        if not abs(off_s) <= MOST_CLOCK_OFF_S:
            return broken(
                f"a drone's clock is {plain_text.beside(off_s, copysign(MOST_CLOCK_OFF_S, off_s))} s off",
                f"set it to within {MOST_CLOCK_OFF_S:g} s",
                f"la régler à {MOST_CLOCK_OFF_S:g} s près",
            )
    if ctx.phase == "IF" or ctx.plan is None:
        return met(f"the slot ends {local(end, window)}")
    last = max(ctx.plan.routes, key=lambda route: route.expected.flight_time_s, default=None)
    late_s = 0 if last is None else ceil(last.expected.flight_time_s - (end - ctx.now_utc).total_seconds())
    if last is not None and late_s > 0:
        late = f"{last.drone} would land {late_s} s after its slot's end, {local(end, window)}"
        return broken(
            late,
            f"start at least {late_s} s earlier or plan a shorter flight",
            f"partir au moins {late_s} s plus tôt, ou planifier un vol plus court",
        )
    return met(f"lands before the slot's end, {local(end, window)}")


def _end_of_slot(auth: Authorisation, now_utc: datetime) -> datetime | Ruling:
    """The end of the slot of this time, UTC, or the refusal of a flight at this time."""
    window, about = auth.file.window, auth.id
    if now_utc.tzinfo is None:
        return broken("the clock has no time zone", "give the time in UTC", "donner l'heure en UTC")
    if now_utc < window.not_before:
        return broken(
            f"authorisation {about} begins {local(window.not_before, window)}, after {local(now_utc, window)}",
            "start later, or name an authorisation that holds then",
            "partir plus tard, ou nommer une autorisation alors valable",
        )
    if now_utc >= window.not_after:
        return broken(
            f"authorisation {about} ended {local(window.not_after, window)}, before {local(now_utc, window)}",
            "start earlier, or name an authorisation that holds then",
            "partir plus tôt, ou nommer une autorisation alors valable",
        )
    end = slot_end(window, now_utc.astimezone(UTC))
    if end is None:
        slots = ", ".join(map(str, window.daily_slots))
        return broken(
            f"{local(now_utc, window)} is outside the daily slots of authorisation {about}",
            f"start inside one of them: {slots}, {window.tz}",
            f"partir dans l'un d'eux : {slots}, {window.tz}",
        )
    return end


def local(moment: datetime, window: Window) -> str:
    """A moment in the local time of the authorisation, ISO 8601."""
    return moment.astimezone(ZoneInfo(window.tz)).isoformat()
