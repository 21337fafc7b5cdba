"""Chapters on recordings, people, notice and data protection: facts of the authorisation, quoted."""

from __future__ import annotations

from collections.abc import Iterator

from blindspot.evidence.dossier import chapter as part
from blindspot.evidence.dossier.chapter import Block
from blindspot.evidence.dossier.of_flight import file_of, shown_source, wanted
from blindspot.evidence.dossier.subject import Notes, Subject


def recording(it: Subject, notes: Notes) -> Iterator[Block]:
    """Transmission, recording and processing."""
    say, file = notes.texts, file_of(it)
    yield part.missing(notes.lacks("fixed_recording", say("wants.operator")))
    if file is None:
        if it.mission is not None:
            yield part.missing(notes.lacks("recording", wanted(it, notes, "recording")))
        return
    rules, analytics = file.recording, file.analytics
    lines = [(say("people.recording"), say("words.yes" if rules.allowed else "words.no"))]
    if rules.allowed and it.authorisation_source is not None:
        source = it.authorisation_source
        lines += [
            (say("figure.retention_h"), notes.figure("retention_h", rules.retention_h, "h", source)),
            (say("figure.dwelling_purge_h"), notes.figure("dwelling_purge_h", rules.dwelling_purge_h, "h", source)),
        ]
    if it.mission is not None:
        lines.append((say("people.mission_records"), say("words.yes" if it.mission.file.record else "words.no")))
    nothing = say("words.none")
    lines += [
        (say("people.masking"), analytics.masking),
        (say("people.detectors"), ", ".join(analytics.detectors) or nothing),
        (say("people.detector_ref"), analytics.detector_legal_ref or nothing),
        (say("people.events"), ", ".join(analytics.events) or nothing),
        (say("people.interconnections"), ", ".join(analytics.interconnections) or nothing),
    ]
    yield part.pairs(say("people.processing", file=shown_source(it)), lines)
    yield part.text(say("people.facts"))


def access(it: Subject, notes: Notes) -> Iterator[Block]:
    """People with access."""
    say, file = notes.texts, file_of(it)
    people = file.people if file is not None else None
    if file is not None and file.signer is not None:
        yield part.quote(f"{file.signer.name}, {file.signer.contact}", f"{shown_source(it)}: signer")
    if people is None or not (people.viewers or people.extractors):
        yield part.missing(notes.lacks("people", wanted(it, notes, "people")))
    if people is None:
        return
    nobody = say("words.nobody")
    yield part.pairs(say("people.designated", file=shown_source(it)), [
        (say("people.pilots"), "; ".join(f"{one.id} ({one.certificate})" for one in people.pilots) or nobody),
        *((say(f"people.{role}"), ", ".join(getattr(people, role)) or nobody)
          for role in ("viewers", "extractors", "admins", "auditors")),
    ])  # fmt: skip


def notice(it: Subject, notes: Notes) -> Iterator[Block]:
    """Notice to the public."""
    say, file = notes.texts, file_of(it)
    public = file.public_info if file is not None else None
    if public is None:
        yield part.missing(notes.lacks("notice", wanted(it, notes, "public_info")))
        return
    lines = [(say("people.mode"), say(f"notice.{public.mode}"))]
    if public.url:
        lines.append((say("people.address"), public.url))
    if public.withheld_on:
        lines.append((say("people.withheld_on"), say(f"notice.{public.withheld_on}")))
    yield part.pairs(say("people.notice", file=shown_source(it)), lines)
    if public.withheld_reason:
        yield part.quote(public.withheld_reason, f"{shown_source(it)}: public_info.withheld_reason")


def order(it: Subject, notes: Notes) -> Iterator[Block]:
    """The administrative act and the service that flies."""
    say, file = notes.texts, file_of(it)
    act, service = (file.act, file.service) if file is not None else (None, None)
    if act is None:
        yield part.missing(notes.lacks("act", wanted(it, notes, "act")))
    else:
        yield part.pairs(say("people.act", file=shown_source(it)), [
            (say("words.number"), act.number), (say("words.date"), say.day(act.date)),
            (say("people.authority"), act.authority), (say("people.department"), act.department),
            (say("people.transcribed"), f"{act.transcribed_by}, {act.countersigned_by}"),
            ("SHA-256", act.pdf_sha256),
        ])  # fmt: skip
    if service is None:
        yield part.missing(notes.lacks("service", wanted(it, notes, "service")))
    else:
        yield part.pairs(say("people.service"), [
            (say("words.kind"), service.type), (say("people.unit"), service.unit),
            (say("people.contact"), service.contact),
        ])  # fmt: skip
    aviation = file.aviation if file is not None else None
    if aviation is None:
        yield part.missing(notes.lacks("aviation", wanted(it, notes, "aviation")))
        return
    yield part.pairs(say("people.aviation"), [
        (say("people.regime"), aviation.regime), (say("people.reference"), aviation.ref),
        (say("words.mass"), f"{say.number(aviation.mtom_kg, 1)} kg"),
        (say("people.buffer"), f"{say.number(aviation.ground_risk_buffer_m)} m"),
        (say("people.night"), say("words.yes" if aviation.night else "words.no")),
    ])  # fmt: skip


def protection(it: Subject, notes: Notes) -> Iterator[Block]:
    """References of data protection, and the export for the CNIL's tool."""
    say, file = notes.texts, file_of(it)
    data = file.data_protection if file is not None else None
    if data is None:
        yield part.missing(notes.lacks("cnil", wanted(it, notes, "data_protection")))
    else:
        yield part.pairs(say("people.protection", file=shown_source(it)), [
            (say("people.commitment"), data.cnil_commitment_ref), (say("people.dpia"), data.dpia_ref),
            (say("people.recipient"), data.register_recipient),
        ])  # fmt: skip
    yield part.text(say("pia.about" if it.is_flight else "pia.about_fixed"))
    yield part.note(say("pia.server"))
    yield part.note(say("pia.tried"))
