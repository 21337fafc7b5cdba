"""Chapters on the flight: purpose and necessity word for word, hours and perimeter, drones, masking, rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo

from blindspot.evidence.dossier import chapter as part
from blindspot.evidence.dossier.chapter import Block
from blindspot.evidence.dossier.subject import Notes, SourceFile, Subject
from blindspot.evidence.masks.miss_rate import FILE as RATES_FILE, Rate, Seen, figure_of, published, seen_by
from blindspot.evidence.summary import planned_m2
from blindspot.evidence.texts.catalogue import Texts
from blindspot.law import AuthorisationFile, french, load_profile
from blindspot.law.drafts import rehearse
from blindspot.mission import Mission, Origin

MOST_CORNERS = 40
"""Number of corners of the perimeter that the page lists."""


def wanted(it: Subject, notes: Notes, section: str) -> str:
    """The place that wants a section of the authorisation: its file, or the option that names one. An authorisation is
    of a flight: texts about fixed cameras come from the applicant."""
    source = it.authorisation_source
    if not it.is_flight:
        return notes.texts("wants.applicant")
    return notes.texts("wants.authorisation") if source is None else f"{source.file}: {section}"


def file_of(it: Subject) -> AuthorisationFile | None:
    return it.authorisation.file if it.authorisation is not None else None


def shown_source(it: Subject) -> str:
    return it.authorisation_source.file if it.authorisation_source is not None else ""


def purpose(it: Subject, notes: Notes) -> Iterator[Block]:
    """Purpose and dated facts, word for word."""
    say, file = notes.texts, file_of(it)
    if file is None or file.purpose is None:
        yield part.missing(notes.lacks("purpose", wanted(it, notes, "purpose")))
        yield part.missing(notes.lacks("facts", wanted(it, notes, "purpose.facts")))
        return
    kind = load_profile(file.profile, file.rule_pack).purposes.get(file.purpose.code)
    wording = "" if kind is None else f" ({kind.fr if it.language == 'fr' else kind.en})"
    yield part.quote(f"{file.purpose.code}{wording}", f"{shown_source(it)}: purpose.code")
    if file.purpose.event is not None:
        event, zone = file.purpose.event, ZoneInfo(file.window.tz)
        span = " – ".join(
            f"{say.day(at.astimezone(zone))}, {at.astimezone(zone):%H:%M}" for at in (event.begins, event.ends)
        )
        yield part.quote(f"{event.name}: {span}", f"{shown_source(it)}: purpose.event")
    if not file.purpose.facts:
        yield part.missing(notes.lacks("facts", wanted(it, notes, "purpose.facts")))
        return
    yield part.table(
        say("flight.facts", file=shown_source(it)),
        (say("words.date"), say("words.fact"), say("words.number"), say("words.source")),
        [(say.day(fact.date), fact.kind, str(fact.count), fact.source) for fact in file.purpose.facts],
    )  # fmt: skip


def necessity(it: Subject, notes: Notes) -> Iterator[Block]:
    """Rejected means and the reason of a renewal, word for word."""
    say, file = notes.texts, file_of(it)
    stated = file.necessity if file is not None else None
    if stated is None or not stated.alternatives:
        yield part.missing(notes.lacks("alternatives", wanted(it, notes, "necessity.alternatives")))
    if stated is None:
        return
    if stated.alternatives:
        yield part.table(
            say("flight.alternatives", file=shown_source(it)), (say("words.means"), say("words.why_insufficient")),
            [(each.means, each.why_insufficient) for each in stated.alternatives],
        )  # fmt: skip
    if stated.renewal_index:
        yield part.text(say("flight.renewal", number=stated.renewal_index))
    if stated.only_means_statement:
        yield part.quote(stated.only_means_statement, f"{shown_source(it)}: necessity.only_means_statement")


def drones(it: Subject, notes: Notes) -> Iterator[Block]:
    """The drones with their cameras."""
    say, mission = notes.texts, it.mission
    if mission is None:
        return
    yield part.table(
        say("flight.drones"),
        (say("words.drone"), say("words.model"), say("words.mass"), say("words.picture"), say("words.angle")),
        [(drone.name, drone.model, f"{say.number(model.mass_kg, 1)} kg",
          f"{model.camera.width_px} × {model.camera.height_px} px", f"{say.number(model.camera.hfov_deg)}°")
         for drone in mission.file.fleet for model in (mission.models[drone.model],)],
    )  # fmt: skip
    band, source = mission.file.band, it.mission_source
    if source is not None:
        yield part.pairs(say("flight.density"), [
            (say("figure.min_px_per_m"), notes.figure("min_px_per_m", band.min_px_per_m, "px_per_m", source, 1)),
            (say("figure.max_px_per_m"), notes.figure("max_px_per_m", band.max_px_per_m, "px_per_m", source, 1)),
        ])  # fmt: skip


def planned(it: Subject, notes: Notes) -> Iterator[Block]:
    """The figures of the plan."""
    say, found, source = notes.texts, it.plan, it.plan_source
    if it.mission is None:
        return
    if found is None or source is None:
        yield part.missing(notes.lacks("plan", say("wants.plan", mission=it.mission.path.name)))
        return
    flight_min = sum(route.expected.flight_time_s for route in found.routes) / 60
    cover = found.coverage
    rows = [
        ("flight_min", flight_min, "min", 1), ("flying_drones", len(found.routes), "number", 0),
        ("plan_blind_m2", cover.blind_area_m2, "m2", 0), ("plan_seen_m2", planned_m2(found), "m2", 0),
    ]  # fmt: skip
    if (cost := found.intrusion) is not None:
        rows += [
            ("plan_private_m2s", cost.private_m2s, "m2s", 0), ("plan_facade_m2s", cost.facade_m2s, "m2s", 0),
            ("plan_highest_px_per_m", cost.highest_px_per_m, "px_per_m", 1),
        ]  # fmt: skip
    yield part.pairs(
        say("flight.plan", plan=found.id),
        [
            (say(f"figure.{name}"), notes.figure(name, value, unit, source, digits))
            for name, value, unit, digits in rows
        ],
    )
    yield part.note(say("flight.plan_note"))
    if cost is None:
        yield part.missing(notes.lacks("intrusion", source.file))


def perimeter(it: Subject, notes: Notes) -> Iterator[Block]:
    """Perimeter with its corners, dates and hours."""
    say, file = notes.texts, file_of(it)
    rows = [(say("figure.perimeter_m2"), notes.figure("perimeter_m2", it.perimeter.area, "m2", it.perimeter_source))]
    commune = file.area.commune if file is not None else None
    if file is not None and commune is not None and it.authorisation_source is not None:
        share = 100 * it.perimeter.area / commune.area_m2
        rows += [(say("flight.commune", name=commune.name),
                  notes.figure("commune_percent", share, "percent", it.authorisation_source, 1))]  # fmt: skip
    yield part.pairs(say("flight.perimeter"), rows)
    corners = list(it.perimeter.exterior.coords)[:-1]
    degrees = [it.site.frame.to_wgs84(east_m, north_m) for east_m, north_m, *_ in corners[:MOST_CORNERS]]
    yield part.table(
        say("flight.corners", number=len(degrees), of=len(corners)),
        (say("words.number"), say("words.latitude"), say("words.longitude")),
        [(str(number), say.number(lat, 6), say.number(lon, 6)) for number, (lon, lat) in enumerate(degrees, 1)],
    )  # fmt: skip
    if file is None:
        if it.is_flight:
            yield part.missing(notes.lacks("window", wanted(it, notes, "window")))
        return
    zone = ZoneInfo(file.window.tz)
    lines = [
        (say("flight.from"), f"{(begin := file.window.not_before.astimezone(zone)):%H:%M}, {say.day(begin)}"),
        (say("flight.until"), f"{(end := file.window.not_after.astimezone(zone)):%H:%M}, {say.day(end)}"),
        *((say("flight.slot"), say("flight.slot_text", days=", ".join(say(f"day.{day}") for day in slot.days),
                                   start=f"{slot.start:%H:%M}", end=f"{slot.end:%H:%M}"))
          for slot in file.window.daily_slots),
        (say("flight.minutes"), f"{say.number(file.window.max_flight_min_per_day)} min"),
        (say("flight.heights"), say("flight.heights_text", low=say.number(file.area.floor_m_agl),
                                    high=say.number(file.area.ceiling_m_agl))),
        (say("flight.cameras"), str(file.sensors.max_simultaneous_cameras)),
    ]  # fmt: skip
    yield part.pairs(say("flight.hours", file=shown_source(it)), lines)
    if it.evenings is not None:
        yield part.table(
            say("flight.operation", name=it.evenings.name, rule=it.evenings.rule),
            (say("words.slot"), say("words.earliest"), say("words.latest"), say("words.passes")), it.evenings.slots,
        )  # fmt: skip


def masking(it: Subject, notes: Notes) -> Iterator[Block]:
    """The miss rate as a report of a run states it, and all measured rates of the models."""
    say, mission, models = notes.texts, it.mission, _models(it)
    if not it.is_flight:
        yield part.missing(notes.lacks("masked_pictures", say("wants.operator")))
        return
    source = next(each for each in it.other_sources if each.file.endswith(RATES_FILE.name))
    if mission is not None:
        seen = _seen(it, mission)
        basis = say(
            "flight.miss_basis", models=", ".join(models) or say("words.none"),
            low=say.number(mission.file.band.min_px_per_m), high=say.number(mission.file.band.max_px_per_m),
            light=_words(seen, say) if seen else say("words.unknown"),
        )  # fmt: skip
        value = miss_rate(it, say)
        yield part.pairs(
            say("flight.miss_rate"),
            [(say("figure.missed"), value or say("words.not_measured")), (say("words.basis"), basis)],
        )
        if not value:
            yield part.missing(notes.lacks("miss_rate", f"{source.file} (blindspot bench vision)"))
    yield part.table(
        say("flight.rates", file=source.file),
        (say("words.model"), say("words.seen_from"), say("words.pictures"), say("words.light"), say("words.density"),
         say("words.heads"), say("words.missed")),
        [(rate.model, say(f"rate.{rate.seen_from}"), say(f"rate.{rate.pictures}"),
          _words(Seen(rate.sensor, (rate.light,)), say), f"{say.number(rate.px_per_m)} px/m", str(rate.heads),
          _noted(rate, source, notes))
         for rate in published() if not models or rate.model in models],
    )  # fmt: skip
    yield part.note(say("flight.rates_note"))
    yield part.missing(notes.lacks("masked_pictures", say("wants.masked_pictures")))


def miss_rate(it: Subject, say: Texts) -> str:
    """The miss rate of a real flight of the mission as text; empty if no measured rate applies."""
    if it.mission is None:
        return ""
    found = figure_of(_models(it), it.mission.file.band, simulated=False, seen=_seen(it, it.mission), rates=published())
    worst = found.worst
    return "" if worst is None else f"{say.number(_up(100 * worst.missed), 1)} % ({say.number(worst.px_per_m)} px/m)"


def _noted(rate: Rate, source: SourceFile, notes: Notes) -> str:
    say = notes.texts
    label = f"{say('figure.missed')}{say('words.colon')} {rate.model}, {say(f'rate.{rate.seen_from}')}, "
    light = rate.light if rate.sensor == "visible" else f"{rate.sensor}_{rate.light}"
    name = f"missed_{rate.model}_{rate.seen_from}_{light}_{rate.px_per_m:g}"
    return notes.figure(
        name,
        _up(100 * rate.missed),
        "percent",
        source,
        1,
        label=f"{label}{_words(Seen(rate.sensor, (rate.light,)), say)}, {say.number(rate.px_per_m)} px/m",
    )


def _words(seen: Seen, say: Texts) -> str:
    sensor = [] if seen.sensor == "visible" else [say(f"rate.{seen.sensor}")]
    return ", ".join([*sensor, *(say(f"rate.{light}") for light in seen.lights)])


def _models(it: Subject) -> tuple[str, ...]:
    """The models that search the pictures: the detectors of the authorisation."""
    file = file_of(it)
    return file.analytics.detectors if file is not None else ()


def _up(percent: float) -> float:
    """Rounded up to a tenth: a miss never reads as none."""
    return -(-round(10 * percent, 6) // 1) / 10


def _seen(it: Subject, mission: Mission) -> Seen | None:
    frame, start = it.site.frame, mission.file.start
    here = Origin(lat_deg=frame.lat_deg, lon_deg=frame.lon_deg, datum_amsl_m=frame.datum_amsl_m, geoid_m=frame.geoid_m)
    seconds = sum(route.expected.flight_time_s for route in it.plan.routes) if it.plan is not None else 0.0
    sensors = (mission.model_of(drone.name).camera.sensor for drone in mission.file.fleet)
    return seen_by(sensors, here, (start, start + timedelta(seconds=seconds)))


def rules(it: Subject, notes: Notes) -> Iterator[Block]:
    """Every rule of the profile, judged as in a rehearsal."""
    say = notes.texts
    if it.authorisation is None:
        yield part.missing(notes.lacks("authorisation", wanted(it, notes, "")))
        return
    found = rehearse(it.authorisation)
    refused = sum(each.refuses for each in found.applied)
    profile = it.authorisation.file.profile
    yield part.text(say("flight.rules", profile=profile, number=len(found.applied), refused=refused))
    lines = []
    for each in found.applied:
        state = "refused" if each.refuses else "kept" if each.ruling.provided else "absent"
        wording = each.rule.fr if it.language == "fr" else each.rule.en
        evidence = french.said(each.ruling.evidence, it.language)
        lines.append((f"{each.rule.id} {each.phase}", french.said(each.article, it.language), wording, evidence,
                      say(f"ruling.{state}")))  # fmt: skip
    yield part.table(
        say("flight.rulings"),
        tuple(say(f"words.{name}") for name in ("rule", "article", "wording", "evidence", "state")), lines,
        shape="rulings",
    )  # fmt: skip
    yield part.note(say("flight.rules_note"))
