"""Foundations of the console's benchmark: a run is repeated to a length."""

import json

import numpy as np

from blindspot_lab.bench import console


def test_a_run_is_repeated_until_it_has_the_length(tmp_path):
    (tmp_path / "track.csv").write_text("stamp_s,drone\n5.0,drone1\n5.0,drone2\n14.0,drone1\n")
    (tmp_path / "events.jsonl").write_text('{"stamp_s": 6.0, "kind": "x"}\n')
    console.lengthen(tmp_path, 25.0)
    head, *rows = (tmp_path / "track.csv").read_text().splitlines()
    stamps = [float(row.partition(",")[0]) for row in rows]
    assert head == "stamp_s,drone" and len(rows) == 9
    assert np.ptp(stamps) >= 25.0 and stamps == sorted(stamps)
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [event["stamp_s"] for event in events] == [6.0, 16.0, 26.0]
