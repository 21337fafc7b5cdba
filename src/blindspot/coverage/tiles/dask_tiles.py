"""Computes the tiles of a town on a Dask cluster. The workers need this package; the tiles carry the site's data."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from distributed import Client, wait

from blindspot.core import InputError
from blindspot.coverage.tiles.tiled_town import Run, Tile, TileFound

OPTION = "--scheduler"
CONNECT_S = 10.0
"""Time-out for the scheduler's answer, and for its first worker."""
SILENCE_S = 300.0
"""Time-out between two finished tiles. A tile takes seconds, so a longer pause means that the cluster has failed."""
TILES_A_THREAD = 2
"""Tiles that wait or run for each thread of the cluster: enough to keep it busy, few enough to hold in memory."""


@contextmanager
def on_cluster(address: str, connect_s: float = CONNECT_S, silence_s: float = SILENCE_S) -> Iterator[Run]:
    """Connect to a cluster; yields the function that computes tiles there (see `town.Run`).

    `address` is the scheduler's, e.g. "tcp://host:8786". Raises InputError for every failure of the cluster, at the
    start or at a tile.
    """
    try:
        client = Client(address, timeout=connect_s)
    except (OSError, ValueError) as error:
        raise InputError(OPTION, address, "no scheduler answers there", "start one with: dask scheduler") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=connect_s)
        except TimeoutError as error:
            raise InputError(OPTION, address, "has no worker", f"start some with: dask worker {address}") from error

        def run(function: Callable[[Tile], TileFound], tiles: Iterable[Tile]) -> Iterator[TileFound]:
            coming = (client.submit(function, tile, pure=False) for tile in tiles)
            running = set(islice(coming, TILES_A_THREAD * sum(client.nthreads().values())))
            while running:
                try:
                    done, running = wait(running, timeout=silence_s, return_when="FIRST_COMPLETED")
                    found = [future.result() for future in done]
                except TimeoutError as error:
                    raise InputError(OPTION, address, f"finished no tile for {silence_s:g} s", AGAIN) from error
                except Exception as error:
                    said = (str(error).splitlines() or [""])[0]
                    problem = f"failed at a tile ({type(error).__name__}: {said})"
                    raise InputError(OPTION, address, problem, AGAIN) from error
                running |= set(islice(coming, len(done)))
                yield from found

        yield run


AGAIN = "read the logs of its workers, or leave the option out to compute the town on this machine"
