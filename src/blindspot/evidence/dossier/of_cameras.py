"""Chapters on the fixed cameras: the two plans, limits of the field of view, lighter means by changed cameras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from blindspot.evidence.dossier import chapter as part
from blindspot.evidence.dossier.chapter import Block
from blindspot.evidence.dossier.place_names import place_name
from blindspot.evidence.dossier.plan_sheet import FILES, numbered
from blindspot.evidence.dossier.subject import Notes, SourceFile, Subject

LISTED = 12
"""Number of the largest blind spots that the page lists."""
AT_HAND = "site.yaml: cameras"


def ground(it: Subject, notes: Notes) -> Iterator[Block]:
    """Seen and blind ground, and the largest blind spots."""
    say, found = notes.texts, it.surveyed
    cover, source = found.coverage, found.coverage_source
    public_m2 = cover["public_area_m2"]

    def row(name: str, area_m2: float) -> tuple[str, str, str]:
        share = f"{say.number(100 * area_m2 / public_m2, 1)} %" if public_m2 else say("words.unknown")
        return say(f"figure.{name}"), notes.figure(name, area_m2, "m2", source), share

    yield part.table(
        say("cameras.ground"), (say("words.figure"), say("words.area"), say("words.share")),
        [row(name, cover[name]) for name in ("public_area_m2", "fixed_area_m2", "blind_area_m2")],
    )  # fmt: skip
    yield part.note(say("cameras.ground_note", density=say.number(cover["min_px_per_m"])))
    yield part.table(
        say("cameras.causes"), (say("words.cause"), say("words.area")),
        [(named, notes.figure(f"blind_{_key(cause)}_m2", area_m2, "m2", source,
                              label=f"{say('cameras.causes')}{say('words.colon')} {named}"))
         for cause, area_m2 in cover["blind_area_by_reason_m2"].items()
         for named in (say(f"cause.{_key(cause)}"),)],
    )  # fmt: skip
    if it.surveyed.spots:
        yield part.table(
            say("cameras.largest", number=min(LISTED, len(found.spots)), of=len(found.spots)),
            (say("words.area"), say("words.street"), say("words.cause"), say("words.nearest")),
            [(f"{say.number(spot.area_m2)} m²", place_name(say, spot.street) if spot.street else say("words.no_street"),
              say(f"cause.{_key(spot.cause)}"),
              f"{spot.camera} ({say.number(spot.camera_distance_m)} m)" if spot.camera else "")
             for spot in found.spots[:LISTED]],
        )  # fmt: skip


def technique(it: Subject, notes: Notes) -> Iterator[Block]:
    """The cameras in numbers."""
    say, cameras = notes.texts, it.site.cameras
    reasons = Counter(it.surveyed.left_out.values())
    counted = it.surveyed.coverage["cameras"]["counted"]
    rows = [(say("figure.cameras"), notes.figure("cameras", len(cameras), "number", it.surveyed.coverage_source))]
    rows += [(say("figure.cameras_counted"),
              notes.figure("cameras_counted", counted, "number", it.surveyed.coverage_source))]  # fmt: skip
    rows += [(say(f"left_out.{_key(reason)}"), str(number))
             for reason, number in sorted(reasons.items())]  # fmt: skip
    yield part.pairs(say("cameras.numbers"), rows)
    if any(finding.problem == "are invented" and finding.feature == "cameras" for finding in it.site.findings):
        yield part.missing(notes.lacks("real_cameras", f"{it.site_dir}/{AT_HAND}"))


def masse(it: Subject, notes: Notes) -> Iterator[Block]:
    """Plan-masse: buildings of others in the field of view."""
    say, found, source = notes.texts, it.surveyed.in_view, it.surveyed.in_view_source
    yield part.plan(it.plans[FILES[0]])
    yield part.pairs(say("cameras.in_view"), [
        (say("figure.buildings_in_view"),
         notes.figure("buildings_in_view", len(found.buildings), "number", source)),
        (say("figure.facade_area_m2"), notes.figure("facade_area_m2", found.facade_m2, "m2", source)),
        (say("figure.private_area_m2"), notes.figure("private_area_m2", found.private_m2, "m2", source)),
    ])  # fmt: skip
    yield part.note(say("cameras.in_view_note", density=say.number(it.surveyed.coverage["min_px_per_m"])))
    if found.without_walls:
        yield part.note(say("cameras.without_walls", cameras=", ".join(found.without_walls)))
    yield part.missing(notes.lacks("openings", say("wants.openings")))


def detail(it: Subject, notes: Notes) -> Iterator[Block]:
    """Plan de détail: number and places of the cameras, and the zones that they cover."""
    say, seen_m2 = notes.texts, it.surveyed.seen_m2
    shown = numbered(it.site, seen_m2, it.perimeter)
    yield part.plan(it.plans[FILES[1]])
    counted = it.surveyed.coverage["cameras"]["counted"]
    all_shown = "cameras.all_on_plan" if len(shown) == counted else "cameras.on_plan"
    yield part.table(
        say(all_shown, number=len(shown), of=counted),
        (say("words.number"), say("words.camera"), say("words.kind"), say("words.height"), say("words.heading"),
         say("words.tilt"), say("words.angle"), say("words.seen")),
        [(str(number), camera.id, say(f"kind.{camera.kind}"), f"{say.number(camera.height_m, 1)} m",
          say("words.all_round") if camera.heading_deg is None else f"{say.number(camera.heading_deg)}°",
          f"{say.number(camera.tilt_deg)}°", f"{say.number(camera.hfov_deg)}°",
          f"{say.number(seen_m2[camera.id])} m²")
         for number, camera in shown],
    )  # fmt: skip
    assumed = Counter(name for _, camera in shown for name in camera.assumptions)
    if assumed:
        named = ", ".join(f"{say(f'assumed.{name}')} ({number})" for name, number in sorted(assumed.items()))
        yield part.note(say("cameras.assumed", names=named))
        yield part.missing(notes.lacks("camera_values", f"{it.site_dir}/{AT_HAND}"))


def masks(it: Subject, notes: Notes) -> Iterator[Block]:
    """Limited field of view of the fixed cameras."""
    yield part.missing(notes.lacks("fixed_masks", notes.texts("wants.operator")))
    if it.is_flight:
        yield part.text(notes.texts("flight.masks"))


def changes(it: Subject, notes: Notes) -> Iterator[Block]:
    """Changed cameras as the lighter means, from `improve.json`."""
    say, source = notes.texts, it.improve_source
    if it.improve is None or source is None:
        yield part.missing(notes.lacks("improve", say("wants.improve", site=it.site_dir)))
        return
    for scope in ("turned", "built"):
        sets = [each for each in it.improve["sets"] if each["scope"] == scope]
        if not sets:
            yield part.text(say(f"improve.none_{scope}"))
            continue
        yield part.heading(say(f"improve.{scope}"))
        yield part.table(
            say("improve.sets"),
            (say("words.changes"), say("figure.closed_m2"), say("words.share"), say("figure.elsewhere_m2"),
             say("figure.improved_private_m2"), say("improve.flight")),
            [_set(each, scope, source, notes) for each in sets],
        )  # fmt: skip
        largest = sets[-1]
        yield part.table(
            say("improve.changes", number=len(largest["changes"])),
            (say("words.camera"), say("words.kind"), say("words.heading"), say("words.tilt"), say("words.height"),
             say("improve.adds")),
            [(str(change["camera"]), say(f"change.{change['kind']}"), _degrees(change["heading_deg"], notes),
              _degrees(change["tilt_deg"], notes), f"{say.number(change['height_m'], 1)} m",
              f"{say.number(change['adds_m2'])} m²")
             for change in largest["changes"]],
        )  # fmt: skip


def _set(found: dict[str, Any], scope: str, source: SourceFile, notes: Notes) -> tuple[str, ...]:
    number, say = len(found["changes"]), notes.texts

    def area(name: str, key: str) -> str:
        label = f"{say(f'improve.{scope}')}, {number}: {say(f'figure.{name}')}"
        return notes.figure(f"{scope}_{number}_{name}", found[key], "m2", source, label=label)

    flight = found.get("flight")
    minutes = say("words.unknown")
    if flight is not None:
        minutes = say("improve.no_plan") if flight["why_none"] else f"{say.number(flight['min'], 1)} min"
    return (
        str(number), area("closed_m2", "closed_m2"), f"{say.number(100 * found['closed_fraction'], 1)} %",
        area("elsewhere_m2", "elsewhere_m2"), area("improved_private_m2", "private_m2"), minutes,
    )  # fmt: skip


def _degrees(value: float | None, notes: Notes) -> str:
    return notes.texts("words.all_round") if value is None else f"{notes.texts.number(value)}°"


def _key(words: str) -> str:
    """The key of a cause or a reason in the catalogue."""
    return words.replace("'", "").replace(" ", "_")
