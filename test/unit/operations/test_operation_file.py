"""The operation file: its mission and fleet, and a sentence for each mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
import yaml
from dateutil import rrule

from blindspot.core.errors import InputError
from blindspot.mission.mission_copy import run_folder
from blindspot.operations.calendar import occurrences
from blindspot.operations.operation_file import load_operation
from blindspot.operations.states import run_name

CONFIG = Path(__file__).parents[3] / "config"


def test_an_operation_has_its_mission_its_fleet_and_a_name_for_files(operation_with: Callable[..., Path]) -> None:
    operation = load_operation(operation_with())
    assert operation.drones == ("drone1", "drone2")
    assert operation.fleet.file.name == "Crossroads"
    assert operation.id == "Crossroads__evenings"
    assert [(slot.name, slot.passes) for slot in operation.file.slots] == [("evening", 3)]


def test_a_rule_without_a_day_is_refused_after_one_cycle_of_the_calendar(
    operation_with: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """dateutil looked through 8000 years: the command stood still for up to a minute."""
    begins: list[datetime] = []

    def noted(rule: str, dtstart: datetime) -> object:
        begins.append(dtstart)
        return rrule.rrule(rrule.YEARLY, bymonth=2, bymonthday=30, dtstart=dtstart)

    monkeypatch.setattr(rrule, "rrulestr", noted)
    for until in (None, "2026-11-30"):
        rule = {"rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "until": until}
        with pytest.raises(InputError, match="names no day"):
            load_operation(operation_with(recurrence=rule))
    assert len(begins) == 2 and all(begin.year >= datetime.max.year - 400 for begin in begins)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"mission": "none.yaml"}, "mission: .*none.yaml does not exist"),
        (
            {"mission": str(CONFIG / "missions/crossroads.yaml")},
            "mission: crossroads.yaml is a sweep; name a mission of kind",
        ),
        ({"fleet": "none.yaml"}, "fleet: .*none.yaml does not exist"),
        ({"fleet": str(CONFIG / "fleets/nantes.yaml")}, "is for site crossroads, the fleet stands at nantes"),
        ({"recurrence": {"rule": "FREQ=HOURLY"}}, "rule must begin with FREQ= and one of DAILY"),
        ({"recurrence": {"rule": "FREQ=DAILY;INTERVAL=0"}}, "INTERVAL of the rule must be a number from 1 to 366"),
        ({"recurrence": {"rule": "FREQ=DAILY;BYHOUR=3"}}, "rule must choose days alone: leave BYHOUR out"),
        ({"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU"}}, "rule names BYDAY twice: write one list"),
        ({"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=1MO"}}, "BYDAY with a number needs FREQ=MONTHLY or FREQ=YEARLY"),
        ({"recurrence": {"rule": "FREQ=DAILY;BYMONTHDAY=0"}}, "BYMONTHDAY of the rule counts from 1 on"),
        ({"recurrence": {"rule": "FREQ=DAILY;BYDAY=MO\nRDATE:20261103"}}, "rule must be one line"),
        ({"recurrence": {"rule": "FREQ=WEEKLY;BYDAY=XX"}}, "is no RFC 5545 recurrence"),
        ({"recurrence": {"rule": "FREQ=MONTHLY;BYMONTHDAY=31"}}, "names no day"),
        ({"recurrence": {"until": None, "rule": "FREQ=DAILY;COUNT=3"}}, "a rule with COUNT has a last day"),
        ({"recurrence": {"until": None, "rule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}}, "names no day from from on"),
        ({"recurrence": {"until": None, "except": ["2026-11-01"]}}, "does not lie from 2026-11-02 on"),
        ({"recurrence": {"until": "2026-11-01"}}, "until must lie 0 to 365 days after from"),
        (
            {"recurrence": {"except": ["2026-11-03", "2025-11-04"]}},
            "except names 2025-11-04, which does not lie from 2026-11-02 to 2026-11-04",
        ),
        ({"recurrence": {"time_zone": "Europe/Atlantis"}}, "time_zone 'Europe/Atlantis' is unknown"),
        ({"recurrence": {"time_zone": "localtime"}}, "time_zone 'localtime' is unknown"),
        ({"slots": [{"name": "evening", "from": 1140, "until": "20:00"}]}, "slot 1, from: .*in quotes"),
        ({"slots": [{"name": "evening", "from": "19:00", "until": "19:00"}]}, "until must differ from from"),
        ({"slots": [{"name": "a", "from": "19:00", "until": "20:00"}] * 2}, "two slots have the same name"),
        ({"crew": {"hands": ["A. Martin"]}}, "the crew names a person twice"),
        ({"crew": {"pilots": [" "]}}, "pilot 1: .*should be a name"),
        ({"crew": {"pilots": [7]}}, r"pilot 1: should be a valid string \(found 7\)"),
        ({"weather": {"max_wind_mps": 12.0}}, "drone1 flies in at most 10 m/s; set it to 10 or less"),
        ({"surprise": 1}, "surprise: is an unknown key"),
    ],
)
def test_a_wrong_operation_file_is_refused_in_one_sentence(
    operation_with: Callable[..., Path], changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence) as refusal:
        load_operation(operation_with(**changes))
    assert "\n" not in str(refusal.value)


def test_a_pilot_must_be_an_operator_of_a_fleet_that_lists_them(
    operation_with: Callable[..., Path], tmp_path: Path
) -> None:
    content = yaml.safe_load((CONFIG / "fleets/crossroads.yaml").read_text())
    content |= {"site": str(CONFIG / "sites/crossroads"), "operators": ["C. Durand"]}
    fleet = tmp_path / "fleets" / "own.yaml"
    fleet.parent.mkdir()
    fleet.write_text(yaml.safe_dump(content))
    (tmp_path / "drones").symlink_to(CONFIG / "drones")
    with pytest.raises(InputError, match=r"crew.pilots: A. Martin is no operator of own.yaml; .* C. Durand"):
        load_operation(operation_with(fleet=str(fleet)))
    observer = [{"name": "A. Martin", "role": "observer"}]  # each pass that one confirmed was refused at its start
    fleet.write_text(yaml.safe_dump(content | {"operators": observer}))
    with pytest.raises(InputError, match=r"crew.pilots: A. Martin is observer in own.yaml, and lets no drone fly"):
        load_operation(operation_with(fleet=str(fleet)))


def test_names_that_are_too_long_for_a_run_are_refused_with_the_length_that_would_do(operation_with) -> None:
    """Each pass was refused at its start, as "no name of a folder"."""
    slot = {"from": "19:00", "until": "20:00", "passes": 24}
    operation = load_operation(operation_with(name="n" * 100, slots=[slot | {"name": "s" * 27}]))
    run = run_name(occurrences(operation)[0].id, 24, 100)
    assert len(run) == 120 and run_folder(Path("stack"), run).name == run
    with pytest.raises(InputError, match="would have names of 121 letters, and 120 fit: a slot's name of at most 27 l"):
        load_operation(operation_with(name="n" * 100, slots=[slot | {"name": "s" * 28}]))
