"""The length of recordings that a drone's computer reports of itself, by its own journal."""

from blindspot.evidence.acts.recorded import Recorded, recorded_by


def test_a_computer_reports_the_length_after_each_landing_and_not_while_it_flies_or_a_recording_is_open(path, write):
    def said():
        return recorded_by(path, "drone1", "evening")

    write(0.0, "arming", drone="drone1", plan="ab")
    write(10.0, "recording", drone="drone1", file="drone1-1.mcap")
    write(20.0, "recording", drone="drone2", file="drone2-1.mcap")
    assert said() is None
    write(300.0, "landing", drone="drone1", outcome="completed")
    assert said() is None
    write(302.0, "recording_sealed", drone="drone1", file="drone1-1.mcap")
    assert said() == Recorded("evening", "ab", 292.0)
    write(400.0, "arming", drone="drone1", plan="cd")
    assert said() is None
    write(500.0, "landing", drone="drone1", outcome="completed")
    assert said() == Recorded("evening", "cd", 292.0), "the second flight recorded nothing"
    assert recorded_by(path, "drone1", "another") is None
