"""The facts of a run whose records are incomplete."""

from blindspot.cli.parts.sim_run import with_troubles
from blindspot.evidence.observed import Event, EventLog


def test_a_record_that_ended_early_is_a_part_of_the_reason(tmp_path):
    whole, gone = EventLog(tmp_path / "events.jsonl"), EventLog(tmp_path / "gone" / "events.jsonl")
    whole.write(Event(1.0, "a", "log", "b"))
    assert with_troubles({"reason": "gusts", "outcome": "completed"}, whole, None) == {
        "reason": "gusts", "outcome": "completed",
    }  # fmt: skip
    facts = with_troubles({"reason": "gusts"}, whole, gone)
    assert facts["reason"].startswith("gusts; events.jsonl can't be written")
    assert with_troubles({"reason": ""}, gone)["reason"].startswith("events.jsonl can't be written")
    whole.close()
