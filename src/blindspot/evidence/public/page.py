"""The public page in French and English, and its facts for programs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from blindspot.core import one_line
from blindspot.coverage.maps import templates
from blindspot.evidence.public.perimeter_map import PerimeterMap
from blindspot.evidence.public.public_flights import PublicFlight, reference_of
from blindspot.evidence.texts.catalogue import Texts, Tongue, texts_in
from blindspot.law import AuthorisationFile, load_profile

SCHEMA = "blindspot.public_page/1"
FACTS = "flights.json"
PAGES: Mapping[Tongue, str] = {"fr": "index.html", "en": "en.html"}
MARK = '<meta name="generator" content="blindspot publish">'
"""Names a page as ours: another page stays as it is."""
HERE = Path(__file__).parent
LONGEST_TEXT = 600
"""Characters of a text of the authorisation: the act itself has all of it."""
MOST_ROWS = 40
"""Facts and rejected means that the page quotes."""


@dataclass(frozen=True, slots=True)
class PublicPage:
    """The content of a page.

    Parameters
    ----------
    auth
        The authorisation.
    flights
        The flights, the oldest first: their places give the running numbers.
    heads
        The head of each journal, `number` and `sha256`, and as `signed` the facts of the latest entry `head_signed`.
    written
        When the page is written.
    delay
        Time from the end of a flight to its publication.
    map
        The map of the perimeter.
    verifier
        Name of the verifier's file in the folder; empty without one.
    """

    auth: AuthorisationFile
    flights: Sequence[PublicFlight]
    heads: Sequence[Mapping[str, Any]]
    written: datetime
    delay: timedelta
    map: PerimeterMap
    verifier: str = ""

    @property
    def is_withheld(self) -> bool:
        """Whether the notice is withheld: the page then has numbers and hours alone."""
        return self.auth.public_info is not None and self.auth.public_info.mode == "WITHHELD"

    @property
    def is_simulated(self) -> bool:
        """Whether no flight of the page was real."""
        return self.auth.profile == "SIM-ONLY" or (
            len(self.flights) > 0 and all(flight.simulated is True for flight in self.flights)
        )


def document_of(it: PublicPage, pages: Mapping[str, str]) -> str:
    """The facts of a page as JSON, schema `blindspot.public_page/1`; `pages` are the HTML pages by file name."""
    facts = ("reference", "begun", "ended") if it.is_withheld else tuple(PublicFlight.__slots__)
    flights = [
        {"number": number} | {name: _plain(getattr(flight, name)) for name in facts}
        for number, flight in enumerate(it.flights, 1)
    ]
    return json.dumps({
        "schema": SCHEMA, "authorisation": reference_of(it.auth.id), "written": it.written.isoformat(),
        "delay_h": it.delay / timedelta(hours=1), "simulated": it.is_simulated, "heads": list(it.heads),
        "flights": flights,
        "pages": {name: hashlib.sha256(text.encode()).hexdigest() for name, text in pages.items()},
    }, indent=1, allow_nan=False) + "\n"  # fmt: skip


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else round(value, 3) if isinstance(value, float) else value


def page_in(tongue: Tongue, it: PublicPage) -> str:
    """The page in a language, as one HTML file without a request."""
    say = texts_in(HERE, tongue)
    zone = ZoneInfo(it.auth.window.tz)
    shown = {
        "say": say, "lang": tongue, "mark": MARK, "pages": PAGES, "heads": it.heads, "verifier": it.verifier,
        "facts_file": FACTS, "simulated": say("simulated") if it.is_simulated else "", "running": say("title"),
        "written": _moment(it.written, zone, say), "delay": _span(it.delay, say),
        "withheld": it.is_withheld, "place": "",
        "heading": [say(f"flight.{name}") for name in (WITHHELD if it.is_withheld else COLUMNS)],
        "rows": [_row(number, flight, it, say, zone) for number, flight in enumerate(it.flights, 1)],
    }  # fmt: skip
    if not it.is_withheld:
        shown |= _about(it, say)
    return templates(HERE).get_template("public_page.html.j2").render(shown)


WITHHELD = ("number", "day", "begin", "end")
COLUMNS = (*WITHHELD, "drones", "seen", "minutes", "recorded", "erased")


def _row(number: int, flight: PublicFlight, it: PublicPage, say: Texts, zone: ZoneInfo) -> list[str]:
    begun = flight.begun.astimezone(zone)
    ended = None if flight.ended is None else flight.ended.astimezone(zone)
    row = [str(number), say.day(begun), _clock(begun), say("unknown")]
    if ended is not None:
        row[-1] = _clock(ended) if ended.date() == begun.date() else _moment(ended, zone, say)
    if it.is_withheld:
        return row
    return [
        *row, str(flight.drones), _figure(flight.seen_m2, say), _figure(flight.flown_min, say, 1),
        say(f"recorded.{flight.recorded}"), _erased(flight, it, say, zone),
    ]  # fmt: skip


def _erased(flight: PublicFlight, it: PublicPage, say: Texts, zone: ZoneInfo) -> str:
    if flight.recorded == "no" or flight.erase_by is None:
        return say("erased.nothing")
    if flight.erased is not None:
        return say("erased.at", at=_moment(flight.erased.astimezone(zone), zone, say))
    kind = "due" if it.written <= flight.erase_by else "not_proven"
    return say(f"erased.{kind}", at=_moment(flight.erase_by.astimezone(zone), zone, say))


def _clock(at: datetime) -> str:
    """The time of the day with its offset, since an hour stands twice in the night when the clocks change."""
    return f"{at:%H:%M}\u00a0({at:%Z})"


def _moment(at: datetime, zone: ZoneInfo, say: Texts) -> str:
    local = at.astimezone(zone)
    return f"{say.day(local)}, {_clock(local)}"


def _figure(value: float | None, say: Texts, digits: int = 0) -> str:
    return say("unknown") if value is None else say.number(value, digits)


def _span(span: timedelta, say: Texts) -> str:
    """Three days and more as days, if the days are whole; below three hours as minutes, if the hours are not. It is
    rounded up: a recording is kept no longer than the page says."""
    hour = timedelta(hours=1)
    if span >= timedelta(days=3) and not span % timedelta(days=1):
        return say("days", days=say.number(span.days))
    if span < 3 * hour and span % hour:
        return say("minutes", minutes=say.number(ceil(span / timedelta(minutes=1))))
    return say("hours", hours=say.number(ceil(span / hour)))


def _about(it: PublicPage, say: Texts) -> dict[str, Any]:
    """The texts of a page whose notice is published."""
    auth = it.auth
    camera = min(auth.sensors.cameras, key=lambda each: each.max_px_per_m)
    retention = _span(timedelta(hours=auth.recording.retention_h), say)
    return {
        "place": _text(auth.area.commune.name) if auth.area.commune is not None else "",
        "why": _purpose(auth, say),
        "keeps": say("answer.kept", time=retention) if auth.recording.allowed else say("answer.not_recorded"),
        "act": _act(auth, say), "facts": _facts(auth, say), "means": _means(auth),
        "figures": _figures(it, say), "map": it.map, "map_rows": _map_rows(it.map, say),
        "can": [
            say("can.cameras", number=auth.sensors.max_simultaneous_cameras),
            say("can.density", density=say.number(camera.max_px_per_m)), say("can.public"),
            *_published(it, auth, say),
            say("can.detectors", names=", ".join(map(_text, auth.analytics.detectors)))
            if auth.analytics.detectors else say("can.no_detectors"),
        ],
        "cannot": [say(f"cannot.{name}") for name in ("sound", "faces", "linked", "permanent")],
        "missed": _missed(it, say),
        "contact": "" if auth.service is None else _text(auth.service.contact),
    }  # fmt: skip


def _purpose(auth: AuthorisationFile, say: Texts) -> str:
    if auth.purpose is None:
        return say("answer.no_purpose")
    kind = load_profile(auth.profile, auth.rule_pack).purposes.get(auth.purpose.code)
    purpose = _text(auth.purpose.code) if kind is None else kind.fr if say.language == "fr" else kind.en
    return say("answer.why", purpose=purpose)


def _act(auth: AuthorisationFile, say: Texts) -> list[tuple[str, str]]:
    zone = ZoneInfo(auth.window.tz)
    profile = load_profile(auth.profile, auth.rule_pack).title
    rows = {"reference": auth.id, "regime": profile.fr if say.language == "fr" else profile.en}
    if auth.act is not None:
        rows |= {
            "number": auth.act.number, "date": say.day(auth.act.date), "pdf": auth.act.pdf_sha256,
            "authority": f"{auth.act.authority} ({auth.act.department})",
        }  # fmt: skip
    rows |= {"service": auth.service.unit} if auth.service is not None else {}
    rows["validity"] = say(
        "act.from_to", begin=_moment(auth.window.not_before, zone, say), end=_moment(auth.window.not_after, zone, say)
    )
    rows["minutes"] = say("act.per_day", minutes=say.number(auth.window.max_flight_min_per_day))
    rows["heights"] = say(
        "act.between", low=say.number(auth.area.floor_m_agl), high=say.number(auth.area.ceiling_m_agl)
    )
    if auth.data_protection is not None:
        rows |= {"cnil": auth.data_protection.cnil_commitment_ref, "dpia": auth.data_protection.dpia_ref}
    return [(say(f"act.{name}"), _text(value)) for name, value in rows.items()]


def _facts(auth: AuthorisationFile, say: Texts) -> list[tuple[str, str, str, str]]:
    facts = () if auth.purpose is None else auth.purpose.facts[:MOST_ROWS]
    return [(say.day(one.date), _text(one.kind), say.number(one.count), _text(one.source)) for one in facts]


def _means(auth: AuthorisationFile) -> list[tuple[str, str]]:
    means = () if auth.necessity is None else auth.necessity.alternatives[:MOST_ROWS]
    return [(_text(one.means), _text(one.why_insufficient)) for one in means]


def _figures(it: PublicPage, say: Texts) -> list[tuple[str, str]]:
    minutes = [flight.flown_min for flight in it.flights]
    total = None if None in minutes else sum(one for one in minutes if one is not None)
    return [
        (str(len(it.flights)), say("figure.flights")),
        (_figure(total, say), say("figure.minutes")),
        (_range([flight.before for flight in it.flights], say), say("figure.before")),
        (_range([flight.after for flight in it.flights], say), say("figure.after")),
    ]


def _range(shares: Sequence[float | None], say: Texts) -> str:
    """The least and the greatest share as percentages, rounded down."""
    known = sorted({int(100 * share + 1e-6) for share in shares if share is not None})
    if not known:
        return say("unknown")
    return say("percent", share="–".join(map(str, dict.fromkeys((known[0], known[-1])))))


def _map_rows(it: PerimeterMap, say: Texts) -> list[tuple[str, str]]:
    across, up = (say.number(each) for each in it.extent_m)
    rows = [
        (say("map.area"), f"{say.number(it.area_m2)} m²"),
        (say("map.extent"), say("map.east_north", east=across, north=up)),
        (
            say("map.centre"),
            say("map.degrees", lat=say.number(it.centre_deg[0], 5), lon=say.number(it.centre_deg[1], 5)),
        ),
    ]
    rows += [
        (f"{one.number}. {_text(one.name)}", say("map.metres", length=say.number(one.length_m))) for one in it.streets
    ]
    return rows + ([(say("map.left", number=it.streets_left), "")] if it.streets_left else [])


def _missed(it: PublicPage, say: Texts) -> str:
    """The miss rates of the flights, each once; a flight without one counts as not measured."""
    rates = dict.fromkeys(one_line(flight.miss_rate, 80) for flight in it.flights)
    known = [rate for rate in rates if rate and rate != "not measured"]
    unknown = len(known) < len(rates) or not rates
    shown = [rate.replace(" at ", say("missed.at")).replace("synthetic", say("missed.synthetic")) for rate in known[:4]]
    return say("missed.rate", rates="; ".join([*shown, *([say("missed.not_measured")] if unknown else [])]))


def _published(it: PublicPage, auth: AuthorisationFile, say: Texts) -> Iterator[str]:
    """The highest density of the published pictures: as authorised, otherwise as the flights showed it."""
    shown = [flight.published_px_per_m for flight in it.flights if flight.published_px_per_m]
    most = shown if auth.analytics.publish_px_per_m is None else [auth.analytics.publish_px_per_m]
    if most:
        yield say("can.published", density=say.number(max(most), 1))


def _text(text: object) -> str:
    return one_line(text, LONGEST_TEXT)
