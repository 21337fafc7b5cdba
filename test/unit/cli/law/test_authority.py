"""From nothing to a signed authorisation for one's own field, as a person does it."""

import json
import re
import shutil
import stat
from pathlib import Path
from typing import get_args

import pytest
import yaml
from test.unit.law.office import Office
from typer.testing import CliRunner

from blindspot.cli.law.authority import Profile, app
from blindspot.core.errors import InputError, RefusedError
from blindspot.law.drafts.rehearsal import rehearse
from blindspot.law.files.profiles import Need, load_profile, profile_names
from blindspot.law.signatures.authorisation import load_authorisation
from blindspot.law.signatures.notices import read_notices
from blindspot.law.signatures.signing import owners_of, trusted_keys
from blindspot.law.verdict import Verdict

PASSPHRASE = "correct horse battery"
EXAMPLE = Path(__file__).parents[4] / "config" / "authorisations" / "example_92"
FENCE = Path(__file__).parents[4] / "config" / "missions" / "crossroads_perimeter.geojson"
SIGNED = ("--signer", "A. Engineer", "--contact", "+33 1 23 45")


@pytest.fixture(autouse=True)
def own_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("BLINDSPOT_TRUSTED_KEYS", str(tmp_path / "trusted"))
    monkeypatch.setenv("BLINDSPOT_PASSPHRASE", PASSPHRASE)


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "me.key"
    assert run("key", "--out", path).exit_code == 0
    return path


@pytest.fixture
def authorisation(key, tmp_path):
    out = tmp_path / "range"
    result = run("new", "--profile", "test-range", "--fence", FENCE, *SIGNED, "--key", key, "--out", out)
    assert result.exit_code == 0
    return out / "authorisation.yaml"


def test_a_key_is_of_the_person_that_its_file_names_up_to_the_first_dot(tmp_path):
    assert "as a key of officer-1; " in run("key", "--out", tmp_path / "Officer-1.second.key").output
    assert "as a key of a; " in run("key", "--out", tmp_path / "A. Martin.key").output


def test_a_key_is_private_trusted_and_never_overwritten(key, tmp_path):
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    assert (tmp_path / "trusted" / "me.pub").is_file()
    with pytest.raises(InputError, match="there already"):
        run("key", "--out", key)
    other = tmp_path / "elsewhere" / "me.key"
    with pytest.raises(InputError, match="trusted already"):
        run("key", "--out", other)


def test_a_new_test_range_is_signed_bound_to_its_fence_and_reports_no_person(authorisation):
    read = load_authorisation(authorisation)
    assert read.file.profile == "TEST-RANGE" and len(read.signers) == 1
    assert read.file.analytics.detectors == () and read.file.analytics.masking == "REQUIRED"
    assert read.area_path.read_bytes() == FENCE.read_bytes()
    assert read.file.signer.name == "A. Engineer"
    assert "signed by trusted keys: " + read.signers[0] in run("check", authorisation).output


def test_a_simulation_of_ones_own_town_needs_a_perimeter_and_no_name(tmp_path):
    out = tmp_path / "sim"
    assert run("new", "--profile", "sim-only", "--fence", FENCE, "--out", out).exit_code == 0
    read = load_authorisation(out / "authorisation.yaml")
    assert read.file.profile == "SIM-ONLY" and read.signers == () and read.file.signatures == ()


@pytest.mark.parametrize(("profile", "words"), [("sim-only", ()), ("generic-public", ()), ("test-range", SIGNED)])
def test_a_form_that_is_being_filled_in_and_a_signed_file_are_never_replaced(
    authorisation, key, tmp_path, profile, words
):
    run("new", "--profile", "fr-csi-l242-5", "--fence", FENCE, "--out", tmp_path / "act")
    form = tmp_path / "act" / "authorisation.yaml"
    form.write_text(form.read_text().replace("FILL-IN", "PP-2026-0042", 1))
    signing = ("--key", key) if words else ()
    for made in (authorisation, form):
        before = made.read_text()
        with pytest.raises(InputError, match=f"{made}: is there already, and only a SIM-ONLY one"):
            run("new", "--profile", profile, "--fence", FENCE, *words, *signing, "--out", made.parent)
        assert made.read_text() == before


def test_an_authorisation_for_simulation_gives_way_to_one_for_the_real_field(key, tmp_path):
    run("new", "--profile", "sim-only", "--fence", FENCE, "--out", tmp_path)
    run("new", "--profile", "test-range", "--fence", FENCE, *SIGNED, "--key", key, "--out", tmp_path)
    assert load_authorisation(tmp_path / "authorisation.yaml").file.profile == "TEST-RANGE"


@pytest.mark.parametrize(("words", "reported"), [
    (("--profile", "sim-only", *SIGNED), "carries no signature"), (("--profile", "test-range", *SIGNED), "--key"),
    (("--profile", "test-range", "--signer", "\u200b", "--contact", "x", "--key", "me.key"), "give --signer"),
    (("--profile", "test-range",), "--signer"),
])  # fmt: skip
def test_wrong_options_for_a_profile_are_refused(tmp_path, words, reported):
    with pytest.raises(InputError, match=reported):
        run("new", *words, "--fence", FENCE, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_changed_word_voids_it_until_it_is_signed_again(authorisation, key):
    said = yaml.safe_load(authorisation.read_text())
    said["area"]["ceiling_m_agl"] = 60.0
    authorisation.write_text(yaml.safe_dump(said))
    assert load_authorisation(authorisation).signers == ()
    assert "signed by trusted keys: none" in run("check", authorisation).output
    assert run("sign", authorisation, "--key", key).exit_code == 0
    again = load_authorisation(authorisation)
    assert len(again.signers) == 1 and again.file.area.ceiling_m_agl == 60.0
    assert len(again.file.signatures) == 1


def test_a_moved_fence_is_refused(authorisation):
    fence = authorisation.parent / FENCE.name
    fence.write_text(fence.read_text() + "\n")
    with pytest.raises(InputError, match="not the authorised file"):
        load_authorisation(authorisation)


def test_a_key_that_is_trusted_no_more_counts_for_nothing(authorisation, tmp_path):
    (tmp_path / "trusted" / "me.pub").unlink()
    assert load_authorisation(authorisation).signers == ()


@pytest.mark.parametrize(
    ("corners_deg", "reported"),
    [
        ([[0.0, 47.0], [0.01, 47.0], [0.01, 47.01], [0.0, 47.01], [0.0, 47.0]], "at most 250000 m2"),
        ([[0.0, 47.0], [0.001, 47.001], [0.001, 47.0], [0.0, 47.001], [0.0, 47.0]], "without crossings"),
    ],
)
def test_an_unusable_fence_is_refused(key, tmp_path, corners_deg, reported):
    geometry = {"type": "Polygon", "coordinates": [corners_deg]}
    feature = {"type": "Feature", "properties": {}, "geometry": geometry}
    fence = tmp_path / "fence.geojson"
    fence.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    with pytest.raises(InputError, match=reported):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, "--key", key, "--out", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_invalid_options_are_refused(key, tmp_path):
    out = ("--key", key, "--out", tmp_path / "out")
    fence = tmp_path / "fence.geojson"
    with pytest.raises(InputError, match="can't be read"):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, *out)
    fence.write_text("{")
    with pytest.raises(InputError, match="no GeoJSON"):
        run("new", "--profile", "test-range", "--fence", fence, *SIGNED, *out)
    with pytest.raises(InputError, match="no time zone"):
        run("new", "--profile", "test-range", "--fence", FENCE, *SIGNED, *out, "--tz", "Mars/Here")
    assert run("new", "--profile", "fr", "--fence", FENCE, *SIGNED, *out).exit_code == 2


def test_a_simulation_carries_no_signature(key):
    simulation = Path(__file__).parents[4] / "config" / "authorisations" / "crossroads_sim.yaml"
    with pytest.raises(InputError, match="carries no signature"):
        run("sign", simulation, "--key", key)


@pytest.fixture
def officers(tmp_path):
    """Two officers' keys, trusted on this machine."""
    paths = [tmp_path / f"officer-{number}.key" for number in (1, 2)]
    assert all(run("key", "--out", path).exit_code == 0 for path in paths)
    return paths


@pytest.fixture
def act(tmp_path):
    """The complete example for department 92 in a folder of its own, without signatures."""
    shutil.copytree(EXAMPLE, tmp_path / "act", ignore=shutil.ignore_patterns("trusted_keys"))
    path = tmp_path / "act" / "authorisation.yaml"
    said = yaml.safe_load(path.read_text())
    said["act"]["signatures"] = []
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    return path


REHEARSE = ("--profile", "FR-CSI-L242-5", "--at", "2026-11-27T20:00+01:00")


def test_an_act_is_signed_countersigned_listed_and_rehearsed(act, officers):
    one, two = officers
    assert run("sign", act, "--key", one).exit_code == 0
    assert load_authorisation(act).people == ("officer-1",)
    assert "officer-2" in run("countersign", act, "--key", two).output
    assert load_authorisation(act).people == ("officer-1", "officer-2")
    with pytest.raises(RefusedError, match=r"AUT-05 .*no trusted key has signed the revocation list") as refused:
        run("rehearse", act, *REHEARSE)
    assert len(refused.value.verdicts) == 1
    (act.parent / "revocations.yaml").unlink()
    assert "0 revoked" in run("revoke", "--list", act.parent / "revocations.yaml", "--key", one).output
    [listed] = [each.applied for each in [rehearse(load_authorisation(act))]]
    assert {each.rule.id for each in listed if each.refuses} <= {"AUT-05"}, "by the date of the list"


def test_a_countersignature_needs_a_second_person_and_a_first_signature(act, officers, key):
    one, two = officers
    with pytest.raises(InputError, match="no valid first signature"):
        run("countersign", act, "--key", two)
    run("sign", act, "--key", one)
    with pytest.raises(InputError, match="who has signed already"):
        run("countersign", act, "--key", one)
    with pytest.raises(InputError, match="belongs to me, the act names officer-2"):
        run("countersign", act, "--key", key)


def test_a_revoked_authorisation_is_on_the_list_with_person_and_reason(act, officers, tmp_path):
    one, _ = officers
    listed = tmp_path / "list.yaml"
    with pytest.raises(InputError, match="person and reason are missing"):
        run("revoke", act, "--list", listed, "--key", one)
    with pytest.raises(InputError, match="person and reason are missing"):
        run("revoke", act, "--list", listed, "--key", one, "--by", "\u200b", "--reason", "R")
    assert "1 revoked" in run("revoke", act, "--list", listed, "--key", one, "--by", "P", "--reason", "R").output
    assert "1 revoked" in run("revoke", "--list", listed, "--key", one).output, "issued anew"
    said = yaml.safe_load(listed.read_text())
    assert [(each["id"], each["by"], each["reason"]) for each in said["revoked"]] == [
        ("PP-EXEMPLE-2026-0001", "P", "R")
    ]
    listed.write_text(listed.read_text().replace("reason: R", "reason: Q"))
    with pytest.raises(InputError, match="no trusted key has signed"):
        run("revoke", "--list", listed, "--key", one)


def test_an_authorisation_without_its_area_file_can_be_revoked(act, officers, tmp_path):
    (act.parent / "perimeter.geojson").unlink()
    ran = run("revoke", act, "--list", tmp_path / "list.yaml", "--key", officers[0], "--by", "P", "--reason", "R")
    assert "1 revoked" in ran.output


def test_levels_list_every_profile_with_its_signatures(transcript):
    transcript(run("levels").output)
    french = run("levels", "--language", "fr").output
    assert "SIM-ONLY : niveau 0, aucun vol réel ; signatures : 0" in french
    assert "Sécurité civile (CSI L242-6)" in french and "inactif : l'article L242-7" in french


def test_the_check_names_profile_and_purpose_in_both_languages():
    example = EXAMPLE / "authorisation.yaml"
    assert "purpose L242-5-I-1: safety of persons and goods" in run("check", example).output
    french = run("check", example, "--language", "fr").output
    assert "profil FR-CSI-L242-5, du 2026-" in french and "Police nationale, gendarmerie, douanes" in french
    assert "finalité L242-5-I-1 : sécurité des personnes et des biens" in french


def test_new_makes_each_profile_of_the_guide():
    guide = (EXAMPLE.parents[2] / "docs" / "concepts" / "gate.md").read_text()
    [line] = [line for line in guide.splitlines() if line.startswith("`./blindspot authority new --profile NAME")]
    listed = [name.upper() for name in re.findall(r"`([a-z0-9-]+)`", line)]
    assert sorted(listed) == sorted(profile_names()) == sorted(each.value.upper() for each in Profile)


def test_a_new_act_is_a_form_whose_fields_are_named_one_after_the_other(tmp_path):
    out = tmp_path / "act"
    result = run("new", "--profile", "fr-csi-l242-5", "--fence", FENCE, "--out", out, "--tz", "Europe/Paris")
    assert result.exit_code == 0 and "FILL-IN" in result.output
    text = (out / "authorisation.yaml").read_text()
    assert "aviation.notices" in text and "analytics.separation" in text, "which the rehearsal leaves out"
    said = yaml.safe_load(text)
    assert said["area"]["sha256"] and said["act"]["number"] == said["aviation"]["igrc"] == "FILL-IN"
    with pytest.raises(InputError, match="act"):
        run("check", out / "authorisation.yaml")


@pytest.mark.parametrize("profile", sorted(set(profile_names()) - {"SIM-ONLY", "TEST-RANGE"}))
def test_a_new_file_of_each_profile_has_the_sections_that_it_needs_and_no_others(tmp_path, profile):
    run("new", "--profile", profile.lower(), "--fence", FENCE, "--out", tmp_path / "made")
    said = yaml.safe_load((tmp_path / "made" / "authorisation.yaml").read_text())
    known = load_profile(profile, "BE" if profile == "GENERIC-PUBLIC" else None)
    sections = set(get_args(Need)) & said.keys()
    assert said["profile"] == profile and set(known.needs) <= sections
    assert sections <= {*known.needs, *known.modules}
    assert ("max_cameras_in_department" in said["sensors"]) == (profile == "FR-CSI-L242-5")
    with pytest.raises(InputError):
        run("check", tmp_path / "made" / "authorisation.yaml")


def test_a_second_person_countersigns_a_file_without_an_act(officers, tmp_path):
    (tmp_path / "office").mkdir()
    office = Office(tmp_path / "office")
    path, document = office.folder / "authorisation.yaml", office.civil_security()
    path.write_text(yaml.safe_dump(document | {"signatures": []}, allow_unicode=True))
    one, two = officers
    run("sign", path, "--key", one)
    with pytest.raises(InputError, match="who has signed already"):
        run("countersign", path, "--key", one)
    assert run("countersign", path, "--key", two).exit_code == 0
    assert load_authorisation(path).people == ("officer-1", "officer-2") and "Civil security" in path.read_text()
    path.write_text(path.read_text().replace("FR-CSI-L242-6", "PRIVATE-SITE"))
    with pytest.raises(InputError, match="which one person signs"):
        run("countersign", path, "--key", two)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("yesterday", "is no date"),
        ("2026-11-27T20:00", "has no time zone"),
        ("9999-12-31T23:59:59+00:00", "is no year from 2000 to 2199"),
    ],
)
def test_the_time_of_a_rehearsal_has_a_zone(act, at, message):
    with pytest.raises(InputError, match=message):
        run("rehearse", act, "--profile", "FR-CSI-L242-5", "--at", at)


def test_a_snapshot_of_notices_is_signed_by_the_person_who_looked(key, tmp_path):
    zones, out = tmp_path / "notam.json", tmp_path / "notices.yaml"
    words = ("--person", "me", "--source", "SIA", "--key", key)
    with pytest.raises(InputError, match="can't be read"):
        run("notices", out, "--zones", zones, *words)
    zones.write_text("{}")
    with pytest.raises(InputError, match="is no list"):
        run("notices", out, "--zones", zones, *words)
    zones.write_text("[]")
    with pytest.raises(InputError, match="another folder"):
        run("notices", tmp_path / "other" / "notices.yaml", "--zones", zones, *words)
    for words_of_another, why in ((("--person", "you"), "belongs to me, not to you"), (("--source", " "), "is empty")):
        with pytest.raises(InputError, match=why):
            run("notices", out, "--zones", zones, *words, *words_of_another)
    assert not out.exists()
    assert "looked up by me" in run("notices", out, "--zones", zones, *words).output
    trusted = tmp_path / "trusted"
    found = read_notices(out, trusted_keys(trusted), owners_of(trusted))
    assert (found.problem, found.by, found.zones) == ("", "me", b"[]")


def test_a_pass_phrase_that_nobody_can_type_names_the_way_out(tmp_path, monkeypatch):
    monkeypatch.delenv("BLINDSPOT_PASSPHRASE", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(InputError, match="can't be asked for here; start the command in a terminal, or set BLINDSPOT"):
        CliRunner().invoke(app, ["key", "--out", str(tmp_path / "me.key")], input="", catch_exceptions=False)
    assert not (tmp_path / "me.key").exists()


REFUSAL = Verdict("PUR-04", "CSI L242-5", "the order is unknown", "name it")


@pytest.mark.parametrize(("refused", "go"), [((), None), ((REFUSAL,), False)])
def test_the_judgement_of_a_real_flight_names_what_only_the_running_gate_knows(
    plan, tmp_path, monkeypatch, refused, go
):
    (tmp_path / "plan.json").write_text(plan.to_json())
    monkeypatch.setattr("blindspot.law.judge_plan", lambda *_, **__: refused)
    asked = ["judge", str(FENCE.with_name("crossroads.yaml")), str(tmp_path / "plan.json"), "--hardware"]
    printed = CliRunner().invoke(app, asked)
    as_json = CliRunner().invoke(app, [*asked, "--json"])
    assert json.loads(as_json.stdout)["go"] is go and "GO" not in printed.stdout
    if not refused:
        assert "not refused" in printed.output and "PUR-04" in printed.output and "SEN-02" in printed.output
    assert [bool(each.exit_code) for each in (printed, as_json)] == [bool(refused)] * 2
