"""The study for the CNIL's PIA tool: one JSON file that the tool's stand-alone edition imports.

The file answers the questions whose facts the software knows. Every other answer is empty, and so are all evaluations:
people give these. https://github.com/LINCnil/pia describes the fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from blindspot.core import plain
from blindspot.evidence.dossier.of_flight import miss_rate
from blindspot.evidence.dossier.subject import Subject
from blindspot.evidence.texts.catalogue import Texts

FILE = "pia.json"
TEXTS = (111, 112, 113, 121, 122, 123, 211, 212, 213, 214, 215, 221, 222, 223, 224, 225, 226, 227)
"""Questions that a text answers."""
MEASURES_OF = (324, 334, 344)
"""Questions that the titles of measures answer, one for each risk."""
LISTS = (321, 322, 323, 331, 332, 333, 341, 342, 343)
GAUGES = (325, 326, 335, 336, 345, 346)
MEASURES = ("density", "masking", "gate", "journal", "access", "erasure", "closed")
ITEMS: Mapping[str, tuple[int, ...]] = {
    "1.1": (111, 112, 113), "1.2": (121, 122, 123), "2.1": (211, 212, 213, 214, 215),
    "2.2": (221, 222, 223, 224, 225, 226, 227), "3.2": (321, 322, 323, 324, 325, 326),
    "3.3": (331, 332, 333, 334, 335, 336), "3.4": (341, 342, 343, 344, 345, 346),
}  # fmt: skip
"""The questions of each item of the tool."""
BEGUN = 3.75
"""Per cent of progress that the tool counts for an item with an answer and without an evaluation."""


def study(it: Subject, say: Texts) -> dict[str, Any]:
    """The content of `pia.json`.

    Parameters
    ----------
    it
        The inputs of the dossier.
    say
        The texts in the language of the dossier.
    """
    answered = dict(_answers(it, say))
    measures = [
        {"id": number, "pia_id": 1, "title": say(f"pia.{key}_title"), "content": _html(_measure(key, it, say)),
         "placeholder": "", "created_at": _moment(it), "updated_at": _moment(it)}
        for number, key in enumerate(MEASURES if it.is_flight else (), 1)
    ]  # fmt: skip
    titles = [str(measure["title"]) for measure in measures]
    answers = [_entry(number, it, text=_html(answered.get(number, ""))) for number in TEXTS]
    answers += [_entry(number, it, listed=titles) for number in MEASURES_OF]
    answers += [_entry(number, it) for number in (*LISTS, *GAUGES)]
    answers.sort(key=lambda answer: int(answer["reference_to"]))
    for number, answer in enumerate(answers, 1):
        answer["id"] = number
    return {"pia": _about(it, say, progress_of(answers, len(measures))), "answers": answers, "measures": measures,
            "evaluations": [], "comments": []}  # fmt: skip


def progress_of(answers: list[dict[str, Any]], measures: int) -> float:
    """Per cent that the tool computes: each item with an answer counts, and item 3.1 if there are measures."""
    filled = {answer["reference_to"] for answer in answers if answer["data"]["text"] or answer["data"]["list"]}
    begun = sum(bool(filled.intersection(questions)) for questions in ITEMS.values()) + bool(measures)
    return BEGUN * begun


def _about(it: Subject, say: Texts, progress: float) -> dict[str, Any]:
    made = _moment(it)
    category = say("pia.category" if it.is_flight else "pia.category_fixed")
    return {
        "id": 1, "status": 0, "name": plain(say("pia.name", title=it.title)), "category": category, "author_name": "",
        "evaluator_name": "", "validator_name": "", "dpo_status": 0, "dpo_opinion": "", "dpos_names": "",
        "concerned_people_searched_opinion": False, "concerned_people_searched_content": "",
        "concerned_people_opinion": "", "concerned_people_status": 0, "people_names": "", "rejection_reason": "",
        "applied_adjustments": "", "is_example": 0, "is_archive": 0, "structure_id": "", "structure_name": "",
        "structure_sector_name": "", "structure_data": None, "progress": progress, "lock_version": 0,
        "created_at": made, "updated_at": made,
    }  # fmt: skip


def _moment(it: Subject) -> str:
    """The time of the dossier as the tool writes times."""
    return f"{it.made:%Y-%m-%dT%H:%M:%S}.000Z"


def _entry(number: int, it: Subject, *, text: str | None = None, listed: list[str] | None = None) -> dict[str, Any]:
    made = _moment(it)
    return {
        "pia_id": 1, "reference_to": number, "data": {"text": text or None, "gauge": None, "list": listed or []},
        "created_at": made, "updated_at": made,
    }  # fmt: skip


def _answers(it: Subject, say: Texts) -> Iterator[tuple[int, str]]:
    if not it.is_flight:
        counted, area = it.surveyed.coverage["cameras"]["counted"], f"{say.number(it.perimeter.area)} m²"
        yield 111, say("pia.a111_fixed", site=it.site.name, cameras=counted, area=area)
        yield 113, say("pia.a113_fixed")
        return
    file = it.authorisation.file if it.authorisation is not None else None
    mission, unknown = it.mission, say("words.unknown")
    band = mission.file.band if mission is not None else None
    low, high = (say.number(band.min_px_per_m), say.number(band.max_px_per_m)) if band else (unknown, unknown)
    yield 111, say(
        "pia.a111", area=f"{say.number(it.perimeter.area)} m²", site=it.site.name,
        cameras=it.surveyed.coverage["cameras"]["counted"],
        drones=len(mission.file.fleet) if mission is not None else 0, low=low, high=high,
    )  # fmt: skip
    yield 113, say("pia.a113", profile=file.profile if file is not None else unknown)
    recorded = unknown if file is None else say("words.yes" if file.recording.allowed else "words.no")
    yield 121, say("pia.a121", recorded=recorded)
    yield 122, say("pia.a122")
    yield 123, say("pia.a123")
    cost = it.plan.intrusion if it.plan is not None else None
    private = unknown if cost is None else f"{say.number(cost.private_m2s)} {say('unit.m2s')}"
    yield 213, say("pia.a213", high=high, private=private, missed=miss_rate(it, say) or say("words.not_measured"))
    yield 214, say("pia.a214")
    kept: tuple[str, ...] = (unknown, unknown)
    if file is not None:
        kept = tuple(
            f"{say.number(hours, 0 if hours == int(hours) else 2)} h"
            for hours in (file.recording.retention_h, file.recording.dwelling_purge_h)
        )
    yield 215, say("pia.a215", retention=kept[0], purge=kept[1])
    yield 227, say("pia.a227")
    if file is not None and file.purpose is not None:
        facts = "; ".join(f"{say.day(one.date)}: {one.kind} ({one.count}), {one.source}" for one in file.purpose.facts)
        yield 211, say("pia.a211", id=file.id, code=file.purpose.code, facts=facts or say("words.none"))
    if file is not None and file.act is not None:
        act = file.act
        yield 212, say("pia.a212", act=f"{act.number}, {say.day(act.date)}, {act.authority}, {act.department}")
    if file is not None and file.public_info is not None:
        public = file.public_info
        words = (say(f"notice.{public.mode}"), public.url, public.withheld_reason)
        yield 221, say("pia.a221", id=file.id, notice=", ".join(filter(None, words)))


def _measure(key: str, it: Subject, say: Texts) -> str:
    if key != "density":
        return say(f"pia.{key}")
    high = say.number(it.mission.file.band.max_px_per_m) if it.mission is not None else say("words.unknown")
    return say("pia.density", high=high)


def _html(text: str) -> str:
    """A text as HTML: the tool shows answers as HTML, and names in answers are texts of strangers."""
    return f"<p>{escape(plain(text))}</p>" if text else ""
