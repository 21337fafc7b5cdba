"""The list of models: required and forbidden contents of an entry."""

import hashlib

import pytest
import yaml

from blindspot.core.errors import DependencyError, InputError
from blindspot.core.recognition import recognises
from blindspot.vision.models.models import (
    DEFAULT_FOLDER,
    DEFAULT_LIST,
    KINDS,
    allowed_models,
    allowed_networks,
    content_of,
)

CONTENT = b"weights of my own"
ENTRY = {
    "what": "mine", "licence": "mine", "sha256": hashlib.sha256(CONTENT).hexdigest(), "file": "mine.onnx",
    "layout": "yolox", "class_count": 80, "classes": {0: "person", 2: "car"},
    "input": {"size_px": [416, 416], "channels": "bgr", "padding": 114},
}  # fmt: skip


def listed(tmp_path, change=None, name="mine"):
    path = tmp_path / "models.yaml"
    entry = {key: value for key, value in (ENTRY | (change or {})).items() if value is not None}
    path.write_text(yaml.dump({"schema": "blindspot.models/1", "models": {name: entry}}))
    return path


def test_a_file_of_ones_own_lies_beside_its_list(tmp_path):
    path = listed(tmp_path)
    model = allowed_models(path)["mine"]
    place = model.path("mine", path, tmp_path / "elsewhere")
    assert place == tmp_path / "mine.onnx"
    with pytest.raises(DependencyError, match="put it there, or correct the list"):
        content_of(place, model)
    place.write_bytes(CONTENT)
    assert content_of(place, model) == CONTENT
    place.write_bytes(b"another")
    with pytest.raises(
        InputError, match=f"not the allowed model; its hash is {hashlib.sha256(b'another').hexdigest()}"
    ):
        content_of(place, model)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"classes": {0: "person", 1: "face"}}, "class 1 is face, and nothing here recognises persons or plates"),
        ({"classes": {0: "person", 1: "license-plate"}}, "INT-01"),
        ({"classes": {0: "person", 1: "dog"}}, "class 1 is dog; there are person, bicycle"),
        ({"classes": {0: "person", 80: "car"}}, "class 80 is not among 80"),
        ({"classes": {2: "car"}}, "masking needs a class that is a person"),
        ({"classes": {0: "person", 1: "bicycle"}}, "masking needs a class that is a vehicle"),
        ({"layout": "yolov3"}, "layout: .*there are nanodet, yolox"),
        ({"sha256": "abc"}, "sha256"),
        ({"file": None}, "either file or source"),
        ({"input": {"channels": "bgr", "std": [1, 0, 1]}}, "every std must be above 0"),
        ({"input": {"channels": "yuv"}}, "channels"),
        ({"input": {"channels": "grey", "mean": [1, 2, 3]}}, "mean has 3 values for 1 of grey"),
        ({"input": {"channels": "bgr", "std": [1, 2]}}, "std has 2 values for 3 of bgr"),
        ({"sensor": "radar"}, "sensor"),
        ({"licence": None}, "licence: is missing"),
        ({"scale": 2}, "scale: is an unknown key"),
        ({"beside": "warm"}, "beside names warm, no built-in method for this sensor"),
        ({"built_in": "warm_spots/1"}, "is an unknown key|masks_only"),
    ],
)
def test_an_invalid_entry_is_reported(tmp_path, change, why):
    with pytest.raises(InputError, match=why):
        allowed_models(listed(tmp_path, change))


@pytest.mark.parametrize("name", ["retina-face", "lprnet", "osnet_x1", "Kennzeichen", "iris", "biometric_id"])
def test_a_model_whose_name_or_file_recognises_is_refused(tmp_path, name):
    with pytest.raises(InputError, match=f"{name} recognises persons or plates"):
        allowed_models(listed(tmp_path, name=name))
    with pytest.raises(InputError, match=f"{name}.onnx recognises persons or plates"):
        allowed_models(listed(tmp_path, {"file": f"{name}.onnx"}))


@pytest.mark.parametrize(
    ("change", "sensor", "simulated", "why"),
    [
        ({}, "visible", False, ""),
        ({}, None, False, ""),
        ({}, "thermal", True, "mine knows visible pictures, and the camera's sensor is thermal"),
        ({"sensor": "thermal"}, "thermal", False, ""),
        ({"sensor": "thermal"}, None, True, "mine knows thermal pictures, and the camera's sensor is visible"),
        ({"only_simulated": True}, "visible", True, ""),
        ({"only_simulated": True}, "visible", False, "trained without photographs"),
    ],
)
def test_a_model_masks_the_pictures_of_its_own_sensor_alone(tmp_path, change, sensor, simulated, why):
    model = allowed_models(listed(tmp_path, change))["mine"]
    found = model.why_not("mine", sensor, simulated=simulated)
    assert why in found and bool(why) == bool(found)


def test_what_masks_without_a_network_has_a_name_of_its_own(tmp_path):
    warm = {"what": "mine", "licence": "mine", "sensor": "thermal", "built_in": "warm_spots/1", "masks_only": True}
    path = tmp_path / "models.yaml"
    for name, entry in (("spots", warm), ("warm", ENTRY)):
        path.write_text(yaml.dump({"schema": "blindspot.models/1", "models": {name: entry}}))
        with pytest.raises(InputError, match="the name warm belongs to what masks only"):
            allowed_models(path)
    path.write_text(yaml.dump({"schema": "blindspot.models/1", "models": {"warm": warm}}))
    model = allowed_models(path)["warm"]
    assert "knows thermal pictures" in model.why_not("warm", "visible", simulated=True)
    assert model.why_not("warm", "thermal", simulated=False) == "" and len(model.sha256) == 64
    assert allowed_networks(path) == {}


def test_the_shipped_list_is_permissive_and_recognises_nobody():
    models = allowed_models()
    assert set(models) == {"nanodet", "drawn", "thermal", "warm"}
    assert all("Apache-2.0" in model.licence for model in models.values())
    assert not any(recognises(word) for word in (*KINDS, *models))
    assert "synthetic" in models["drawn"].what and "CC BY 4.0" in models["thermal"].licence
    for name in ("drawn", "thermal"):
        assert models[name].sha256 in (DEFAULT_LIST.parent / "models" / f"{name}.md").read_text()
        content_of(models[name].path(name, DEFAULT_LIST, DEFAULT_FOLDER), models[name])
