import os
from datetime import UTC, datetime, timedelta

import pytest

from blindspot.core.errors import InputError
from blindspot.flight.missions.kept import (
    FILE,
    KeptMission,
    KeptMissions,
    KeptOrder,
    KeptWatch,
    keep,
    read_kept,
    set_aside,
    why_unaccounted,
)
from blindspot.flight.run_memory import RunMemory

ORDER = KeptOrder(file="../missions/a.yaml", sha256="a" * 64, run="evening-1", person="A. Martin", reason="a test",
                  plans=("b" * 64, "c" * 64))  # fmt: skip
MISSION = KeptMission(
    order=ORDER, requester="secret", name="Evening", drones=("drone1", "drone2"), stage="flying",
    plans=("{}" * 30_000, "{}"), routes={"drone1": 0, "drone2": 1}, asked=("b" * 64,), cleared_s=1e9, started_s=1e9,
    run=RunMemory({"drone1": ("returned", "battery low")}, ("drone1",), ("drone2",), ()),
    phases={"drone2": "hold en_route"}, owed={"drone2": "return_home"},
    take_overs={"drone1": 1e9}, earlier=(("completed", ""),),
)  # fmt: skip


def test_what_is_kept_is_read_again(tmp_path):
    kept = KeptMissions(missions=(MISSION,), give_back={"c" * 64: "secret"})
    keep(tmp_path, kept)
    assert read_kept(tmp_path) == kept
    keep(tmp_path, KeptMissions())
    assert read_kept(tmp_path) == KeptMissions()
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_the_turns_of_a_watch_are_read_again(tmp_path):
    turn = MISSION.model_copy(update={"drones": ("drone1",), "routes": {}})
    watch = KeptWatch(
        turns=(turn,), states={"drone1": ("on_post", 1e9)}, called=("drone1",), relieved=("drone1",),
        rests={"drone2": (1e9, "relieved")}, unswapped=("drone2",), lost={"drone3": "gone"}, reliefs={"stage": 3},
        starts_s=1e9, ends_s=2e9,
    )  # fmt: skip
    kept = KeptMissions(missions=(MISSION.model_copy(update={"watch": watch}),))
    keep(tmp_path, kept)
    assert read_kept(tmp_path) == kept


def test_only_its_owner_reads_it(tmp_path):
    """With its texts any process could give a clearance back."""
    before = os.umask(0)
    try:
        keep(tmp_path, KeptMissions(missions=(MISSION,)))
    finally:
        os.umask(before)
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_without_a_file_there_is_nothing_to_continue(tmp_path):
    assert read_kept(tmp_path) == KeptMissions()


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b'{"missions": [{}]}', b'{"more": 1}', b"[]"])
def test_a_wrong_file_is_one_sentence_that_names_it(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError) as raised:
        read_kept(tmp_path)
    assert str(tmp_path / FILE) in str(raised.value) and "\n" not in str(raised.value)


def test_a_file_that_is_set_aside_outlasts_the_next_ones_until_a_person_moves_it(tmp_path):
    at = datetime(2026, 3, 1, 20, 5, 7, tzinfo=UTC)
    assert why_unaccounted(tmp_path) == ""
    for number in range(2):
        (tmp_path / FILE).write_text("{" * (number + 1))
        set_aside(tmp_path, at + timedelta(microseconds=number))
        keep(tmp_path, KeptMissions())
    first, second = sorted(tmp_path.glob(f"{FILE}.unreadable-*"))
    assert first.name == f"{FILE}.unreadable-20260301T200507.000000Z"
    assert (first.read_text(), second.read_text()) == ("{", "{{")
    sentence = why_unaccounted(tmp_path)
    assert first.name in sentence and second.name in sentence and str(tmp_path) in sentence and "\n" not in sentence
    for file in (first, second):
        file.unlink()
    assert why_unaccounted(tmp_path) == ""


def test_every_cut_of_the_file_is_refused(tmp_path):
    small = MISSION.model_copy(update={"plans": ("{}", "{}")})
    keep(tmp_path, KeptMissions(missions=(small,)))
    whole = (tmp_path / FILE).read_bytes()
    for length in range(1, len(whole) - 2):
        (tmp_path / FILE).write_bytes(whole[:length])
        with pytest.raises(InputError):
            read_kept(tmp_path)


@pytest.mark.parametrize("changes", [{"routes": {"drone1": 2}}, {"routes": {"drone1": -1}}, {"earlier": ()}])
def test_a_mission_whose_parts_do_not_fit_is_refused(tmp_path, changes):
    wrong = MISSION.model_copy(update={"stage": "swapping"} | changes)
    keep(tmp_path, KeptMissions.model_construct(missions=(wrong,), give_back={}))
    with pytest.raises(InputError) as raised:
        read_kept(tmp_path)
    assert "missions.0" in str(raised.value)


def test_a_plan_that_is_none_is_refused():
    with pytest.raises(InputError):
        MISSION.read_plans()


@pytest.mark.parametrize(("changes", "same"), [({"drones": ("drone3",)}, "run"), ({}, "drone")])
def test_two_missions_with_the_same_run_or_drone_are_refused(tmp_path, changes, same):
    order = ORDER if same == "run" else ORDER.model_copy(update={"run": "evening-2"})
    other = MISSION.model_copy(update={"order": order} | changes)
    keep(tmp_path, KeptMissions.model_construct(missions=(MISSION, other), give_back={}))
    with pytest.raises(InputError, match=f"two missions have the same {same}"):
        read_kept(tmp_path)
