"""The process that draws a town for the console's map."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

SITE = Path(__file__).parents[3] / "config" / "sites" / "crossroads"


def drawn(site, folder):
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-m", "blindspot.console.drawn_town", str(site), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, env=here, check=False)


def test_the_process_writes_the_layers_and_prints_their_file(tmp_path):
    first = drawn(SITE, tmp_path)
    file = Path(first.stdout.strip())
    assert (first.returncode, file.parent, file.name[64:]) == (0, tmp_path, ".json.gz")
    town = json.loads(gzip.decompress(file.read_bytes()))
    assert {"perimeter", "buildings", "zones", "cameras"} <= set(town["layers"])
    (west_deg, south_deg), (east_deg, north_deg) = town["bounds"]
    assert west_deg < east_deg and south_deg < north_deg


def test_a_town_that_cannot_be_read_is_one_sentence_and_no_file(tmp_path):
    done = drawn(tmp_path / "none", tmp_path / "towns")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "towns").exists()
