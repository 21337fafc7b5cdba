from pydantic import Field

from blindspot.acts.towns.commented import commented, descriptions
from blindspot.core.config_file import Section


class Lamp(Section):
    watt: float = Field(description="Power, W")
    colour: str = ""


class Street(Section):
    name: str = Field(description="Name on maps")
    lamps: tuple[Lamp, ...] = Field(description="Its lamps")


def test_each_key_has_its_description_once():
    text = "name: Mill Street\nlamps:\n- watt: 5\n  colour: red\n- watt: 6\n"
    assert commented(text, descriptions(Street)) == (
        "name: Mill Street  # Name on maps\nlamps:  # Its lamps\n- watt: 5  # Power, W\n  colour: red\n- watt: 6\n"
    )


def test_a_comment_of_a_person_stays_and_a_long_line_has_it_above():
    text = f"name: {'x' * 110}\nlamps: []  # mine\n"
    assert commented(text, descriptions(Street)) == f"# Name on maps\nname: {'x' * 110}\nlamps: []  # mine\n"
