"""The package finds its own files wherever it lies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from blindspot.core.folders import CONFIG_DIR, LAW_DIR, find_cache, find_config

PYTHON = "lib/python3.12/site-packages"


def package(prefix: Path, place: str) -> Path:
    folder = prefix / place / "blindspot" / "core"
    folder.mkdir(parents=True)
    return folder / "folders.py"


def test_a_checkout_uses_the_config_beside_src(tmp_path):
    module = package(tmp_path, "src")
    (tmp_path / "config").mkdir()
    module.touch()
    assert find_config(module, {}) == tmp_path / "config"
    assert find_cache("models", tmp_path / "config", {}) == tmp_path / ".cache" / "models"


@pytest.mark.parametrize("place", [PYTHON, "local/lib/python3.12/dist-packages", "lib/python3/dist-packages"])
def test_an_installed_package_uses_its_prefix_share_folder(tmp_path, place):
    module, config = package(tmp_path, place), tmp_path / "share" / "blindspot" / "config"
    config.mkdir(parents=True)
    assert find_config(module, {}) == config
    assert find_cache("models", config, {"XDG_CACHE_HOME": "/cache"}) == Path("/cache/blindspot/models")


def test_a_colcon_installation_in_a_checkout_uses_its_cache(tmp_path):
    (tmp_path / "src" / "blindspot" / "core").mkdir(parents=True)
    config = tmp_path / "install" / "blindspot" / "share" / "blindspot" / "config"
    config.mkdir(parents=True)
    assert find_cache("models", config, {"XDG_CACHE_HOME": "/cache"}) == Path("/cache/blindspot/models")
    (tmp_path / "src" / "blindspot" / "core" / "folders.py").touch()
    assert find_cache("models", config, {}) == tmp_path / ".cache" / "models"


def test_the_environment_has_the_last_word(tmp_path):
    module = package(tmp_path, "src")
    module.touch()
    named = {"BLINDSPOT_CONFIG": str(tmp_path / "mine"), "BLINDSPOT_MODELS": str(tmp_path / "models")}
    assert find_config(module, named) == tmp_path / "mine"
    assert find_cache("models", tmp_path / "config", named) == tmp_path / "models"
    assert find_cache("web", tmp_path / "config", named) == tmp_path / ".cache" / "web"


def test_the_environment_replaces_no_profile_of_the_law_no_list_of_allowed_models_and_no_miss_rate(tmp_path):
    words = (
        "from blindspot import core; from blindspot.evidence.masks import miss_rate;"
        " from blindspot.law.files.profiles import FOLDER;"
        " from blindspot.vision.models.models import DEFAULT_LIST as models;"
        " print(core.CONFIG_DIR, FOLDER, models, miss_rate.FILE)"
    )
    named = os.environ | {"BLINDSPOT_CONFIG": str(tmp_path)}
    printed = subprocess.run([sys.executable, "-c", words], env=named, capture_output=True, text=True, check=True)
    of_the_law = (LAW_DIR / name for name in ("profiles", "models.yaml", "miss_rates.yaml"))
    assert printed.stdout.split() == [str(tmp_path), *map(str, of_the_law)]


def test_the_files_of_every_mode_are_there():
    for name in ("dds", "models.yaml", "web.yaml", "params", "missions", "sites", "drones"):
        assert (CONFIG_DIR / name).exists(), name
