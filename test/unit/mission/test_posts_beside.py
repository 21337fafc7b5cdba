"""The plan files of a watch."""

import pytest
from test.factories import plan_of, route_of, view_at

from blindspot.core.errors import InputError
from blindspot.mission.plan_figures import WatchedTarget


def post(drone: str, **changes):
    plan = plan_of(route_of(view_at(0.0, 0.0, 60.0, dwell_s=900.0), drone=drone), id=drone)
    return plan.model_copy(update={"watch": WatchedTarget(target="stage", target_m2=600.0, seen_m2=580.0)} | changes)


def write(folder, *posts) -> None:
    for number, plan in enumerate(posts, 1):
        (folder / ("plan.json" if number == 1 else f"post-{number}.json")).write_text(plan.to_json())


def test_the_other_posts_are_read_in_the_order_of_their_files(tmp_path):
    first, *others = posts = [post("drone1"), post("drone2"), post("drone3")]
    write(tmp_path, *posts)
    assert first.posts_beside(tmp_path) == tuple(others)
    assert first.model_copy(update={"watch": None}).posts_beside(tmp_path) == (), "a plan without a target has none"


@pytest.mark.parametrize(("second", "words"), [
    (post("drone2", watch=None), "is no post of the watch"),
    (post("drone2", mission="other.yaml"), "is no post of the watch"),
    (post("drone1"), "a drone without another post"),
])  # fmt: skip
def test_a_file_that_is_no_post_of_the_watch_is_refused(tmp_path, second, words):
    write(tmp_path, post("drone1"), second)
    with pytest.raises(InputError, match=words):
        post("drone1").posts_beside(tmp_path)
