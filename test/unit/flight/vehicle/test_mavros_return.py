"""The adapter's return along the mission on board, against a scripted MAVROS."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace as Message

import pytest

from blindspot.flight.vehicle.mavros_items import waypoints

READ, CHOOSE, MODE = "mission/pull", "mission/set_current", "set_mode"


@pytest.fixture
def as_read(link, frame):
    """Items as a pull returns them."""
    return lambda items: [link.as_px4_gives_it(item) for item in waypoints(items, frame)]


@pytest.fixture
def own(on_board, as_read):
    return as_read(on_board)


@pytest.fixture
def foreign(on_board, as_read):
    """A mission as long as ours: its first place is another one."""
    first = next(index for index, item in enumerate(on_board) if item.at is not None)
    return as_read([replace(item, at=(90.0, 90.0)) if k == first else item for k, item in enumerate(on_board)])


@pytest.fixture(autouse=True)
def obedient(link, drone, own):
    """Every mode shows as soon as it is requested, every item is reported as the current one."""

    def obey():
        link.state(link.calls[-1][1]["custom_mode"], armed=True)
        return Message(mode_sent=True)

    def choose():
        link.say("mission/waypoints", waypoints=own, current_seq=link.calls[-1][1]["wp_seq"])
        return Message(success=True)

    link.state("AUTO.LOITER", armed=True)
    link.script[MODE], link.script[CHOOSE] = [obey] * 9, [choose] * 9


def pushed(link):
    return [len(fields["waypoints"]) for service, fields in link.calls if service == "mission/push"]


def modes(link):
    return [fields["custom_mode"] for service, fields in link.calls if service == MODE]


def busy(count=99):
    return [Message(success=False, wp_received=0, wp_transfered=0)] * count


def test_a_return_along_the_mission_reads_it_back_and_begins_at_its_item(link, drone, on_board):
    reply = drone.return_along(on_board, 7)
    link.run(drone, 3.0)
    assert reply.ok and link.services() == [READ, CHOOSE, MODE]
    assert link.calls[1][1] == {"wp_seq": 7}


def test_a_return_never_follows_the_mission_of_somebody_else(link, drone, on_board, own):
    link.script[READ] = [link.pulled("mission/waypoints", own[:2]), link.pulled("mission/waypoints", own)]
    link.script["mission/push"] = [Message(success=True, wp_transfered=len(own))]
    reply = drone.return_along(on_board, 7)
    link.run(drone, 12.0)
    assert reply.ok and pushed(link) == [len(own)]
    assert link.services()[-2:] == [CHOOSE, MODE]


def test_a_foreign_mission_that_stays_on_board_refuses_the_return(link, drone, on_board, own):
    """The flight then lands."""
    link.script[READ] = [link.pulled("mission/waypoints", own[:2])]
    link.script["mission/push"] = busy()
    reply = drone.return_along(on_board, 7)
    link.run(drone, 20.0)
    assert reply.state == "refused" and "another mission is on board" in reply.detail
    assert not modes(link)


def test_a_mission_that_is_not_read_back_in_time_does_not_delay_the_return(link, drone, on_board, own):
    """It is as long as ours, and its current item has the direction."""
    link.say("mission/waypoints", waypoints=own, current_seq=8)
    link.script[READ], link.script[CHOOSE] = [], []
    reply = drone.return_along(on_board, 7)
    link.run(drone, 6.0)
    assert reply.ok


@pytest.mark.parametrize("answers", [[], busy(), [None] * 9])
@pytest.mark.parametrize("known", [2, 0])
def test_a_mission_of_another_length_that_is_not_read_back_refuses_the_return(
    link, drone, on_board, own, answers, known
):
    """A length that was never reported may be any."""
    if known:
        link.say("mission/waypoints", waypoints=own[:known], current_seq=0)
    link.script[READ] = list(answers)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 12.0)
    assert reply.state == "refused" and not modes(link)


def test_a_refused_reading_is_repeated(link, drone, on_board, own):
    link.script[READ] = [*busy(3), link.pulled("mission/waypoints", own)]
    reply = drone.return_along(on_board, 7)
    link.run(drone, 5.0)
    assert reply.ok and link.services() == [READ] * 4 + [CHOOSE, MODE]


@pytest.mark.parametrize("answers", [[], busy(), [Message(success=True)] * 9])
@pytest.mark.parametrize(("current", "state"), [(2, "refused"), (9, "ok")])
def test_an_item_that_does_not_become_the_current_one_refuses_a_return_in_the_other_direction(
    link, drone, on_board, own, answers, current, state
):
    """Of 12 items the return goes forwards from the sixth on."""
    read = link.pulled("mission/waypoints", own)

    def pull():
        answer = read()
        link.say("mission/waypoints", waypoints=own, current_seq=current)
        return answer

    link.script[READ], link.script[CHOOSE] = [pull], list(answers)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 8.0)
    assert reply.state == state and bool(modes(link)) is (state == "ok")
    if state == "refused":
        assert "does not go to item 7" in reply.detail


def test_a_choice_that_is_refused_once_is_repeated(link, drone, on_board):
    link.script[CHOOSE][:0] = busy(1)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 3.0)
    assert reply.ok and link.services() == [READ, CHOOSE, CHOOSE, MODE]


def test_a_mission_that_is_flown_keeps_its_item_and_its_mode_until_the_return(link, drone, on_board):
    link.state("AUTO.MISSION", armed=True)
    reply = drone.return_along(on_board, 7, in_mission=True)
    link.run(drone, 3.0)
    assert reply.ok and link.services() == [READ, MODE]


def test_a_foreign_mission_that_is_flown_refuses_the_return(link, drone, on_board, foreign):
    """The autopilot would fly a mission that is replaced in the mission mode, from its first item on."""
    link.state("AUTO.MISSION", armed=True)
    link.script[READ] = [link.pulled("mission/waypoints", foreign)]
    reply = drone.return_along(on_board, 7, in_mission=True)
    link.run(drone, 9.0)
    assert reply.state == "refused" and set(link.services()) == {READ}


def test_a_foreign_mission_that_may_be_flown_is_replaced_in_a_hold(link, drone, on_board, own, foreign):
    link.state("AUTO.MISSION", armed=True)
    link.script[READ] = [link.pulled("mission/waypoints", foreign), link.pulled("mission/waypoints", own)]
    link.script["mission/push"] = [Message(success=True, wp_transfered=len(own))]
    reply = drone.return_along(on_board, 7)
    link.run(drone, 9.0)
    assert reply.ok and link.services() == [MODE, READ, "mission/push", READ, CHOOSE, MODE]
    assert modes(link) == ["AUTO.LOITER", "AUTO.RTL"]


@pytest.mark.parametrize("is_ours", [True, False])
def test_a_drone_that_returns_already_keeps_its_item_and_its_mission(link, drone, on_board, own, foreign, is_ours):
    """It would turn round, or fly straight to the new mission."""
    link.state("AUTO.RTL", armed=True)
    link.script[READ] = [link.pulled("mission/waypoints", own if is_ours else foreign)]
    reply = drone.return_along(on_board, 7)
    link.run(drone, 9.0)
    assert reply.state == ("ok" if is_ours else "refused")
    assert link.services() == ([READ, MODE] if is_ours else [READ])


def test_a_mission_that_may_be_flown_is_stopped_first(link, drone, on_board):
    """The autopilot may hold already: a hold was requested, and does not show yet."""
    link.state("AUTO.MISSION", armed=True)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 3.0)
    assert reply.ok and link.services() == [MODE, READ, CHOOSE, MODE]
    assert modes(link) == ["AUTO.LOITER", "AUTO.RTL"]


def test_a_drone_that_does_not_hold_is_not_sent_home_along_a_mission_that_may_be_foreign(link, drone, on_board):
    link.state("AUTO.MISSION", armed=True)
    link.script[MODE] = [Message(mode_sent=False)] * 9
    reply = drone.return_along(on_board, 7)
    link.run(drone, 11.0)
    assert reply.state == "refused" and set(modes(link)) == {"AUTO.LOITER"}


@pytest.mark.parametrize("ask", [lambda drone, items: drone.set_mode("AUTO.RTL"), lambda d, i: d.return_along(i, 7)])
def test_a_return_ends_an_upload(link, drone, on_board, ask):
    """A mission that is uploaded in a return leads the drone straight to its current item."""
    link.script["mission/push"] = busy()
    upload = drone.upload_mission(on_board)
    ask(drone, on_board)
    link.run(drone, 10.0)
    assert upload.state == "refused" and len(pushed(link)) == 1
    assert modes(link)[-1] == "AUTO.RTL"


def test_an_upload_that_is_on_its_way_is_waited_for_and_read_back(link, drone, on_board, own):
    answers = []
    push = link.call

    def call(service, fields, done):
        push(service, fields, answers.append if service == "mission/push" else done)
        if service == "mission/push":
            answers.append(done)

    link.call = call
    drone.upload_mission(on_board)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 4.0)
    assert link.services() == ["mission/push"]
    answers[0](Message(success=True, wp_transfered=len(own)))
    link.run(drone, 3.0)
    assert reply.ok and link.services() == ["mission/push", READ, CHOOSE, MODE]


def test_an_upload_without_an_answer_refuses_the_return(link, drone, on_board):
    drone.upload_mission(on_board)
    reply = drone.return_along(on_board, 7)
    link.run(drone, 10.5)
    assert reply.state == "refused" and "within 10 s" in reply.detail and not modes(link)


def test_no_mission_is_pushed_in_a_return_of_the_autopilot_itself(link, drone, on_board):
    link.script["mission/push"] = busy()
    upload = drone.upload_mission(on_board)
    link.state("AUTO.RTL", armed=True, status=5)
    link.run(drone, 5.0)
    assert upload.state == "refused" and len(pushed(link)) == 1


def test_an_item_is_chosen_in_a_hold_only(link, drone, on_board):
    drone.set_mode("AUTO.LOITER")
    link.run(drone, 1.0)
    link.script[CHOOSE] = busy()
    choice = drone.choose_item(7)
    link.state("AUTO.RTL", armed=True, status=5)
    link.run(drone, 5.0)
    assert choice.state == "refused" and link.services().count(CHOOSE) == 1


def test_a_choice_without_an_answer_is_reported_at_once(link, drone):
    """Flight control then chooses the item that is the closest by then."""
    drone.set_mode("AUTO.LOITER")
    link.run(drone, 1.0)
    link.script[CHOOSE] = []
    choice = drone.choose_item(7)
    link.run(drone, 7.0)
    assert choice.state == "timed out" and link.services().count(CHOOSE) == 1


@pytest.mark.parametrize("ask", [
    lambda drone, items: drone.set_mode("AUTO.RTL"), lambda drone, items: drone.fly_mission(items, None),
    lambda drone, items: drone.upload_mission(items), lambda drone, items: drone.find_mission(lambda count: [items]),
])  # fmt: skip
def test_any_other_request_ends_a_choice(link, drone, on_board, ask):
    link.script[CHOOSE] = busy()
    choice = drone.choose_item(7)
    ask(drone, on_board)
    link.run(drone, 5.0)
    assert choice.state == "refused" and link.services().count(CHOOSE) == 1
