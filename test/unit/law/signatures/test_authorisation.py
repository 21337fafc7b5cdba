import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.law.signatures.authorisation import load_authorisation, load_authorised_area, slot_end
from blindspot.site.town.frame import LocalFrame

CONFIG = Path(__file__).resolve().parents[4] / "config"
FRAME = LocalFrame(47.2, -1.55, 8.0, 48.0)


def test_a_valid_file_loads_with_its_area(load, document):
    authorisation = load(document)
    assert authorisation.id == "SIM-1"
    assert load_authorised_area(authorisation, FRAME).area == pytest.approx(40_000.0, rel=1e-6)


@pytest.mark.parametrize("name", ["nantes_sim", "crossroads_sim"])
def test_the_authorisations_that_come_along_are_valid(name):
    assert load_authorisation(CONFIG / "authorisations" / f"{name}.yaml").file.profile == "SIM-ONLY"


AVIATION = {"regime": "STATE", "ref": "R", "mtom_kg": 1.4, "dim_m": 0.6, "vmax_mps": 10.0, "contingency_m": 10.0,
            "ground_risk_buffer_m": 20.0}  # fmt: skip


@pytest.mark.parametrize("blank", ["", "  ", "\u200b"])
@pytest.mark.parametrize(
    ("section", "said", "field"),
    [
        ("aviation", AVIATION, "ballistic_ref"),
        ("aviation", AVIATION, "population_source"),
        ("signer", {"contact": "phone"}, "name"),
        ("owner_declaration", {"owner": "A", "property_ref": "B", "date": "2026-11-01"}, "statement"),
        ("legal_basis", {"in_force": "2026-11-01"}, "act"),
    ],
)
def test_words_by_which_a_person_answers_can_be_read(load, document, section, said, field, blank):
    document[section] = {**said, field: "as it is"}
    load(document)
    document[section][field] = blank
    with pytest.raises(InputError, match=f"{section}.{field}: holds nothing that can be read"):
        load(document)


@pytest.mark.parametrize(
    ("where", "value", "field"),
    [
        (("colour",), "red", "colour"),
        (("window", "grace_s"), 60, "window.grace_s"),
        (("profile",), "ANYTHING", "profile"),
        (("schema",), "blindspot.authorisation/2", "schema"),
        (("area", "max_area_m2"), float("nan"), "area.max_area_m2"),
        (("area", "ceiling_m_agl"), 121, "area.ceiling_m_agl"),
        (("area", "floor_m_agl"), 100, "area"),
        (("window", "not_before"), "2026-11-01T00:00:00", "window.not_before"),
        (("window", "not_after"), "2026-10-01T00:00:00+01:00", "window"),
        (("window", "not_after"), 2026, "window.not_after"),
        (("window", "tz"), "Paris", "window.tz"),
        (("window", "tz"), "Europe", "window.tz"),
        (("window", "tz"), "../../etc/passwd", "window.tz"),
        (("window", "tz"), "localtime", "window.tz"),
        (("window", "not_after"), "9999-12-31T23:59:59-14:00", "window.not_after"),
        (
            ("window", "daily_slots"),
            [{"days": ["FRI"], "start": 1200, "end": "23:00"}],
            "window.daily_slots slot 1, start",
        ),
        (("window", "daily_slots"), [], "window.daily_slots"),
        (("window", "daily_slots"), [{"days": ["FRI"], "start": "20:00", "end": "20:00"}], "window.daily_slots slot 1"),
        (("analytics", "masking"), "OFF", "analytics.masking"),
        (("analytics", "interconnections"), ["cctv"], "analytics.interconnections"),
        (("recording", "retention_h"), 169, "recording.retention_h"),
        (("sensors", "cameras"), [], "sensors.cameras"),
        (("area", "sha256"), "0" * 64, "area.sha256"),
        (("area", "geojson"), "elsewhere.geojson", "area.geojson"),
    ],
)
def test_a_wrong_value_is_named(load, document, where, value, field):
    part = document
    for key in where[:-1]:
        part = part[key]
    part[where[-1]] = value
    with pytest.raises(InputError) as refused:
        load(document)
    assert refused.value.field == field


def test_an_area_that_was_changed_after_loading_is_noticed(load, document):
    authorisation = load(document)
    text = authorisation.area_path.read_text(encoding="utf-8")
    try:
        authorisation.area_path.write_text(text + " ", encoding="utf-8")
        with pytest.raises(InputError, match="not the authorised file"):
            load_authorised_area(authorisation, FRAME)
    finally:
        authorisation.area_path.write_text(text, encoding="utf-8")


def test_the_strictest_camera_counts(load, document):
    caps = document["sensors"]["cameras"]
    caps.append({"id": "b", "max_pitch_deg": -45, "min_pitch_deg": -80, "max_zoom": 1.0, "max_px_per_m": 80})
    camera = load(document).camera
    assert (camera.max_pitch_deg, camera.min_pitch_deg, camera.max_zoom, camera.max_px_per_m) == (-50, -80, 1.0, 60)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "end"),
    [
        (utc(2026, 11, 6, 18, 59, 59), None),
        (utc(2026, 11, 6, 19, 0), utc(2026, 11, 6, 22, 0)),
        (utc(2026, 11, 6, 21, 59, 59), utc(2026, 11, 6, 22, 0)),
        (utc(2026, 11, 6, 22, 0), None),
        (utc(2026, 11, 7, 20, 0), None),  # a Saturday
        (utc(2026, 10, 30, 20, 0), None),  # a Friday before the window
    ],
)
def test_slots_are_in_local_time_and_end_exclusively(load, document, now, end):
    assert slot_end(load(document).file.window, now) == end


def test_a_slot_past_midnight_belongs_to_the_day_it_starts(load, document):
    document["window"]["daily_slots"] = [{"days": ["FRI"], "start": "22:00", "end": "02:00"}]
    window = load(document).file.window
    assert slot_end(window, utc(2026, 11, 7, 0, 30)) == utc(2026, 11, 7, 1, 0)
    assert slot_end(window, utc(2026, 11, 6, 0, 30)) is None


def test_a_slot_never_outlasts_the_window(load, document):
    document["window"]["not_after"] = "2026-11-06T21:00:00+01:00"
    assert slot_end(load(document).file.window, utc(2026, 11, 6, 19, 30)) == utc(2026, 11, 6, 20, 0)


def test_the_area_is_that_of_the_bytes_that_have_the_authorised_hash(load, document, monkeypatch):
    """Another program replaces the file between the check and the use."""
    authorisation = load(document)
    path, asked_for = authorisation.area_path, load_authorised_area(authorisation, FRAME)
    content = path.read_bytes()

    def read_then_replaced(path: Path) -> bytes:
        found = path.read_bytes()
        path.write_bytes(content.replace(b"-1.5", b"-1.4"))
        return found

    monkeypatch.setattr("blindspot.law.signatures.authorisation.read_file", read_then_replaced)
    try:
        assert load_authorised_area(authorisation, FRAME).equals(asked_for)
        with pytest.raises(InputError, match="is not the authorised file"):
            load_authorised_area(authorisation, FRAME)
    finally:
        path.write_bytes(content)


def test_an_area_file_that_can_not_be_read_is_refused(load, document):
    path = load(document).area_path
    content = path.read_bytes()
    os.truncate(path, 10**10)  # nobody's memory holds it
    try:
        with pytest.raises(InputError, match=r"area\.geojson: .* can't be read"):
            load(document)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("start", ["20:00Z", "20:00+00:00", "20:00:00-05:00"])
def test_tim_03_a_slot_with_an_offset_of_its_own_is_refused(load, document, start):
    """It was read as local time, so a slot that somebody wrote in UTC was another one."""
    document["window"]["daily_slots"][0]["start"] = start
    with pytest.raises(InputError, match="leave the offset out"):
        load(document)


def test_aut_01_a_text_that_is_still_to_be_filled_in_makes_the_file_invalid(load, document):
    document["signer"] = {"name": "A. Engineer", "contact": " FILL-IN "}
    with pytest.raises(InputError, match=r"signer\.contact is still FILL-IN"):
        load(document)
    document["signer"]["contact"] = "FILL-INS of the office"
    load(document)
