"""The energy model from logs that the test writes: the fit returns the true model; insufficient logs are refused."""

from __future__ import annotations

import random
import re
import struct

import pytest

from blindspot.core.errors import InputError
from blindspot.flight.logs.calibration import fit_energy
from blindspot.flight.logs.flight_log import read_flight_log

FORMATS = {
    "battery_status": "uint64_t timestamp;float voltage_v;float current_a;",
    "vehicle_local_position": "uint64_t timestamp;float vx;float vy;float vz;",
    "vehicle_land_detected": "uint64_t timestamp;bool landed;",
}
PACKED = {"battery_status": "<Qff", "vehicle_local_position": "<Qfff", "vehicle_land_detected": "<Q?"}


def write_ulog(path, topics, instances=1):
    """A log by the ULog specification, of rows (seconds, fields...) by topic; the battery's `instances` times."""
    out = bytearray(b"ULog\x01\x12\x35\x01" + struct.pack("<Q", 0))
    for name in topics:
        out += _message("F", f"{name}:{FORMATS[name]}".encode())
    number = 0
    for name, rows in topics.items():
        for multi in range(instances if name == "battery_status" else 1):
            out += _message("A", struct.pack("<BH", multi, number) + name.encode())
            for time_s, *fields in rows:
                data = struct.pack(PACKED[name], round(time_s * 1e6), *fields)
                out += _message("D", struct.pack("<H", number) + data)
            number += 1
    path.write_bytes(out)
    return path


def _message(kind, data):
    return struct.pack("<HB", len(data), ord(kind)) + data


TRUTH = HOVER_W, EXTRA_W, CLIMB_WH_PER_M = 170.0, 50.0, 0.02
CRUISE_MPS = 8.0
CALM = ((40.0, 0.0, 2.0), (60.0, 0.0, 0.0), (40.0, 8.0, 0.0), (40.0, -8.0, 0.0), (30.0, 4.0, 0.0), (50.0, 0.0, -1.6))
"""(seconds, speed, climb) of a flight: up, hover, fast to and fro, slower, down."""


def write(path, flight=CALM, *, noise_w=4.0, instances=1, current=True, seed=1):
    """A log at 5 Hz of a drone that obeys the model; descents cost less than the hover, as they do."""
    luck, time_s = random.Random(seed), 10.0
    battery, place, landed = [], [], [(0.0, True), (time_s, False)]
    for seconds, speed_mps, climb_mps in flight:
        for _ in range(round(seconds * 5)):
            power_w = HOVER_W + EXTRA_W * (abs(speed_mps) / CRUISE_MPS) ** 3
            power_w += 3600.0 * CLIMB_WH_PER_M * max(0.0, climb_mps)
            power_w += luck.gauss(0.0, noise_w) - (25.0 if climb_mps < 0 else 0.0)
            battery.append((time_s, 15.0, power_w / 15.0 if current else -1.0))
            place.append((time_s, speed_mps * 0.6, speed_mps * 0.8, -climb_mps))
            time_s += 0.2
    landed.append((time_s, True))
    topics = {"battery_status": battery, "vehicle_local_position": place, "vehicle_land_detected": landed}
    return write_ulog(path, topics, instances)


def fitted(path):
    return fit_energy(path, read_flight_log(path))


def test_the_fit_returns_the_flown_model(tmp_path):
    fit = fitted(write(tmp_path / "calm.ulg"))
    assert fit.cruise_mps == pytest.approx(8.0, abs=0.05)
    for figure, truth, close in zip(fit.figures, TRUTH, (1.0, 2.0, 0.001), strict=True):
        assert figure.value == pytest.approx(truth, abs=close)
        assert 0.0 < figure.error < 2.0 * close


def test_the_intervals_hold_the_truth_about_as_often_as_they_say(tmp_path):
    """60 intervals of 95 %: fewer than 51 that hold come once in ten thousand times."""
    held = 0
    for seed in range(20):
        fit = fitted(write(tmp_path / "calm.ulg", noise_w=30.0, seed=seed))
        held += sum(abs(f.value - truth) <= f.error for f, truth in zip(fit.figures, TRUTH, strict=True))
    assert held >= 51


@pytest.mark.parametrize(("flight", "problem"), [
    (((20.0, 0.0, 0.0),), "s of hover"),
    (((60.0, 0.0, 0.0),), "s of level flight"),
    (((60.0, 0.0, 0.0), (60.0, 8.0, 0.0)), "m of climb"),
    (((5.0, 0.0, 0.0),), "0 s of hover"),
])  # fmt: skip
def test_a_flight_that_is_too_short_is_refused(tmp_path, flight, problem):
    with pytest.raises(InputError, match=re.escape(problem)) as reported:
        fitted(write(tmp_path / "short.ulg", flight))
    assert "\n" not in str(reported.value)


@pytest.mark.parametrize(("options", "problem"), [
    ({"current": False}, "has no current"),
    ({"instances": 2}, "2 batteries"),
])  # fmt: skip
def test_a_log_without_current_or_of_two_batteries_is_refused(tmp_path, options, problem):
    with pytest.raises(InputError, match=problem):
        fitted(write(tmp_path / "mute.ulg", **options))


def test_a_file_that_is_not_a_log_is_refused(tmp_path):
    with pytest.raises(InputError, match="is a folder; name the "):
        read_flight_log(tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        read_flight_log(tmp_path / "none.ulg")
    (tmp_path / "text.ulg").write_text("no log at all, only text")
    with pytest.raises(InputError, match="is no ULog"):
        read_flight_log(tmp_path / "text.ulg")
    empty = write_ulog(tmp_path / "empty.ulg", {"vehicle_land_detected": [(0.0, True)]})
    with pytest.raises(InputError, match="battery_status: is not in the log"):
        read_flight_log(empty)


def test_a_log_that_ends_early_is_fitted_or_refused(tmp_path):
    whole = write(tmp_path / "whole.ulg").read_bytes()
    for share in (0.0, 0.001, 0.3, 0.9):
        cut = tmp_path / "cut.ulg"
        cut.write_bytes(whole[: round(share * len(whole))])
        with pytest.raises(InputError):
            fitted(cut)  # the landing is missing
