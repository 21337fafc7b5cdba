"""The records of a run in progress: events and poses, bounded, torn or on a full disk."""

from __future__ import annotations

import math
import resource
from contextlib import closing

import pytest

from blindspot.evidence.observed import event_log
from blindspot.evidence.observed.event_log import EventLog, RunEvent, read_events
from blindspot.evidence.observed.lease_spans import LeaseBook, Leases, leases_of
from blindspot.evidence.observed.picture_poses import PicturePose, PoseWriter, read_whole

FULL_DISK = "/dev/full"


def test_events_read_back_as_they_were_written(tmp_path):
    reported = (
        RunEvent(1.5, "drone1.camera", "log", "capturing"),
        RunEvent(math.nan, "x", "lease", "ja", {"granted": True}),
    )
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        for event in reported:
            log.write(event)
        assert len(read_events(tmp_path / "events.jsonl") or ()) == 2, "each is on the disk at once"
    first, second = read_events(tmp_path / "events.jsonl") or ()
    assert first == reported[0]
    assert math.isnan(second.stamp_s) and second.data == {"granted": True}


@pytest.mark.parametrize("line_end", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r", "\n"])
def test_no_line_end_in_a_text_hides_its_event(tmp_path, line_end):
    hidden = RunEvent(1.0, "drone1.flight_control", "warning", f"the pilot{line_end}took it")
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        log.write(hidden)
    assert read_events(tmp_path / "events.jsonl") == (hidden,)


def test_the_log_of_an_earlier_process_goes_on(tmp_path):
    path = tmp_path / "events.jsonl"
    for text in ("first", "second"):
        with closing(EventLog(path)) as log:
            log.write(RunEvent(1.0, "a", "log", text))
        with path.open("a") as file:
            file.write('{"stamp_s": 2, "sou')
    assert [event.text for event in read_events(path) or ()] == ["first", "second"]


def test_a_torn_or_foreign_line_is_left_out(tmp_path):
    path = tmp_path / "events.jsonl"
    with closing(EventLog(path)) as log:
        log.write(RunEvent(1.0, "a", "log", "b"))
    with path.open("a") as file:
        file.write('[]\n{"stamp_s": "x"}\n{"stamp_s": 1, "source": 2, "kind": "log", "text": ""}\n{"stamp_s": 2, "sou')
    assert [event.text for event in read_events(path) or ()] == ["b"]
    assert read_events(tmp_path / "absent") is None


def test_a_number_of_hundreds_of_digits_in_a_foreign_line_ends_no_reading(tmp_path):
    path, many = tmp_path / "events.jsonl", "9" * 400
    path.write_text(
        f'{{"stamp_s": {many}, "source": "a", "kind": "log", "text": "far"}}\n'
        f'{{"stamp_s": 1, "source": "a", "kind": "lease", "text": "", "data": '
        f'{{"drone": "d", "unheard": [-{many}, {many}]}}}}\n'
    )
    far, unheard = read_events(path) or ()
    assert far.stamp_s == math.inf
    assert leases_of([unheard]) == Leases({"d": []}, {"d": [(-math.inf, math.inf)]})


def test_a_node_that_repeats_itself_does_not_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(event_log, "MAX_EVENTS", 3)
    with closing(EventLog(tmp_path / "events.jsonl")) as log:
        for number in range(10):
            log.write(RunEvent(number, "a", "log", "x" * 10_000))
        assert "there were 3" in log.trouble
    assert len(read_events(tmp_path / "events.jsonl") or ()) == 3
    assert (tmp_path / "events.jsonl").stat().st_size < 3000


@pytest.mark.parametrize("writer", [EventLog, PoseWriter])
def test_a_full_disk_or_a_folder_that_is_gone_ends_the_record_and_nothing_else(tmp_path, writer):
    for path in (tmp_path / "gone" / "file", tmp_path / "full"):
        if path.name == "full":
            path.symlink_to(FULL_DISK)
        line = RunEvent(1.0, "a", "log", "b") if writer is EventLog else PicturePose(1.0, "d", *[0.0] * 6)
        with closing(writer(path)) as record:
            for _ in range(3):
                record.write(line)
        assert record.trouble


def test_looks_read_back_and_a_second_writer_goes_on_in_the_same_file(tmp_path):
    reported = [PicturePose(float(n), "drone1", 1.0, 2.0, 40.0, 90.0, -60.0, 0.5) for n in range(4)]
    for part in (reported[:2], reported[2:]):
        with closing(PoseWriter(tmp_path / "looks.csv")) as writer:
            for pose in part:
                writer.write(pose)
        assert read_whole(tmp_path / "looks.csv")[1] == (part[0] is reported[0]), "nobody wrote in between"
    with (tmp_path / "looks.csv").open("a") as file:
        file.write("5.0,drone1,nan,0,0,0,0,0\n6.0,drone1,1.0")
    assert list(read_whole(tmp_path / "looks.csv")[0] or ()) == reported
    assert read_whole(tmp_path / "absent.csv")[0] is None


@pytest.mark.parametrize("torn", [b"", b"stamp_s,dro", b"5.000,drone1,1.0"], ids=["empty", "heading", "line"])
def test_the_first_record_after_a_torn_line_is_whole(tmp_path, torn):
    """A power cut leaves the begin of a line; the next process goes on."""
    poses, events = tmp_path / "looks.csv", tmp_path / "events.jsonl"
    own = PicturePose(6.0, "drone1", *[0.0] * 6)
    if torn.startswith(b"5"):
        PoseWriter(poses).close()  # a heading
    for path in (poses, events):
        with path.open("ab") as file:
            file.write(torn)
    with closing(PoseWriter(poses)) as writer, closing(EventLog(events)) as log:
        writer.write(own)
        log.write(RunEvent(7.0, "authority", "lease", "first"))
    assert own in (read_whole(poses)[0] or ())
    assert [event.text for event in read_events(events) or ()] == ["first"]


def test_no_more_looks_than_a_long_flight_makes_and_the_record_says_so(tmp_path):
    with closing(PoseWriter(tmp_path / "looks.csv", most=2)) as writer:
        for trouble in ("", "", "after the first 2"):
            writer.write(PicturePose(1.0, "d", *[0.0] * 6))
            assert trouble in writer.trouble and bool(trouble) == bool(writer.trouble)
    assert read_whole(tmp_path / "looks.csv") == ((PicturePose(1.0, "d", *[0.0] * 6),) * 2, False)


def test_a_record_of_poses_with_a_gap_or_a_torn_or_unreadable_line_is_not_whole(tmp_path):
    path, pose = tmp_path / "looks.csv", PicturePose(1.0, "d", *[0.0] * 6)
    with closing(PoseWriter(path)) as writer:
        writer.write(pose)
        assert read_whole(path) == ((pose,), True)
        writer.gap("its pose is unknown")
        assert read_whole(path) == ((pose,), False) and writer.trouble == "its pose is unknown"
    for rest in (b"2.000,d,0.000,0.000,0.000,0.000,0.000,0.000", b"2.000,d,0.000\n", b"\xff\n"):
        path.write_bytes(b"stamp_s,drone,east_m,north_m,up_m,heading_deg,pitch_deg,roll_deg\n" + rest)
        assert not read_whole(path)[1]
    assert read_whole(tmp_path / "absent.csv") == (None, False)


@pytest.mark.parametrize("room", [0, 9])
def test_a_disk_that_fills_up_leaves_a_record_of_poses_that_is_not_whole(tmp_path, room):
    path, (soft, hard) = tmp_path / "looks.csv", resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(PoseWriter(path)) as writer:
        writer.write(PicturePose(1.0, "d", *[0.0] * 6))
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room, hard))
            writer.write(PicturePose(2.0, "d", *[0.0] * 6))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        writer.write(PicturePose(3.0, "d", *[0.0] * 6))
    assert "no longer written" in writer.trouble and not read_whole(path)[1]


class TestLeases:
    def heard(self, *clearances, listening=()):
        """(now, granted, until) each; `listening`: when whoever hears them looked at the time."""
        book, reported = LeaseBook(), []
        times = sorted([*((now_s, 1, rest) for now_s, *rest in clearances), *((now_s, 0, []) for now_s in listening)])
        for now_s, is_clearance, rest in times:
            if not is_clearance:
                book.passes(now_s)
                continue
            granted, until_s = rest
            reported += book.heard("d", now_s, granted=granted, until_s=until_s, reason="r")
        return (*reported, *book.close())

    def test_renewals_are_one_span_and_make_no_events(self):
        events = self.heard(*((n / 2, True, n / 2 + 3) for n in range(20)))
        assert len(events) == 2 and leases_of(events) == Leases({"d": [(0.0, 12.5)]})

    def test_a_refusal_ends_it_at_once(self):
        assert leases_of(self.heard((0, True, 3), (1, False, 1))) == Leases({"d": [(0.0, 1.0)]})

    def test_one_that_ran_out_before_the_next_ended_when_it_ran_out(self):
        every_second = [n / 10 for n in range(100)]
        events = self.heard((0, True, 3), (10, True, 13), listening=every_second)
        assert leases_of(events) == Leases({"d": [(0.0, 3.0), (10.0, 13.0)]})

    def test_a_lease_without_the_right_to_look_permits_no_picture_and_names_its_plan(self):
        book = LeaseBook()

        def heard(now_s, *, may_look):
            return book.heard("d", now_s, granted=True, may_look=may_look, until_s=now_s + 3, reason="GO", plan="p")

        events = [event for n in range(4, 40) for event in heard(n / 4, may_look=3.0 <= n / 4 < 6.0)]
        texts = ["d: no lease any more, no right to look", "d: lease, GO", "d: no lease any more, no right to look"]
        assert [event.text for event in events] == texts and book.plans == {"p"}
        assert leases_of(events) == Leases({"d": [(3.0, 6.0)]})

    def test_renewals_in_deaf_times_are_reported_as_unheard(self):
        stalled = [n / 10 for n in range(11)] + [9.9]
        events = self.heard((0, True, 3), (1, True, 4), (10, True, 13), listening=stalled)
        assert leases_of(events) == Leases({"d": [(0.0, 1.0), (10.0, 13.0)]}, {"d": [(1.0, 10.0)]})

    def test_a_refusal_is_heard_after_a_stall_too(self):
        events = self.heard((0, True, 3), (10, False, 10), listening=[0.0, 9.9])
        assert leases_of(events) == Leases({"d": [(0.0, 3.0)]})

    def test_a_lease_without_an_end_is_short(self):
        assert leases_of(self.heard((0, True, 3), (1, True, 90))[:1]) == Leases({"d": [(0.0, 3.0)]})

    def test_refusals_are_reported_once_and_no_event_means_no_listener(self):
        events = self.heard((0, False, 0), (1, False, 0))
        assert len(events) == 1 and leases_of(events) == Leases({"d": []})
        assert leases_of([RunEvent(1.0, "authority", "lease", "x", {"drone": 7})]) is None


def test_a_listener_that_dies_and_its_successor_leave_a_gap_that_is_unheard_and_no_breach():
    first, second = LeaseBook(), LeaseBook(unheard_since_s=30.0)
    events = [*first.heard("drone1", 10.0, granted=True, until_s=13.0, reason="GO")]
    events += [RunEvent(30.0, "drone1.camera", "log", "capturing")]  # then it is killed
    events += [*second.heard("drone1", 50.0, granted=True, until_s=63.0, reason="GO")]
    events += [*second.heard("drone1", 60.0, granted=False, until_s=60.0, reason="revoked")]
    found = leases_of(events)
    assert found == Leases({"drone1": [(10.0, 30.0), (50.0, 60.0)]}, {"drone1": [(30.0, 50.0)]})


def test_a_lease_that_has_ended_is_not_held_until_the_refusal_that_the_next_listener_hears():
    first, second = LeaseBook(), LeaseBook(unheard_since_s=60.0)
    events = [*first.heard("drone1", 0.0, granted=True, until_s=3.0, reason="GO")]
    events += [*first.heard("drone1", 2.0, granted=False, until_s=2.0, reason="revoked")]
    events += [*second.heard("drone1", 70.0, granted=False, until_s=70.0, reason="revoked")]
    assert leases_of(events) == Leases({"drone1": [(0.0, 2.0)]}, {"drone1": [(60.0, 70.0)]})


def test_a_listener_that_comes_late_knows_nothing_of_what_was_before():
    late = LeaseBook(unheard_since_s=0.0)
    found = leases_of(late.heard("drone1", 50.0, granted=True, until_s=53.0, reason="GO", plan="p2"))
    late.heard("drone1", 51.0, granted=False, until_s=51.0, reason="no", plan="p3")
    assert late.plans == {"p2"}
    assert found == Leases({"drone1": [(50.0, 53.0)]}, {"drone1": [(0.0, 50.0)]})
