"""The track file: an invalid line is reported with its number."""

import numpy as np
import pytest

from blindspot.core.errors import InputError
from blindspot.evidence.observed.track import COLUMNS, read_tracks

HEAD = ",".join(COLUMNS)
GOOD = "1.00,drone1,1.0,2.0,60.0,0.9,1,1,AUTO.MISSION"


def written(path, *lines):
    path.write_text("\n".join([HEAD, *lines]) + "\n")
    return path


@pytest.mark.parametrize(
    "line",
    [GOOD.replace("1.0,2", "x,2"), GOOD.replace("60.0", "nan"), GOOD.replace("60.0", "1e300"), GOOD + ",more",
     GOOD.replace("1.00", "inf"), "drone1", "", GOOD.replace("0.9", "1e9")],
)  # fmt: skip
def test_a_line_that_can_not_be_is_named(tmp_path, line):
    with pytest.raises(InputError, match=r"track\.csv: line 3: "):
        read_tracks(written(tmp_path / "track.csv", GOOD, line, GOOD))


def test_a_line_that_was_not_finished_is_left_out(tmp_path):
    assert len(read_tracks(written(tmp_path / "track.csv", GOOD, "2.00,drone1,1."))["drone1"].stamp_s) == 1


def test_lines_out_of_order_are_sorted(tmp_path):
    tracks = read_tracks(written(tmp_path / "track.csv", GOOD.replace("1.00", "3.00"), GOOD))
    assert tracks["drone1"].stamp_s.tolist() == [1.0, 3.0]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a,b\n1,2\n", b"x" * 200_000])
def test_no_track_file(tmp_path, content):
    (tmp_path / "track.csv").write_bytes(content)
    with pytest.raises(InputError, match=r"track\.csv"):
        read_tracks(tmp_path / "track.csv")


def test_the_way_between_two_flights_belongs_to_none(tmp_path):
    """A drone that was carried to another pad had flown there in the report."""

    def at(stamp_s, east_m, in_air):
        return f"{stamp_s:.2f},drone1,{east_m},0.0,60.0,0.9,{in_air},{in_air},AUTO.MISSION"

    lines = [at(1, 0.0, 0), at(2, 0.0, 1), at(3, 8.0, 1), at(4, 8.0, 0), at(5, 900.0, 0), at(6, 900.0, 1)]
    track = read_tracks(written(tmp_path / "track.csv", *lines, at(7, 905.0, 1), at(8, 905.0, 0)))["drone1"]
    assert track.ways_m()[:, :, 0].tolist() == [[0.0, 8.0], [900.0, 905.0]]
    east_m = track.flights_m()[:, 0]
    assert np.isnan(east_m).tolist() == [False, False, True, False, False]
    assert east_m[~np.isnan(east_m)].tolist() == [0.0, 8.0, 900.0, 905.0]
