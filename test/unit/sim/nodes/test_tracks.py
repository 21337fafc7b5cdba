from blindspot.evidence.observed.track import TrackPoint, read_tracks
from blindspot_sim.nodes.tracks import Tracks


def points(stamp_s, *, up=()):
    return [TrackPoint(stamp_s, name, 1.0, 2.0, 3.0, 0.9, name in up, name in up, "") for name in ("drone1", "drone2")]


def stamps_s(file):
    return {drone: track.stamp_s.tolist() for drone, track in read_tracks(file).items()}


def tracks(folder, warnings=None):
    return Tracks(folder, ("drone1", "drone2"), [].append if warnings is None else warnings.append)


def test_a_track_goes_on_after_the_end_until_its_drones_are_down(tmp_path):
    written = tracks(tmp_path)
    written.runs_are({"run": ["drone1", "drone2"]})
    written.write(points(1.0, up=["drone1"]))
    written.runs_are({})
    for stamp_s, up in ((2.0, ["drone1"]), (3.0, []), (4.0, [])):
        written.write(points(stamp_s, up=up))
    assert stamps_s(tmp_path / "run" / "track.csv") == {"drone1": [1.0, 2.0, 3.0], "drone2": [1.0, 2.0]}


def test_a_drone_in_the_air_belongs_to_the_run_that_named_it_last(tmp_path):
    written = tracks(tmp_path)
    written.runs_are({"first": ["drone1"]})
    written.write(points(1.0, up=["drone1"]))
    written.runs_are({"second": ["drone1"]})
    written.write(points(2.0, up=["drone1"]))
    assert stamps_s(tmp_path / "first" / "track.csv") == {"drone1": [1.0]}
    assert stamps_s(tmp_path / "second" / "track.csv") == {"drone1": [2.0]}


def test_after_many_runs_no_file_is_open(tmp_path):
    written = tracks(tmp_path)
    for number in range(20):
        written.runs_are({f"run{number}": ["drone1"]})
        written.write(points(float(number), up=["drone1"]))
        written.runs_are({})
        written.write(points(number + 0.5))
    assert written.writers == {} and written.run_of == {}


def test_a_drone_of_another_fleet_opens_no_file(tmp_path):
    written = tracks(tmp_path)
    written.runs_are({"run": ["drone9"]})
    written.write(points(1.0))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_can_not_be_written_is_reported_once_and_harms_no_other_run(tmp_path):
    warnings = []
    written = tracks(tmp_path, warnings)
    (tmp_path / "run").write_text("a file")
    for stamp_s in (1.0, 2.0):
        written.runs_are({"run": ["drone1"], "../run": ["drone1"], "other": ["drone2"]})
        written.write(points(stamp_s))
    assert len(warnings) == 2 and all("is not written" in warning for warning in warnings)
    assert stamps_s(tmp_path / "other" / "track.csv") == {"drone2": [1.0, 2.0]}
