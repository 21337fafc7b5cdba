"""Section `console` of a fleet file: each refusal is one sentence."""

import pytest
from pydantic import ValidationError

from blindspot.mission.outputs.console_section import ConsoleSection

HOOK = {"url": "https://town.example/alerts", "secret_file": "hook.secret"}
BROKER = {"host": "broker.town.example"}


def section(**outputs):
    return ConsoleSection.model_validate({"outputs": outputs}).outputs


def test_nothing_leaves_by_default():
    assert (section().mqtt, section().webhook, section().masked_mjpeg) == (None, None, None)


def test_encrypted_connections_and_those_of_this_computer_are_taken():
    assert section(webhook=HOOK, mqtt=BROKER).mqtt.port == 8883
    local = section(webhook=HOOK | {"url": "http://127.0.0.1:9000/x"}, mqtt={"host": "localhost", "tls": False})
    assert not local.mqtt.tls


@pytest.mark.parametrize(("outputs", "problem"), [
    ({"webhook": HOOK | {"url": "http://town.example/"}}, "in clear"),
    ({"webhook": HOOK | {"url": "https://user:word@town.example/"}}, "names a user"),
    ({"webhook": HOOK | {"url": "ftp://town.example/"}}, "is no address"),
    ({"webhook": HOOK | {"url": "https://town.example:99999/"}}, "is no address"),
    ({"webhook": HOOK | {"url": "https://town.example/a b"}}, "is no address"),
    ({"webhook": {"url": HOOK["url"]}}, "Field required"),
    ({"mqtt": BROKER | {"tls": False}}, "broker on this computer"),
    ({"mqtt": BROKER | {"user": "town"}}, "go together"),
    ({"mqtt": BROKER | {"topic": "town/#"}}, "pattern"),
    ({"mqtt": BROKER | {"host": "a b"}}, "pattern"),
    ({"mqtt": BROKER | {"subscribe": "orders"}}, "not permitted"),
])  # fmt: skip
def test_a_wrong_section_is_refused_in_one_sentence(outputs, problem):
    with pytest.raises(ValidationError, match=problem) as refused:
        section(**outputs)
    assert refused.value.error_count() == 1
