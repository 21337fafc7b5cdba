"""No change of any field of an authorisation widens a permit."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from test.unit.law.office import NOW, rules

from blindspot.core.errors import InputError
from blindspot.law.drafts.rehearsal import rehearsal_context, rehearse
from blindspot.law.files.authorisation_file import AuthorisationFile
from blindspot.law.files.profiles import profile_of
from blindspot.law.judgement import judge
from blindspot.law.signatures.authorisation import file_sha256
from blindspot.law.signatures.signing import signed_content


def leaves(value, path=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key), inner
        yield from leaves(inner, (*path, key))


def other(value):
    """A value of the same kind, larger or otherwise different."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return "0" * 64 if len(value) == 64 else value + "1"
    return [*value, value[-1]] if isinstance(value, list) and value else None


def mutated(document):
    """(path, how, document) for each field: with another value, and left out."""
    for path, value in leaves(document):
        for how, replacement in (("changed", other(value)), ("left out", None)):
            damaged = copy.deepcopy(document)
            part = damaged
            for key in path[:-1]:
                part = part[key]
            if how == "changed":
                part[path[-1]] = replacement
            else:
                part.pop(path[-1])
            yield path, how, damaged


CONSENT = {"zone": "CTR-92", "ref": "fictitious consent 7", "date": "2026-11-20"}


def consented(office):
    """The example inside a control zone, with the consent of the zone's authority."""
    zones = json.loads((office.folder / "geozones.json").read_text())
    [far] = zones["features"]
    circle = {"type": "Circle", "center": [2.29, 48.91], "radius": 20_000}
    volume = far["geometry"][0] | {"horizontalProjection": circle}
    zones["features"].append(far | {"identifier": "CTR-92", "restriction": "REQ_AUTHORISATION", "geometry": [volume]})
    (office.folder / "geozones.json").write_text(json.dumps(zones))
    aviation = office.document["aviation"]
    aviation["geozones"]["sha256"] = file_sha256(office.folder / "geozones.json")
    aviation["zone_consents"] = [CONSENT]


@pytest.mark.parametrize(
    "consents",
    [[], [CONSENT | {"zone": "CTR-9"}], [CONSENT | {"zone": "ctr-92"}], [CONSENT | {"date": "2026-11-28"}]],
)
def test_avi_02_a_control_zone_is_a_permit_only_while_a_consent_names_it(office, consents):
    """Each change is signed by both officers again."""
    consented(office)
    assert rehearse(office.load(office.signed(office.document)), NOW).go
    office.document["aviation"]["zone_consents"] = consents
    assert rules(rehearse(office.load(office.signed(office.document)), NOW)) == ["AVI-02"]


def test_no_mutation_of_any_field_without_new_signatures_is_a_permit(office):
    """Each field, changed or left out, makes the file invalid or refuses. The content stays if a field at its default
    is left out or a signature is there twice."""
    consented(office)
    good = office.signed(office.document)
    content, tried = signed_content(AuthorisationFile.model_validate(good)), 0
    read = office.load(good)
    assert len(read.people) == 2 and rehearse(read, NOW).go
    for path, how, damaged in mutated(good):
        try:
            read = office.load(damaged)
            found = rehearse(read, NOW)
        except InputError:
            continue
        tried += 1
        is_twice = path == ("act", "signatures") and how == "changed"
        same = signed_content(read.file) == content and (is_twice or "signatures" not in path)
        assert found.go == same, (path, how)
        assert same or "AUT-02" in rules(found), (path, how)
        assert not same or is_twice or how == "left out", path
    assert tried > 100


def probes(ctx):
    """(rule, phase, field that sets its limit, a question beyond this limit) of the complete example."""
    [route] = ctx.plan.routes
    [view] = route.steps

    def planned(**step):
        steps = (view.model_copy(update=step),)
        return {"plan": ctx.plan.model_copy(update={"routes": (route.model_copy(update={"steps": steps}),)})}

    def seen(px_per_m):
        dense = ctx.plan.intrusion.model_copy(update={"highest_px_per_m": px_per_m})
        return {"plan": ctx.plan.model_copy(update={"intrusion": dense})}

    def up(up_m):
        return planned(to=view.to.model_copy(update={"up_m": up_m}))

    def heavy(**changes):
        return {"models": {"rehearsal": ctx.models["rehearsal"].model_copy(update=changes)}}

    def fact(name, **changes):
        return {name: replace(getattr(ctx, name), **changes)}

    west = ctx.plan.model_copy(update={"origin": ctx.plan.origin.model_copy(update={"lon_deg": 2.6, "lat_deg": 48.8})})
    return [
        ("AVI-02", "PF", "geozones", {"plan": west}),
        ("PUR-04", "PL", "max_flight_min_per_day", {"flown_s": 3600.0}),
        ("PUR-04", "IF", "max_flight_min_per_day", {"flown_s": 3661.0}),
        ("PUR-04", "PL", "max_min_per_place_per_week", {"place_s": 1861.0}),
        ("SEN-02", "PL", "max_simultaneous_cameras", {"cameras_beside": 2}),
        ("SEN-02", "IF", "max_simultaneous_cameras", fact("flying", cameras_on=3)),
        ("SEN-03", "PL", "max_pitch_deg", planned(aim=view.aim.model_copy(update={"pitch_deg": -40.0}))),
        ("SEN-03", "IF", "max_px_per_m", fact("flying", px_per_m=62.0)),
        ("GEO-03", "PL", "max_px_per_m", seen(62.0)),
        ("GEO-01", "IF", "geojson", fact("flying", east_m=5000.0)),
        ("AVI-01", "PL", "ceiling_m_agl", up(102.0)),
        ("AVI-01", "PL", "floor_m_agl", up(48.0)),
        ("AVI-01", "IF", "ceiling_m_agl", fact("flying", height_m=102.0)),
        ("AVI-03", "PL", "vmax_mps", planned(speed_mps=12.0)),
        ("AVI-03", "PL", "mtom_kg", heavy(mass_kg=6.0)),
        ("AVI-03", "PL", "dim_m", heavy(span_m=3.0)),
        ("AVI-05", "PF", "rid", fact("ready", remote_id=replace(ctx.ready.remote_id, serials=("EX92AABCDE12346",)))),
        ("TIM-03", "PL", "daily_slots", {"now_utc": NOW - timedelta(days=1)}),
        ("TIM-03", "IF", "not_after", {"now_utc": NOW + timedelta(days=98)}),
        ("AUT-05", "IF", "revocation", {"now_utc": NOW + timedelta(hours=1)}),
        ("INT-01", "PF", "detectors", fact("ready", names=("face_id",))),
        ("INT-03", "PF", "separation", fact("ready", separated_at=NOW - timedelta(days=30))),
        ("INT-03", "PF", "links", fact("ready", links_out=("fpr",))),
        ("INT-03", "IF", "links", fact("flying", links_out=("fpr",))),
        ("LOG-01", "PF", "kept_days", fact("book", kept_days=1095)),
        ("LOG-01", "PF", "acts", fact("book", acts=("collection", "consultation", "communication", "erasure"))),
        ("REC-01", "RC", "detectors", fact("recorded", topics=("camera/clear",))),
        ("ACC-01", "RC", "viewers", fact("recorded", viewers=("stranger",))),
        ("ACC-01", "RT", "extractors", fact("kept", extractors=("stranger",))),
    ]


def test_no_signed_change_of_a_field_loosens_the_limit_of_another_field(office):
    """Signed by both officers again. A field that is left out loosens no limit at all, also not its own. One exception
    is lawful: a state aircraft needs no remote identification."""
    read = office.load(office.signed(office.document))
    before = probes(rehearsal_context(read, NOW))
    base, tried = rehearsal_context(read, NOW), 0
    office.document["act"].pop("signatures", None)
    for path, how, damaged in mutated(office.document):
        try:
            changed = office.load(office.signed(damaged))
            profile = profile_of(changed.file)
        except (InputError, ValueError, KeyError, TypeError, AttributeError):
            continue
        tried += 1
        for rule, phase, limit, beyond in before:
            if limit not in path or (how == "left out" and limit != "rid"):
                question = replace(base, auth=changed, profile=profile, **beyond)
                found = judge(question, [phase, "PL"], only=(rule, "AUT-01"))
                assert not found.go, (path, how, rule, limit)
    assert tried > 50
    for rule, phase, limit, beyond in before:
        [refused] = judge(replace(base, **beyond), [phase], only=[rule]).refusals
        assert "unknown" not in refused.reason, limit
