"""Tiles on a Dask cluster of this very process."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rasterio
from distributed import LocalCluster
from shapely.geometry import box

from blindspot.core.errors import InputError
from blindspot.coverage.ground.levels import EN_62676_4_2014
from blindspot.coverage.records.geotiff import OF_FIXED
from blindspot.coverage.records.provenance import Provenance
from blindspot.coverage.tiles.dask_tiles import on_cluster
from blindspot.coverage.tiles.tiled_town import Question, write_town
from blindspot.site.load import load_site

NANTES = Path(__file__).resolve().parents[4] / "config" / "sites" / "nantes"
QUESTION = Question(box(-330.0, 260.0, -280.0, 310.0), 25.0, EN_62676_4_2014)


QUIET = {"processes": False, "protocol": "tcp", "host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}


@pytest.fixture(scope="module")
def cluster():
    with LocalCluster(n_workers=1, threads_per_worker=1, **QUIET) as cluster:
        yield cluster


def test_the_cluster_gives_the_same_result_as_this_machine(cluster, tmp_path):
    site = load_site(NANTES)
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
    with on_cluster(cluster.scheduler_address) as run:
        figures, blind = write_town(site, QUESTION, there, Provenance("nobody", {}), run, tile_cells=250)
    expected, expected_blind = write_town(site, QUESTION, here, Provenance("nobody", {}), tile_cells=250)
    assert figures == expected
    assert figures.blind_m2 > 0
    assert {(spot.street, spot.cause, spot.area_m2) for spot in blind} == {
        (spot.street, spot.cause, spot.area_m2) for spot in expected_blind
    }
    for name in OF_FIXED:
        with rasterio.open(here / f"{name}.tif") as one, rasterio.open(there / f"{name}.tif") as other:
            assert np.array_equal(one.read(1), other.read(1))


def broken(tile):
    raise MemoryError("no room for a tile\nand more")


def test_a_failed_tile_is_reported_in_one_sentence(cluster):
    with on_cluster(cluster.scheduler_address) as run, pytest.raises(InputError) as caught:
        list(run(broken, range(3)))
    assert "failed at a tile (MemoryError: no room for a tile)" in str(caught.value)


def test_a_cluster_that_goes_silent_has_failed(cluster):
    with on_cluster(cluster.scheduler_address, silence_s=0.05) as run, pytest.raises(InputError) as caught:
        list(run(lambda tile: time.sleep(0.5), range(2)))
    assert "finished no tile for 0.05 s" in str(caught.value)


def test_the_last_tile_of_a_killed_worker_goes_to_another_one(tmp_path):
    """The only worker kills itself with the only tile in its hands; then another one comes."""
    flag = tmp_path / "held"

    def die_once(tile):
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return tile

    with LocalCluster(n_workers=0, **QUIET) as cluster:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--nthreads", "1"]
        victim = subprocess.Popen([*command, "--no-nanny", "--no-dashboard"], stderr=subprocess.DEVNULL, cwd=tmp_path)
        successor = threading.Thread(target=lambda: (victim.wait(), cluster.scale(1)))
        successor.start()
        try:
            with on_cluster(cluster.scheduler_address, connect_s=120.0) as run:
                assert list(run(die_once, ["the last tile"])) == ["the last tile"]
        finally:
            victim.kill()
            successor.join()
    assert victim.returncode == -signal.SIGKILL
    assert flag.exists()


def test_a_scheduler_without_workers_is_reported():
    with (
        LocalCluster(n_workers=0, **QUIET) as empty,
        pytest.raises(InputError, match="has no worker"),
        on_cluster(empty.scheduler_address, connect_s=0.2),
    ):
        pass


# The last tests: distributed leaves a failed client's loop behind, which may block the start of another one for 10 s.
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense"])
def test_a_scheduler_that_does_not_answer_is_reported(address):
    with pytest.raises(InputError, match="no scheduler answers there"), on_cluster(address, connect_s=0.2):
        pass
