"""The same seed gives the same scenario and the same verdict in another process, whose hashes of texts differ."""

import os
import subprocess
import sys

PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from blindspot_lab.search.hunt import drawn_faults, robustness_of
from blindspot_lab.search.scenario import Distribution
folder, random, drawn_from = Path(sys.argv[1]), np.random.default_rng(7), Distribution()
for _ in range(2):
    scenario = drawn_from.draw(random)
    print(scenario, drawn_faults(scenario, folder), robustness_of("always an outcome", scenario, folder))
    drawn_from.learn([scenario])
"""


def printed(hash_seed, folder):
    folder.mkdir()
    environ = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], env=environ, capture_output=True, text=True, check=True
    ).stdout


def test_the_same_seed_gives_the_same_scenario_and_verdict_in_two_processes(tmp_path):
    first, again = printed("1", tmp_path / "first"), printed("2", tmp_path / "again")
    assert first.count("Scenario(") == 2 and first == again
