"""SEN: sound, cameras, and the limits of a camera."""

from dataclasses import replace

from blindspot.mission.plan import Aim, Leg, Waypoint
from blindspot.mission.plan_figures import WatchedTarget

TURN = {"watch": WatchedTarget(target="stage", target_m2=100.0, seen_m2=99.0)}


def fleet(number):
    return lambda route: [route.model_copy(update={"drone": f"drone{n}"}) for n in range(number)]


def aimed(pitch_deg):
    return lambda route: [
        route.model_copy(
            update={"steps": (route.steps[0].model_copy(update={"aim": Aim(heading_deg=0.0, pitch_deg=pitch_deg)}),)}
        )
    ]


def leg(pitch_deg):
    def change(route):
        first = route.steps[0]
        on = Leg(id="leg", to=first.to, aim=Aim(heading_deg=0.0, pitch_deg=pitch_deg), speed_mps=5.0)
        return [route.model_copy(update={"steps": (Waypoint(to=first.to, speed_mps=5.0), first, on)})]

    return change


CAMERAS = {"sensors.max_simultaneous_cameras": 3}
DEPARTMENT = "sensors.max_cameras_in_department"

CASES = [
    ("SEN-01", "PF", "", {}),
    ("SEN-01", "PF", "hw:1 is a source of sound", {"ready": {"audio_devices": ("hw:1",)}}),
    ("SEN-01", "PF", "unknown", {"ready": {"audio_devices": None}}),
    ("SEN-01", "PF", "unknown", {"ready": None}),
    ("SEN-01", "PF", "", {"why": "no recording yet", "recorded": None}),
    ("SEN-01", "RC", "", {"why": "the devices were judged before", "ready": None}),
    ("SEN-01", "RC", "aac is a source of sound", {"recorded": {"audio_tracks": ("aac",)}}),
    ("SEN-01", "RC", "unknown", {"recorded": {"audio_tracks": None}}),
    ("SEN-01", "RC", "unknown", {"recorded": None}),
    ("SEN-02", "PL", "", {"why": "one of one"}),
    ("SEN-02", "PF", "2 cameras would fly at once", {"route": fleet(2)}),
    ("SEN-02", "PL", "2 cameras would fly at once", {"route": fleet(2)}),
    ("SEN-02", "PF", "", {"why": "three of three", "doc": CAMERAS, "route": fleet(3)}),
    ("SEN-02", "PL", "", {"why": "two beside one", "doc": CAMERAS, "ctx": {"cameras_beside": 2}}),
    ("SEN-02", "PL", "4 cameras would fly at once, 3 of them on other plans",
     {"doc": CAMERAS, "ctx": {"cameras_beside": 3}}),
    ("SEN-02", "PL", "", {"why": "a turn beside the one that looks", "plan": TURN, "ctx": {"cameras_beside": 1}}),
    ("SEN-02", "PL", "2 cameras would fly at once", {"plan": TURN, "ctx": {"cameras_beside": 2}}),
    ("SEN-02", "PL", "unknown how many cameras fly on other plans", {"ctx": {"cameras_beside": None}}),
    ("SEN-02", "PF", "", {"why": "unknown in simulation", "ctx": {"cameras_beside": None, "simulated": True}}),
    ("SEN-02", "PL", "", {"why": "without a plan", "ctx": {"plan": None}}),
    ("SEN-02", "PL", "", {"why": "the profile's limit", "doc": CAMERAS, "limits": {"max_cameras": 3}}),
    ("SEN-02", "PL", "3 cameras at once are too many for profile FR-CSI-L242-5",
     {"doc": CAMERAS, "limits": {"max_cameras": 2}}),
    ("SEN-02", "IF", "too many for a test range",
     {"doc": CAMERAS, "limits": {"max_cameras": 2}, "profile": {"id": "TEST-RANGE"}}),
    *[("SEN-02", phase, "", {"why": "the department's number", "doc": CAMERAS | {DEPARTMENT: 3}})
      for phase in ("PL", "PF", "IF")],
    *[("SEN-02", phase, "3 cameras at once are more than the department may use, 2", {"doc": CAMERAS | {DEPARTMENT: 2}})
      for phase in ("PL", "PF", "IF")],
    ("SEN-02", "PL", "number of cameras is not transcribed", {"doc": {DEPARTMENT: None}}),
    ("SEN-02", "PL", "", {"why": "no order on departments", "doc": {DEPARTMENT: None},
                          "profile": {"department_cameras": None}}),
    ("SEN-02", "IF", "", {"why": "one is on", "flying": {"cameras_on": 1}}),
    ("SEN-02", "IF", "2 cameras are on", {"flying": {"cameras_on": 2}}),
    ("SEN-02", "IF", "unknown how many", {"flying": {"cameras_on": None}}),
    ("SEN-02", "IF", "unknown how many", {"flying": None}),
    ("SEN-03", "PL", "", {"why": "-50 deg", "route": aimed(-50.0)}),
    ("SEN-03", "PL", "would aim at -49.9 deg (view)", {"route": aimed(-49.9)}),
    ("SEN-03", "PL", "", {"why": "straight down", "route": aimed(-90.0)}),
    ("SEN-03", "PL", "would aim at -81 deg (view)", {"route": aimed(-81.0),
                                                     "doc": {"sensors.cameras.0.min_pitch_deg": -80.0}}),
    ("SEN-03", "PL", "", {"why": "a leg at -80 deg", "route": leg(-80.0),
                          "doc": {"sensors.cameras.0.min_pitch_deg": -80.0}}),
    ("SEN-03", "PL", "would aim at -49 deg (leg)", {"route": leg(-49.0)}),
    ("SEN-03", "IF", "", {"why": "every cap", "flying": {"pitch_deg": -50.0, "zoom": 1.0, "px_per_m": 60.0}}),
    ("SEN-03", "IF", "", {"why": "the steepest", "flying": {"pitch_deg": -90.0}}),
    ("SEN-03", "IF", "the camera aims at -49.9 deg", {"flying": {"pitch_deg": -49.9}}),
    ("SEN-03", "IF", "the camera aims at -90.1 deg", {"flying": {"pitch_deg": -90.1}}),
    ("SEN-03", "IF", "the zoom is 1.1", {"flying": {"zoom": 1.1}}),
    ("SEN-03", "IF", "seen at 60.1 px/m", {"flying": {"px_per_m": 60.1}}),
    ("SEN-03", "IF", "seen at nan px/m", {"flying": {"px_per_m": float("nan")}}),
    ("SEN-03", "IF", "the zoom is nan", {"flying": {"zoom": float("nan")}}),
    ("SEN-03", "IF", "", {"why": "sensor off", "flying": {"pitch_deg": 0.0, "sensor_on": False}}),
    ("SEN-03", "IF", "unknown how the camera looks", {"flying": None}),
    *[("SEN-03", "IF", "unknown how the camera looks", {"flying": {name: None}})
      for name in ("pitch_deg", "zoom", "px_per_m")],
]  # fmt: skip


def test_rule(check, case):
    check(case)


def test_sen_03_takes_the_strictest_of_several_cameras(question):
    from blindspot.law.judgement import judge

    second = {"id": "second", "max_pitch_deg": -60, "min_pitch_deg": -80, "max_zoom": 1.0, "max_px_per_m": 40}
    first = {"id": "main", "max_pitch_deg": -50, "min_pitch_deg": -90, "max_zoom": 2.0, "max_px_per_m": 60}
    ctx = question(doc={"sensors.cameras": [first, second]})
    for pitch_deg, px_per_m, zoom, ok in ((-60, 40, 1, True), (-59, 40, 1, False), (-81, 40, 1, False),
                                          (-60, 41, 1, False), (-60, 40, 1.5, False)):  # fmt: skip
        flying = replace(ctx.flying, pitch_deg=float(pitch_deg), px_per_m=float(px_per_m), zoom=float(zoom))
        assert judge(replace(ctx, flying=flying), ["IF"], only=["SEN-03"]).go == ok
