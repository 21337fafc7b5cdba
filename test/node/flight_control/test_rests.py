"""The rest of a plan, taken in the air by a drone that stands by."""

from __future__ import annotations

from blindspot_msgs.srv import FlyRest

from blindspot.mission.plan import Begin, Point as PlanPoint, Waypoint
from blindspot.nodes.graph.messages import plan_message


def rest_of(plan, status):
    """A view beside the one of the plan, begun where the drone says that it is."""
    [route] = plan.routes
    [view] = route.steps
    beside = view.to.model_copy(update={"east_m": view.to.east_m + 8.0})
    place = PlanPoint(east_m=status.position.x, north_m=status.position.y, up_m=status.position.z)
    begin = Begin(at=place, battery_fraction=0.5, flown_s=60.0)
    steps = (view.model_copy(update={"id": "v2", "to": beside}), Waypoint(to=view.to, speed_mps=5.0))
    begun = route.model_copy(update={"begin": begin, "steps": steps})
    return plan.model_copy(update={"routes": (begun,)})


def test_the_rest_of_a_plan_that_no_lease_names_is_not_flown(world, plan):
    answers = {}

    def hand_over() -> None:
        world.play()
        if world.statuses and world.statuses[-1].phase == "en_route" and "stand by" not in answers:
            answers["stand by"] = world.give("stand_by")
        elif world.statuses and world.statuses[-1].phase == "hold" and "rest" not in answers:
            world.asked.clear()
            rest = FlyRest.Request(plan=plan_message(rest_of(plan, world.statuses[-1])))
            answers["rest"] = world.graph.ask(FlyRest, "/drone1/fly_rest", rest, world.play)
            assert not [what for what in world.asked if "push" in what]
            world.give("return_home")

    outcome, _, _ = world.fly(plan, hand_over)
    assert (answers["rest"].success, answers["rest"].message) == (False, "no lease names this plan")
    assert outcome == "returned"


def is_awaited(answer: FlyRest.Response | None) -> bool:
    """Whether the answer is still to come: the autopilot reports up to a second late that the drone is in the air."""
    return answer is None or answer.message == "the drone is not in the air"


def test_in_the_air_a_drone_that_stands_by_takes_another_route_and_flies_it_to_the_end(world, plan):
    answers = {}

    def hand_over() -> None:
        world.play()
        if world.statuses and world.statuses[-1].phase == "en_route" and "stand by" not in answers:
            asked = FlyRest.Request(plan=plan_message(plan))
            answers["unasked"] = world.graph.ask(FlyRest, "/drone1/fly_rest", asked, world.play)
            answers["stand by"] = world.give("stand_by")
        elif world.statuses and world.statuses[-1].phase == "hold" and is_awaited(answers.get("rest")):
            rest = plan_message(rest_of(plan, world.statuses[-1]))
            world.plan = rest.sha256
            answers["rest"] = world.graph.ask(FlyRest, "/drone1/fly_rest", FlyRest.Request(plan=rest), world.play)

    outcome, reason, _ = world.fly(plan, hand_over)
    assert not answers["unasked"].success and "stand by" in answers["unasked"].message
    assert answers["stand by"].success and answers["rest"].success, answers
    assert (outcome, reason) == ("completed", "")
    assert "hold" in world.phases and "return" not in world.phases
    places = [(status.position.x, status.phase) for status in world.statuses]
    home_m = plan.routes[0].home.east_m
    assert max(x for x, phase in places if phase == "en_route") > home_m + 7.0, "it was at the new view"
    climbed = max(status.velocity.z for status in world.statuses if status.phase == "takeoff")
    assert 0.5 < climbed < 5.0, "its status says how fast it moves"
