"""Plan files of sorties, beside each other in one folder."""

from test.factories import at, plan_of, route_of, waypoint_at

from blindspot.acts.plans.sortie_files import after, others_beside, write_later
from blindspot.mission.plan import Sortie

ALONE = plan_of(route_of(waypoint_at(60.0, 50.0, 60.0), home=at(50.0, 50.0)), id="corner-1")


def sortie(number):
    return ALONE.model_copy(
        update={
            "id": f"corner-{number}",
            "sortie": Sortie(number=number, of=3, begins_s=300.0 * (number - 1), flown_s=300.0 * (number - 1)),
        }
    )


def test_sorties_lie_beside_each_other_and_are_found_there(tmp_path):
    first, *rest = (sortie(number) for number in (1, 2, 3))
    (tmp_path / "plan.json").write_text(first.to_json())
    assert [file.name for file in write_later(tmp_path, rest)] == ["sortie-2.json", "sortie-3.json"]
    others = others_beside(rest[0], tmp_path / "sortie-2.json")
    assert [plan.id for plan in others] == ["corner-1", "corner-3"]
    assert [plan.id for plan in after(rest[0], others)] == ["corner-3"]
    assert others_beside(ALONE, tmp_path / "plan.json") == ()


def test_posts_of_a_watch_lie_beside_each_other_too(posts, tmp_path):
    first, second = posts
    assert [file.name for file in write_later(tmp_path, after(first, [second]))] == ["post-2.json"]
    (tmp_path / "plan.json").write_text(first.to_json())
    assert others_beside(first, tmp_path / "plan.json") == (second,)
    assert others_beside(second, tmp_path / "post-2.json") == (first,) and after(second, [first]) == []
