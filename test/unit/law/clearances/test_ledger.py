"""A day's flight time survives its process, and is never less than the flown time."""

from __future__ import annotations

import fcntl
from datetime import date, timedelta
from pathlib import Path

import pytest

from blindspot.core.errors import InputError
from blindspot.law.clearances import ledger as of_ledger
from blindspot.law.clearances.clearance import judge_plan
from blindspot.law.clearances.ledger import BLOCK_S, DayMeter, Ledger, state_folder

DAY = date(2026, 11, 6)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "state")


def fly(meter, now, seconds, *drones, step_s=0.5):
    """Renewals for so long; the day's sum of the last."""
    count = meter.begin(DAY)
    total_s = 0.0
    for tick in range(int(seconds / step_s) + 1):
        total_s = meter.run(count, DAY, set(drones), "A", now + timedelta(seconds=tick * step_s))
    return total_s


def test_a_day_without_flights_is_empty(ledger):
    assert ledger.flown_s(DAY) == 0.0


def test_the_sum_is_over_drones_and_flights_and_survives_the_process(ledger, now):
    assert fly(DayMeter(ledger), now, 100.0, "drone1", "drone2") == 200.0
    again = fly(DayMeter(ledger), now, 50.0, "drone1")
    assert 250.0 <= again <= 250.0 + 2 * 2 * BLOCK_S


def test_the_next_leased_block_is_on_the_disk_before_it_is_flown(ledger, now):
    """A process that dies at any moment has put down at least what was flown, and at most a block and a bit more."""
    meter = DayMeter(ledger)
    count = meter.begin(DAY)
    for tick in range(300):
        flown_s = meter.run(count, DAY, {"drone1"}, "A", now + timedelta(seconds=0.5 * tick))
        assert flown_s < ledger.flown_s(DAY) <= flown_s + 1.5 * BLOCK_S


def test_a_drone_on_the_ground_is_not_counted(ledger, now):
    meter = DayMeter(ledger)
    count = meter.begin(DAY)
    for tick in range(200):
        meter.run(count, DAY, set(), "A", now + timedelta(seconds=tick))
    assert ledger.flown_s(DAY) == 0.0


def test_a_ledger_that_another_process_holds_refuses_and_holds_up_no_lease(ledger, now, monkeypatch, tmp_path):
    """A stopped process would hold it for ever; the same gate has other drones to lease."""
    monkeypatch.setattr(of_ledger, "LOCK_S", 0.05)
    ledger.pay(DAY, "drone1", "A", now)
    (path,) = (tmp_path / "state").iterdir()
    with path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(InputError, match=r"can't be written \(another process held it for 0.05 s\)"):
            ledger.pay(DAY, "drone1", "A", now)
    ledger.pay(DAY, "drone1", "A", now)
    assert ledger.flown_s(DAY) == 2 * BLOCK_S


def test_another_day_is_another_sum(ledger, now):
    fly(DayMeter(ledger), now, 100.0, "drone1")
    assert ledger.flown_s(DAY + timedelta(days=1)) == 0.0


def test_clearances_at_the_same_time_are_summed_and_the_begin_of_one_leaves_the_other_as_it_is(ledger, now):
    meter = DayMeter(ledger)
    first = meter.begin(DAY)
    meter.run(first, DAY, {"drone1"}, "A", now)
    assert meter.run(first, DAY, {"drone1"}, "A", now + timedelta(seconds=100)) == 100.0
    second = meter.begin(DAY)
    assert meter.run(second, DAY, {"drone2"}, "A", now + timedelta(seconds=100)) == 100.0
    assert meter.run(second, DAY, {"drone2"}, "A", now + timedelta(seconds=150)) == 150.0
    assert meter.run(first, DAY, {"drone1"}, "A", now + timedelta(seconds=150)) == 200.0
    assert (meter.before_s(first, DAY), meter.before_s(second, DAY)) == (50.0, 150.0)
    meter.end(second)
    recorded_s = ledger.flown_s(DAY)
    assert 200.0 <= meter.run(first, DAY, {"drone1"}, "A", now + timedelta(seconds=150)) <= recorded_s
    assert recorded_s <= 200.0 + 2 * 1.5 * BLOCK_S


def test_the_flights_of_another_gate_on_the_same_ledger_count_in_flight(tmp_path, now):
    """Two fleets of one computer, on two ROS domains: the cap of the day ends the flights of both."""
    meters = [DayMeter(Ledger(tmp_path)) for _ in range(2)]
    one, other = (meter.begin(DAY) for meter in meters)
    for second in range(0, 601, 10):
        at = now + timedelta(seconds=second)
        sums = [meters[0].run(one, DAY, {"drone1"}, "A", at), meters[1].run(other, DAY, {"drone3"}, "A", at)]
    assert all(1200.0 - BLOCK_S <= total_s <= 1200.0 + 1.5 * BLOCK_S for total_s in sums)


@pytest.mark.parametrize("has_more", [False, True])
def test_a_ledger_that_has_lost_records_while_the_gate_ran_is_no_empty_day(ledger, tmp_path, now, has_more):
    meter = DayMeter(ledger)
    fly(meter, now, 100.0, "drone1")
    (file,) = (tmp_path / "state").iterdir()
    kept = file.read_bytes()
    file.unlink()
    if has_more:
        ledger.pay(DAY, "drone1", "A", now)
    with pytest.raises(InputError, match=r"flown-2026-11.jsonl.*has lost records"):
        meter.begin(DAY)
    file.write_bytes(kept)
    assert meter.flown_s(DAY) == 4 * BLOCK_S, "it is restored"
    assert Ledger(tmp_path / "state").flown_s(DAY + timedelta(days=1)) == 0.0


def test_a_clearance_that_flies_into_the_next_day_counts_there(ledger, now):
    """The other one stays on its own day: in a simulation each mission has its own time."""
    meter, tomorrow = DayMeter(ledger), DAY + timedelta(days=1)
    first, second = meter.begin(DAY), meter.begin(DAY)
    for count, drone in ((first, "drone1"), (second, "drone2")):
        meter.run(count, DAY, {drone}, "A", now)
        meter.run(count, DAY, {drone}, "A", now + timedelta(seconds=60))
    assert meter.run(first, tomorrow, {"drone1"}, "A", now + timedelta(seconds=70)) == 10.0
    assert meter.run(second, DAY, {"drone2"}, "A", now + timedelta(seconds=70)) == 70.0 + 90.0
    assert meter.before_s(first, tomorrow) == 0.0


def test_a_clock_that_is_set_back_never_makes_a_sum_smaller(ledger, now):
    meter = DayMeter(ledger)
    count = meter.begin(DAY)
    sums = [meter.run(count, DAY, {"drone1"}, "A", now + timedelta(seconds=s)) for s in (0, 10, 20, -3600, -3590)]
    assert sums == sorted(sums) and sums[-1] == 30.0


def test_a_clock_that_is_set_forward_costs_one_record(ledger, tmp_path, now):
    """Not one for each block: a year of them would hold the leases up for an hour."""
    meter = DayMeter(ledger)
    count = meter.begin(DAY)
    meter.run(count, DAY, {"drone1"}, "A", now)
    assert meter.run(count, DAY, {"drone1"}, "A", now + timedelta(hours=10)) == 36_000.0
    (file,) = (tmp_path / "state").iterdir()
    assert len(file.read_text().splitlines()) == 2
    assert 36_000.0 <= ledger.flown_s(DAY) <= 36_000.0 + 2 * BLOCK_S


@pytest.mark.parametrize("text", ["nonsense\n", '{"day": "2026-11-06", "s": -5}\n', '{"day": "2026-11-06", "s": NaN}\n',
                                  '{"day": "2026-11-31", "s": 5}\n', "[]\n", "\x00\x00\n"])  # fmt: skip
def test_a_ledger_that_can_not_be_read_says_so_with_the_way_out(ledger, tmp_path, text):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "flown-2026-11.jsonl").write_text(text)
    with pytest.raises(InputError, match=r"flown-2026-11.jsonl.*line 1.*until then nothing is cleared"):
        ledger.flown_s(DAY)


def test_a_record_that_was_cut_off_was_never_leased(ledger, tmp_path, now):
    ledger.pay(DAY, "drone1", "A", now)
    path = tmp_path / "state" / "flown-2026-11.jsonl"
    path.write_bytes(path.read_bytes() + b'{"day": "2026-')
    assert ledger.flown_s(DAY) == BLOCK_S
    ledger.pay(DAY, "drone1", "A", now)
    assert ledger.flown_s(DAY) == 2 * BLOCK_S


def test_a_ledger_that_can_not_be_written_says_so(tmp_path, now):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="can't be"):
        Ledger(tmp_path / "file" / "state").pay(DAY, "drone1", "A", now)


def test_the_cap_counts_every_drone_and_earlier_flights(load, document, good_plan, now):
    document["window"]["max_flight_min_per_day"] = 21
    document["sensors"]["max_simultaneous_cameras"] = 2
    authorisation = load(document)
    two = good_plan.model_copy(
        update={"routes": (good_plan.routes[0], good_plan.routes[0].model_copy(update={"drone": "drone2"}))}
    )
    assert judge_plan(authorisation, two, now, simulated=True) == (), "two of ten minutes"
    assert judge_plan(authorisation, two, now, simulated=True, flown_s=60.0) == ()
    [verdict] = judge_plan(authorisation, two, now, simulated=True, flown_s=61.0)
    assert verdict.rule == "PUR-04" and "1 min were flown that day" in verdict.reason
    document["window"]["max_flight_min_per_day"] = 19
    assert [v.rule for v in judge_plan(load(document), two, now, simulated=True)] == ["PUR-04"]


def test_where_the_state_is_kept():
    assert state_folder({"BLINDSPOT_STATE": "/a", "STATE_DIRECTORY": "/b"}) == Path("/a")
    assert state_folder({"STATE_DIRECTORY": "/var/lib/blindspot", "HOME": "/h"}) == Path("/var/lib/blindspot")
    assert state_folder({"XDG_STATE_HOME": "/s", "HOME": "/h"}) == Path("/s/blindspot")
    assert state_folder({"HOME": "/h"}) == Path("/h/.local/state/blindspot")


def test_no_other_user_can_hold_the_sums_and_so_end_every_lease(open_folder, as_nobody, now):
    """A lease is renewed once its block is on the disk, and a lock on a readable file would delay that for ever."""
    ledger = Ledger(open_folder)
    ledger.pay(DAY, "drone1", "A", now)
    (path,) = open_folder.iterdir()
    path.chmod(0o644)  # as an older version left it
    ledger.pay(DAY, "drone1", "A", now)
    code = "fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX); print('held', flush=True)"
    assert as_nobody(code, path).communicate()[0] == ""
    ledger.pay(DAY, "drone1", "A", now)
    assert ledger.flown_s(DAY) == 3 * BLOCK_S


def test_a_line_that_nests_too_deep_is_no_record_and_the_sentence_says_so(ledger, tmp_path):
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / f"flown-{DAY:%Y-%m}.jsonl").write_text("[" * 100_000 + "\n")
    with pytest.raises(InputError, match="line 1: is no record of a flight"):
        ledger.flown_s(DAY)
