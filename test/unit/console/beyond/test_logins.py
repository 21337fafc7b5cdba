"""Logins with the key of an operator: one challenge for one connection, and sessions of one address."""

import json

import pytest

from blindspot.core import RefusedError

PILOT, SERVER, TABLET = "A. Martin", "192.0.2.7:8600", "192.0.2.44"


@pytest.fixture
def attempt(office):
    return lambda server=SERVER, address=TABLET: office.logins.attempt(server, address)


def test_a_challenge_names_its_purpose_the_fleet_and_the_server_and_is_new_each_time(office, attempt):
    first, second = (json.loads(attempt().text) for _ in range(2))
    assert first[:4] == ["blindspot.console-login/1", office.fleet.file.name, 7, SERVER]
    assert len(first) == 5 and first[4] != second[4] and len(first[4]) >= 24


@pytest.mark.parametrize(("person", "role"), [(PILOT, "pilot"), ("B. Roy", "observer")])
def test_an_operator_logs_in_with_the_own_key(office, attempt, person, role):
    asks = attempt()
    session = asks.answer(office.answer(asks.text, person))
    assert (session.person, session.role, session.address) == (person, role, TABLET)
    assert office.refused == []


def test_a_key_that_the_fleet_file_does_not_name_is_refused(office, attempt):
    asks = attempt()
    with pytest.raises(RefusedError, match=rf"a page at {TABLET} shows the key \w{{16}}: the fleet file names nobody"):
        asks.answer(office.answer(asks.text, "X"))
    assert [said[:2] for said in office.refused] == [("", "login")]


@pytest.mark.parametrize("said", [None, [], "text", {}, {"key": 5}, {"key": "A" * 64, "signature": ""}, {"session": 5}])
def test_an_answer_that_is_nothing_is_refused(office, attempt, said):
    with pytest.raises(RefusedError):
        attempt().answer(said)


def test_a_signature_of_another_person_challenge_server_fleet_or_purpose_is_refused(office, attempt):
    def refuses(answer_of):
        asks = attempt()
        with pytest.raises(RefusedError, match="has not signed with the key of this person"):
            asks.answer(answer_of(asks.text))

    refuses(lambda text: office.answer(text, "B. Roy", key_of=PILOT))
    refuses(lambda _: office.answer(attempt().text))
    refuses(lambda text: office.answer(text.replace(SERVER, "192.0.2.8:8600")))
    refuses(lambda text: office.answer(text.replace(office.fleet.file.name, "Another")))
    refuses(lambda text: office.answer(text.replace("console-login", "order")))
    refuses(lambda text: office.answer(text) | {"signature": ""})
    assert {said[:2] for said in office.refused} == {(PILOT, "login")} and len(office.refused) == 6


def test_a_challenge_counts_for_one_minute_and_for_one_answer(office, attempt):
    late, once = attempt(), attempt()
    office.now_s = 60.0
    said = office.answer(once.text)
    once.answer(said)
    with pytest.raises(RefusedError, match="answered before"):
        once.answer(said)
    office.now_s = 60.1
    with pytest.raises(RefusedError, match="signed after more than 60 s"):
        late.answer(office.answer(late.text))


def test_a_wrong_answer_spends_the_challenge(office, attempt):
    asks = attempt()
    with pytest.raises(RefusedError, match="has not signed"):
        asks.answer(office.answer("another text"))
    with pytest.raises(RefusedError, match="answered before"):
        asks.answer(office.answer(asks.text))


def test_a_question_counts_while_the_session_has_a_connection_from_its_own_address(office, attempt):
    asks = attempt()
    session = asks.answer(office.answer(asks.text))
    may_ask = office.logins.may_ask
    assert may_ask(session.token, TABLET)
    assert not may_ask(session.token, "192.0.2.45") and not may_ask("guessed", TABLET) and not may_ask("", TABLET)
    office.logins.leave(session)
    assert not may_ask(session.token, TABLET)


def test_a_page_comes_back_with_its_session_for_ten_minutes_after_a_break(office, attempt):
    asks = attempt()
    session = asks.answer(office.answer(asks.text))
    again = {"session": session.token}
    with pytest.raises(RefusedError, match="log in again"):
        attempt(address="192.0.2.45").answer(again)
    office.logins.leave(session)
    office.now_s = 600.0
    assert attempt().answer(again) is session
    office.now_s = 9000.0  # an open connection has no end
    assert office.logins.may_ask(session.token, TABLET)
    office.logins.leave(session)
    office.now_s = 9600.1
    with pytest.raises(RefusedError, match="log in again"):
        attempt().answer(again)
