"""`blindspot dispatch MISSION`: a named person asks for a look at a place, and the soonest free drone looks."""

from __future__ import annotations

from dataclasses import asdict
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
    person: Person = "",
    reason: Reason = "",
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Let the soonest free drone look at a place. A person orders it. Exit code 3 if no view shows the place.

    The views come from the atlas that `blindspot plan MISSION` makes. The exit codes of a flight are those of `fly`.
    """
    from datetime import UTC, datetime

    from blindspot.acts.dispatches import atlas_folder, offers_at
    from blindspot.cli.operate.status import state_here
    from blindspot.law import Loaded
    from blindspot.law.orders import named
    from blindspot.planning.atlas import load_atlas

    by, why = ("", "") if offer else named(person, reason)
    if sum(map(bool, (at, street, metres))) != 1:
        raise InputError(COMMAND, "", "needs one of --at, --street and --metres", "name one place to look at")
    asked = Loaded.of(mission)
    if asked.mission.file.kind != "dispatch":
        raise InputError(mission, "kind", f"is {asked.mission.file.called}", "name a mission of the kind dispatch")
    if drone and drone not in {one.name for one in asked.mission.file.fleet}:
        raise InputError(COMMAND, "--drone", f"{drone} is no drone of {mission}", "name a drone of its fleet")
    folder = atlas_folder(asked.mission)
    atlas = load_atlas(folder, asked.mission)
    place, known = _place(asked.mission, atlas, at, street, metres), state_here()
    stack = None if known is None else known[0]
    found = offers_at(folder, asked, atlas, place, stack, datetime.now(UTC), drone)
    if offer or not found.offers:
        _print(found, asked.mission, has_stack=stack is not None, as_json=as_json)
        raise typer.Exit(0 if found.offers else NO_VIEW)
    _fly(_chosen(found), found, asked, by, why, key, as_json=as_json)


def _place(mission: Mission, atlas: Atlas, at: str, street: str, metres: str) -> NamedPlace:
    from blindspot.acts.dispatches import NamedPlace, at_degrees, at_street

    if street:
        return at_street(atlas, street)
    if at:
        return at_degrees(mission, *place_of("--at", at))
    return NamedPlace(*place_of("--metres", metres, in_metres=True))


def _chosen(found: Answer) -> Offer:
    """The soonest offer that nothing refuses; raises RefusedError without one."""
    for one in found.offers:
        if not one.refused_by:
            return one
    raise RefusedError(tuple(dict.fromkeys(one.refused_by for one in found.offers)))


def _fly(
    offer: Offer, found: Answer, asked: Loaded, person: str, reason: str, key: Path | None, *, as_json: bool
) -> None:
    """Fly an offer as a mission of one drone, and follow the flight."""
    from blindspot.acts.dispatches import note_dispatch
    from blindspot.cli.operate.fly import ordered
    from blindspot.cli.parts.named_people import own_key

    own = own_key(key)
    if not as_json:
        print_plain(_line(offer))
    ordered(
        asked, offer.plan, person, reason, own, as_json=as_json, named=f"dispatch-{offer.drone}",
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
    if not has_stack:
        print_plain("no stack runs on this computer: the law alone has judged these offers")


def _line(one: Offer) -> str:
    share = plain_text.percent(one.share)
    text = f"{one.drone} from its {one.from_} {one.pad}: looks after {one.looking_s:.0f} s, {one.px_per_m:g} px/m"
    return f"{text}, {share} of the square" + (f"; refused now: {one.refused_by}" if one.refused_by else "")


def _document(found: Answer, mission: Mission, *, has_stack: bool) -> dict[str, Any]:
    return {
        "place": _place_document(found.place, mission), "streets": list(found.streets), "stack": has_stack,
        "offers": [
            {"from" if name == "from_" else name: str(value) if isinstance(value, Path) else value
             for name, value in asdict(one).items()}
            for one in found.offers
        ],
        "reason": found.reason or None,
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
