"""The dossier of the crossroads: figures with their files, missing facts, texts word for word, and refused inputs."""

import hashlib
import json
import re

import pytest
from test.unit.acts.dossiers.conftest import CONFIG, CROSSROADS, MISSION, complete_authorisation, made

from blindspot.acts.dossiers import DossierInputs
from blindspot.core import InputError
from blindspot.evidence.dossier.assemble import texts_of
from blindspot.evidence.dossier.place_names import is_own_name, place_name

NANTES = CONFIG / "sites" / "nantes"


@pytest.fixture(scope="module")
def document(flight):
    return json.loads((flight / "dossier.json").read_text())


def test_each_figure_has_the_hash_of_the_file_that_holds_it(flight, document):
    assert document["schema"] == "blindspot.dossier/1"
    at_hand = {
        path.name: path for folder in (flight, *CONFIG.iterdir()) if folder.is_dir() for path in folder.iterdir()
    }
    at_hand["config/miss_rates.yaml"] = CONFIG / "miss_rates.yaml"
    for figure in document["figures"]:
        assert figure["sha256"] == hashlib.sha256(at_hand[figure["file"]].read_bytes()).hexdigest(), figure


def test_the_figures_are_those_of_the_files_and_of_a_sum_by_hand(flight, document):
    cover, view = (json.loads((flight / name).read_text()) for name in ("coverage.json", "in_view.json"))
    figures = {figure["name"]: figure["value"] for figure in document["figures"]}
    for name in ("public_area_m2", "fixed_area_m2", "blind_area_m2"):
        assert figures[name] == cover[name]
    assert figures["facade_area_m2"] == view["facade_area_m2"] > 0.0
    assert figures["buildings_in_view"] == len(view["buildings"]) == 3, (
        "the camera at the corner of the fourth looks away"
    )
    assert figures["private_area_m2"] == 0.0, "the one courtyard lies behind its walls"
    assert (
        sum(figures[name] for name in figures if name.startswith("blind_") and name != "blind_area_m2")
        == (figures["blind_area_m2"])
    )
    assert figures["perimeter_m2"] == pytest.approx(160.0**2, rel=1e-3)


def test_a_missing_fact_stands_in_the_document_and_as_a_box_in_the_page(flight, document):
    page = (flight / "dossier.html").read_text()
    keys = [one["key"] for one in document["missing"]]
    assert {"purpose", "facts", "act", "plan", "improve", "openings", "real_cameras"} <= set(keys)
    assert len(set(keys)) == len(keys)
    boxes = page.count('class="missing" role="note"')
    assert boxes >= len(keys)
    assert all(one["file"] and one["name"] for one in document["missing"])


def test_the_page_asks_for_nothing_outside(flight):
    page = (flight / "dossier.html").read_text()
    assert not [word for word in ("<script", "<link", "src=", "url(", "@import") if word in page]


def test_a_town_alone_has_the_chapters_of_fixed_cameras_and_the_same_folder_takes_it_again(tmp_path):
    for _ in range(2):
        done, files = made(tmp_path / "out")
    assert [file.name for file in files if not file.is_file()] == []
    assert {"act", "plan", "rules"}.isdisjoint(one.key for one in done.missing), "these belong to a flight"
    assert "R252-3, 2°" in " ".join(chapter.article for chapter in done.chapters)


def authorisation_of(folder, east_deg):
    """The authorisation of the crossroads for an area that lies beside it by this angle."""
    perimeter = json.loads((CONFIG / "missions" / "crossroads_perimeter.geojson").read_text())
    ring = perimeter["features"][0]["geometry"]["coordinates"][0]
    ring[:] = [[lon + east_deg, lat] for lon, lat in ring]
    (folder / "area.geojson").write_text(json.dumps(perimeter))
    content = (CONFIG / "authorisations" / "crossroads_sim.yaml").read_text()
    content = content.replace("../missions/crossroads_perimeter.geojson", "area.geojson")
    digest = hashlib.sha256((folder / "area.geojson").read_bytes()).hexdigest()
    path = folder / "beside.yaml"
    path.write_text(re.sub(r"sha256: \w+", f"sha256: {digest}", content))
    return path


NEAR_DEG = 0.4 / 76_000.0  # 0.4 m


def test_an_authorisation_of_another_area_is_refused(tmp_path):
    for named, of in (({"mission": MISSION}, "the perimeter of the mission"), ({}, "the site Crossroads")):
        path = authorisation_of(tmp_path, 4 * NEAR_DEG if named else 0.002)
        with pytest.raises(InputError, match=rf"beside\.yaml: area\.geojson: .*another area than {of}"):
            made(tmp_path / "out", auth=path, **named)
    assert not (tmp_path / "out").exists()
    DossierInputs.of(CROSSROADS, MISSION, None, authorisation_of(tmp_path, NEAR_DEG), None)


def test_a_mission_of_another_site_and_an_operation_of_another_mission_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"nantes_evening\.yaml: site: is .*give a mission over"):
        made(tmp_path / "out", mission=CONFIG / "missions" / "nantes_evening.yaml")
    with pytest.raises(InputError, match=r"nantes_evenings\.yaml: mission: is nantes_"):
        made(tmp_path / "out", mission=MISSION, operation=CONFIG / "operations" / "nantes_evenings.yaml")


def improve_of(folder, **changes):
    """An improve.json that names the files of the crossroads; its mission is that of the dossier."""
    path = folder / "improve.json"
    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in CROSSROADS.iterdir()}
    figures = {"min_px_per_m": 25.0, "blind_area_m2": 6691.75, "inputs_sha256": digests, "sets": [TURN]}
    path.write_text(json.dumps({"schema": "blindspot.improve/1"} | figures | changes))
    return path


TURN = {
    "scope": "turned", "closed_m2": 334.75, "closed_fraction": 0.05, "elsewhere_m2": 0.0, "private_m2": 4.25,
    "changes": [{"kind": "turn", "camera": "corner", "adds_m2": 334.75, "height_m": 6.0, "heading_deg": 210.0,
                 "tilt_deg": -20.0}],
    "flight": {"min": 5.06, "why_none": None},
}  # fmt: skip


def test_an_improvement_gives_the_lighter_means_with_its_hash(tmp_path):
    path = improve_of(tmp_path)
    done, _ = made(tmp_path / "out", mission=MISSION, improve=path)
    figure = next(each for each in done.figures if each.name == "turned_1_closed_m2")
    assert (figure.value, figure.source.file) == (334.75, "improve.json")
    assert figure.source.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "improve" not in {one.key for one in done.missing}


def test_an_improvement_of_another_town_or_perimeter_is_refused(tmp_path):
    other = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in NANTES.iterdir() if file.is_file()}
    for changes, sentence in (
        ({"inputs_sha256": other}, r"improve\.json: inputs_sha256: is of another town: .* has another SHA-256"),
        ({"inputs_sha256": None}, r"inputs_sha256: is of another town"),
        ({"schema": "blindspot.plan/1"}, r"schema: is no blindspot\.improve/1"),
        ({"blind_area_m2": 6700.0}, r"improve\.json: blind_area_m2: is 6700 m2, and 6691\.75 m2 for the dossier"),
        ({"min_px_per_m": 40.0}, r"min_px_per_m: is 40 px/m, and 25 px/m for the dossier"),
        ({"sets": [TURN | {"closed_m2": "many"}]}, r"sets: is incomplete"),
        ({"sets": [TURN | {"scope": "moved"}]}, r"sets: is incomplete"),
        ({"sets": [TURN | {"changes": [{}]}]}, r"sets: is incomplete"),
        ({"sets": 7}, r"sets: is incomplete"),
        ({"blind_area_m2": float("nan")}, r"sets: is incomplete"),
    ):
        with pytest.raises(InputError, match=sentence):
            made(tmp_path / "out", mission=MISSION, improve=improve_of(tmp_path, **changes))
    assert not (tmp_path / "out").exists()


def test_the_folder_of_another_dossier_is_refused_and_stays_as_it_is(tmp_path):
    (tmp_path / "dossier.json").write_text(json.dumps({"site": "Rennes"}))
    with pytest.raises(InputError, match=r"holds another dossier: site is 'Rennes' there, and 'Crossroads' here"):
        made(tmp_path)
    (tmp_path / "dossier.json").write_text("[1]")
    with pytest.raises(InputError, match=r"dossier\.json: --out: is no dossier"):
        made(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["dossier.json"]


def test_texts_of_people_stand_in_the_page_word_for_word_and_hostile_ones_as_text(tmp_path):
    hostile = "<img src=x onerror=alert(1)>\u202eevil " + "long" * 2500
    path = complete_authorisation(tmp_path, theft_with_violence=hostile, foot_patrol="a <b>lamp</b>")
    done, _ = made(tmp_path / "out", mission=MISSION, auth=path)
    page, study = ((tmp_path / "out" / name).read_text() for name in ("dossier.html", "pia.json"))
    assert "patrols were seen from afar in all four streets, and the acts went on" in page
    assert "a &lt;b&gt;lamp&lt;/b&gt;" in page
    for text in (page, study):
        assert "<img" not in text
        assert "\u202e" not in text
        assert "longlong" * 1000 in text
    assert {"purpose", "facts", "alternatives", "act", "people", "cnil"}.isdisjoint(one.key for one in done.missing)


@pytest.mark.parametrize(
    ("name", "french", "own"),
    [("beside Place Viarme", "Place Viarme, à côté", False), ("north of Rue d'Alger", "Rue d'Alger, au nord", False),
     ("around 47.217, -1.565", "autour de 47.217, -1.565", False), ("Rue du Nord", "Rue du Nord", True)],
)  # fmt: skip
def test_a_place_that_the_model_named_is_named_in_the_language_of_the_page(name, french, own):
    assert place_name(texts_of("fr"), name) == french
    assert place_name(texts_of("en"), name) == name
    assert is_own_name(name) is own
