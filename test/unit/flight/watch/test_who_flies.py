import pytest

from blindspot.flight.watch.who_flies import who_flies

OURS = frozenset({"AUTO.MISSION"})


@pytest.mark.parametrize(
    ("mode", "status", "before", "who"),
    [
        ("AUTO.MISSION", 4, False, "us"),
        ("AUTO.MISSION", 5, False, "us"),
        ("POSCTL", 4, False, "pilot"),
        ("POSCTL", 5, False, "pilot"),
        ("AUTO.RTL", 4, False, "pilot"),  # a ground station's return is somebody's wish
        ("AUTO.LOITER", 4, False, "pilot"),
        ("AUTO.LOITER", 5, False, "autopilot"),
        ("AUTO.RTL", 5, False, "autopilot"),
        ("AUTO.LAND", 5, True, "autopilot"),
        ("AUTO.LOITER", 4, True, "autopilot"),  # the position came back: PX4 falls back to the mode before
        ("AUTO.RTL", 4, True, "pilot"),
        ("AUTO.MISSION.X", 4, True, "pilot"),
    ],
)
def test_an_unknown_party_counts_as_the_pilot(flying, mode, status, before, who):
    back = frozenset({"AUTO.LOITER"}) if before else frozenset()
    assert who_flies(flying(mode=mode, system_status=status), OURS, falls_back_to=back) == who
