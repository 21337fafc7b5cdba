"""GEO: places, areas and densities."""

from shapely import box

from blindspot.mission.plan import DensityBand, Point
from blindspot.mission.plan_figures import Intrusion

AREA = box(-200.0, -250.0, 200.0, 250.0)
"""200 000 m2."""
COMMUNE = {"area.commune.area_m2": 1_000_000, "area.max_area_m2": 300_000}
WIDE = box(-201.0, -250.0, 201.0, 250.0)
BY_REASON = COMMUNE | {"area.large_share_reason": "the river bank, article 3 of the act"}
HERE = {"area": AREA}


def corner(east_m):
    return {"perimeter": ((-200.0, -250.0), (east_m, -250.0), (east_m, 250.0), (-200.0, 250.0))}


def step_to(east_m, **more):
    return lambda route: [
        route.model_copy(
            update={
                "steps": (route.steps[0].model_copy(update={"to": Point(east_m=east_m, north_m=0.0, up_m=75.0)}),),
                **more,
            }
        )
    ]


def rally(east_m):
    return lambda route: [
        route.model_copy(
            update={
                "failsafe": route.failsafe.model_copy(update={"rally": (Point(east_m=east_m, north_m=0.0, up_m=0.0),)})
            }
        )
    ]


def home(east_m):
    return lambda route: [route.model_copy(update={"home": Point(east_m=east_m, north_m=0.0, up_m=0.0)})]


def limit(square_m):
    return {"max_area_m2": square_m}


def density(px_per_m, highest=None):
    return {
        "band": DensityBand(min_px_per_m=25.0, max_px_per_m=px_per_m),
        "intrusion": None if highest is None else Intrusion(
            private_m2s=0.0, facade_m2s=0.0, highest_px_per_m=highest),
    }  # fmt: skip


CASES = [
    ("GEO-01", "PL", "", {}),
    ("GEO-01", "PL", "", {"why": "the whole area", "plan": corner(200.0), "ctx": HERE}),
    ("GEO-01", "PL", "perimeter is not inside", {"plan": corner(200.1), "ctx": HERE}),
    ("GEO-01", "PL", "perimeter is not inside", {"plan": {"perimeter": ((0.0, 0.0), (1.0, 1.0))}, "ctx": HERE}),
    ("GEO-01", "PL", "perimeter is not inside",
     {"plan": {"perimeter": ((0.0, 0.0), (9.0, 9.0), (9.0, 0.0), (0.0, 9.0))}, "ctx": HERE}),
    ("GEO-01", "PL", "", {"why": "a triangle", "plan": {"perimeter": ((0.0, 0.0), (9.0, 0.0), (9.0, 9.0))}}),
    ("GEO-01", "PL", "", {"why": "to the edge", "route": step_to(200.0), "ctx": HERE, "plan": corner(200.0)}),
    ("GEO-01", "PL", "rehearsal would leave", {"route": step_to(200.1), "ctx": HERE, "plan": corner(200.0)}),
    ("GEO-01", "PL", "rehearsal would leave", {"route": rally(200.1), "ctx": HERE, "plan": corner(200.0)}),
    ("GEO-01", "PL", "rehearsal would leave", {"route": home(-200.1), "ctx": HERE, "plan": corner(200.0)}),
    ("GEO-01", "PL", "", {"why": "a rally point at the edge", "route": rally(200.0), "ctx": HERE}),
    ("GEO-01", "IF", "", {"ctx": HERE, "flying": {"east_m": 200.0}}),
    ("GEO-01", "IF", "the drone is outside", {"ctx": HERE, "flying": {"east_m": 200.1}}),
    ("GEO-01", "IF", "the drone is outside", {"ctx": HERE, "flying": {"east_m": 200.1, "sensor_on": False}}),
    ("GEO-01", "IF", "is visible", {"flying": {"outside_masked": False}}),
    ("GEO-01", "IF", "", {"why": "sensor off", "flying": {"outside_masked": False, "sensor_on": False}}),
    ("GEO-01", "IF", "unknown whether everything outside", {"flying": {"outside_masked": None}}),
    ("GEO-01", "IF", "unknown where", {"flying": None}),
    ("GEO-01", "IF", "unknown where", {"flying": {"east_m": None}}),
    ("GEO-01", "IF", "unknown where", {"flying": {"north_m": None}}),
    ("GEO-02", "PL", "", {}),
    ("GEO-02", "PL", "", {"why": "20.0 % of the commune", "doc": COMMUNE, "ctx": HERE}),
    ("GEO-02", "PL", "20.1 % of Asnières-sur-Seine", {"doc": COMMUNE, "ctx": {"area": WIDE}}),
    ("GEO-02", "PL", "", {"why": "20.1 % for a reason of the act", "doc": BY_REASON, "ctx": {"area": WIDE}}),
    ("GEO-02", "PL", "20.1 % of", {"doc": COMMUNE | {"area.large_share_reason": " "}, "ctx": {"area": WIDE}}),
    ("GEO-02", "PL", "commune's area is not given", {"doc": {"area.commune": None}}),
    ("GEO-02", "PL", "", {"why": "no share is judged", "doc": {"area.commune": None},
                          "limits": {"max_commune_share": None}}),
    ("GEO-02", "PL", "", {"why": "exactly the cap", "doc": COMMUNE | {"area.max_area_m2": 200_000}, "ctx": HERE}),
    ("GEO-02", "PL", "the area measures 200000 m2",
     {"doc": COMMUNE | {"area.max_area_m2": 199_999}, "ctx": HERE}),
    ("GEO-02", "PL", "", {"why": "the profile's cap", "limits": limit(80_000.0)}),
    ("GEO-02", "PL", "a site of up to 80000 m2 is too large", {"limits": limit(79_999.0)}),
    ("GEO-02", "PL", "a test range of up to 80000 m2", {"limits": limit(79_999.0), "profile": {"id": "TEST-RANGE"}}),
    ("GEO-02", "PL", "there is no authorised area", {"ctx": {"area": None}}),
    ("GEO-03", "PL", "", {"why": "60 px/m", "plan": density(60.0), "ctx": {"simulated": True}}),
    ("GEO-03", "PL", "unknown how closely façades", {"plan": density(60.0)}),
    ("GEO-03", "PL", "the plan allows 60.1 px/m", {"plan": density(60.1)}),
    ("GEO-03", "PL", "", {"why": "60 px/m on a façade", "plan": density(60.0, 60.0)}),
    ("GEO-03", "PL", "a surface would be seen at 60.1 px/m", {"plan": density(60.0, 60.1)}),
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_geo_02_states_area_and_share(ruling):
    assert ruling("GEO-02", "PL", {}).evidence == "64560 m2, 1.3 % of Asnières-sur-Seine"
