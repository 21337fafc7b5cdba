"""`blindspot dispatch MISSION`: a named person asks for a look at a place, and the soonest free drone looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blindspot.cli.operate.orders import Person, Reason
from blindspot.cli.parts import completion
from blindspot.cli.parts.named_people import Key
from blindspot.cli.parts.output import AsJson, print_json
from blindspot.cli.parts.place_options import place_of
from blindspot.core import InputError, RefusedError, plain_text, print_plain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from blindspot.acts.dispatches import Answer, NamedPlace, Offer
    from blindspot.law import Loaded
    from blindspot.mission import Mission
    from blindspot.planning.atlas import Atlas

COMMAND = "blindspot dispatch"
NO_VIEW = 3


def dispatch(
    mission: Annotated[
        Path,
        typer.Argument(
            help="A mission of the kind dispatch, e.g. config/missions/nantes_dispatch.yaml.",
            autocompletion=completion.missions,
        ),
    ],
    at: Annotated[str, typer.Option(help="The place to look at: LAT,LON in degrees.", show_default=False)] = "",
    street: Annotated[
        str, typer.Option(help="Or a street or square: the part that a drone sees soonest.", show_default=False)
    ] = "",
    metres: Annotated[
        str, typer.Option(help="Or EAST,NORTH in metres about the site's origin.", show_default=False)
    ] = "",
    offer: Annotated[bool, typer.Option("--offer", help="Only list which drones could look, and how soon.")] = False,
    drone: Annotated[str, typer.Option(help="Only this drone.", show_default=False)] = "",
    then: Annotated[
        str, typer.Option(help="resume: a drone in the air resumes its route after the look.", show_default=False)
    ] = "",
    instead: Annotated[
        bool, typer.Option("--instead", help="First call the patrol over the place home, then fly from a pad.")
    ] = False,
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let the soonest free drone look at a place. A person orders it. Exit code 3 if no view shows the place.

    The views come from the atlas that `blindspot plan MISSION` makes. A drone in the air looks by an inspection, with
    the exit codes of `inspect`; a drone on its pad flies a mission, with those of `fly`.
    """
    from datetime import UTC, datetime

    from blindspot.acts.dispatches import atlas_folder, offers_at
    from blindspot.cli.parts.named_people import own_key
    from blindspot.law.orders import named
    from blindspot.planning.atlas import load_atlas

    by, why = ("", "") if offer else named(person, reason)
    if sum(map(bool, (at, street, metres))) != 1:
        raise InputError(COMMAND, "", "needs one of --at, --street and --metres", "name one place to look at")
    if then not in ("", "resume"):
        raise InputError(COMMAND, "--then", f"{then} follows no look", "write resume, or leave it out")
    asked = _asked(mission, drone)
    folder = atlas_folder(asked.mission)
    atlas = load_atlas(folder, asked.mission)
    place = _place(asked.mission, atlas, at, street, metres)

    def offers_with(stack: Mapping[str, Any] | None) -> Answer:
        return offers_at(folder, asked, atlas, place, stack, datetime.now(UTC), drone)

    stack = _stack_now()
    found = offers_with(stack)
    if offer or not found.offers:
        _print(found, asked.mission, has_stack=stack is not None, as_json=as_json)
        raise typer.Exit(0 if found.offers else NO_VIEW)
    own = own_key(key)
    if instead:
        found = _instead(found, asked.mission, stack, offers_with, by, why)
    _order(found, asked, atlas, by, why, own, then == "resume", as_json=as_json)


def _asked(path: Path, drone: str) -> Loaded:
    """The mission, if it is a dispatch, and has the drone that the person names."""
    from blindspot.law import Loaded

    asked = Loaded.of(path)
    if asked.mission.file.kind != "dispatch":
        raise InputError(path, "kind", f"is {asked.mission.file.called}", "name a mission of the kind dispatch")
    if drone and drone not in {one.name for one in asked.mission.file.fleet}:
        raise InputError(COMMAND, "--drone", f"{drone} is no drone of {path}", "name a drone of its fleet")
    return asked


def _stack_now() -> dict[str, Any] | None:
    from blindspot.cli.operate.status import state_here

    known = state_here()
    return None if known is None else known[0]


def _instead(
    found: Answer, mission: Mission, stack: Mapping[str, Any] | None,
    offers_with: Callable[[Mapping[str, Any] | None], Answer], person: str, reason: str,
) -> Answer:  # fmt: skip
    """The offers of the drones on their pads, once the patrol that flies over the place is home."""
    from blindspot.acts.dispatches import drones_in_the_way
    from blindspot.cli.operate.instead import call_home_first

    if stack is not None and (called := drones_in_the_way(mission, stack, offers_with)):
        call_home_first(called, person, reason)
        found = offers_with(_stack_now())
    return replace(found, offers=tuple(one for one in found.offers if one.from_ == "pad"))


def _place(mission: Mission, atlas: Atlas, at: str, street: str, metres: str) -> NamedPlace:
    from blindspot.acts.dispatches import NamedPlace, at_degrees, at_street

    if street:
        return at_street(atlas, street)
    if at:
        return at_degrees(mission, *place_of("--at", at))
    return NamedPlace(*place_of("--metres", metres, in_metres=True))


def _order(
    found: Answer, asked: Loaded, atlas: Atlas, person: str, reason: str, key: Ed25519PrivateKey | None,
    resumes: bool, *, as_json: bool,
) -> None:  # fmt: skip
    """Fly the soonest offer that nothing refuses, from the air or from a pad; raises RefusedError without one."""
    from blindspot.cli.operate.from_the_air import look_from_air

    free = [one for one in found.offers if not one.refused_by]
    if free and free[0].from_ == "air":
        aloft = [one for one in free if one.from_ == "air"]
        look_from_air(aloft, found, asked.mission, atlas, person, reason, key, resumes, as_json=as_json)
        free = [one for one in free if one.from_ == "pad"]
    if not free:
        reasons = dict.fromkeys(one.refused_by or f"{one.drone} did not take the look" for one in found.offers)
        raise RefusedError(tuple(reasons))
    _fly(free[0], found, asked, person, reason, key, as_json=as_json)


def _fly(
    offer: Offer, found: Answer, asked: Loaded, person: str, reason: str, key: Ed25519PrivateKey | None, *,
    as_json: bool,
) -> None:  # fmt: skip
    """Fly an offer as a mission of one drone, and follow the flight."""
    from blindspot.acts.dispatches import note_dispatch
    from blindspot.cli.operate.fly import ordered

    if not as_json:
        print_plain(_line(offer))
    ordered(
        asked, offer.plan, person, reason, key, as_json=as_json, named=f"dispatch-{offer.drone}",
        before=lambda run_dir, now_s: note_dispatch(run_dir, offer, found, asked.mission, person, reason, now_s),
    )  # fmt: skip


def _print(found: Answer, mission: Mission, *, has_stack: bool, as_json: bool) -> None:
    if as_json:
        print_json(_document(found, mission, has_stack=has_stack))
        return
    if not found.offers:
        where = ""
        if found.nearest is not None:
            lat_deg, lon_deg = found.nearest.degrees(mission)
            where = f"; the nearest place with a view is {lat_deg},{lon_deg}"
        print_plain(f"no view shows this place: {found.reason}{where}", err=True)
        return
    for one in found.offers:
        print_plain(_line(one))
    if found.left_to_gate:
        print_plain(f"the gate alone judges these rules of pre-flight: {', '.join(found.left_to_gate)}")
    if not has_stack:
        print_plain("no stack runs on this computer: the law alone has judged these offers")


def _line(one: Offer) -> str:
    share = plain_text.percent(one.share)
    where = f"from its pad {one.pad}" if one.from_ == "pad" else "in the air"
    text = f"{one.drone} {where}: looks after {one.looking_s:.0f} s, {one.px_per_m:g} px/m"
    return f"{text}, {share} of the square" + (f"; refused now: {one.refused_by}" if one.refused_by else "")


def _document(found: Answer, mission: Mission, *, has_stack: bool) -> dict[str, Any]:
    return {
        "place": _place_document(found.place, mission), "streets": list(found.streets), "stack": has_stack,
        "offers": [
            {"from" if name == "from_" else name: str(value) if isinstance(value, Path) else value
             for name, value in asdict(one).items()}
            for one in found.offers
        ],
        "left_to_gate": list(found.left_to_gate), "reason": found.reason or None,
        "nearest": None if found.nearest is None else _place_document(found.nearest, mission),
    }  # fmt: skip


def _place_document(place: NamedPlace, mission: Mission) -> dict[str, float]:
    lat_deg, lon_deg = place.degrees(mission)
    return {
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "east_m": round(place.east_m, 2),
        "north_m": round(place.north_m, 2),
    }
