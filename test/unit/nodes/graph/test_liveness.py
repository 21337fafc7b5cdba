from blindspot.nodes.graph.liveness import Liveness


def test_absent_until_heard_lost_when_silent():
    nodes = Liveness(["/a", "/b"], timeout_s=3.0)
    assert nodes.absent() == ("/a", "/b") and nodes.lost(100.0) == ()
    nodes.heard("/a", 100.0)
    nodes.heard("/stranger", 100.0)
    assert nodes.absent() == ("/b",)
    assert nodes.lost(101.5) == nodes.lost(103.0) == () and nodes.lost(103.1) == ("/a",)
    nodes.heard("/a", 104.0)
    assert nodes.lost(104.0) == ()


def test_after_standing_still_itself_every_silence_starts_at_zero():
    nodes = Liveness(["/a", "/b"], timeout_s=3.0)
    nodes.heard("/a", 100.0)
    assert nodes.lost(100.0) == ()
    assert nodes.lost(110.0) == ()
    assert nodes.absent() == ("/b",)
    assert nodes.lost(111.5) == nodes.lost(113.0) == () and nodes.lost(113.1) == ("/a",)


def test_heartbeats_in_the_name_of_a_dead_or_stopped_process_are_ignored():
    known = {"/a": True, "/b": None}
    liveness = Liveness(["/a", "/b"], 3.0, known.get)
    for node in known:
        liveness.heard(node, 0.0)
    known["/a"] = False
    for tenths in range(1, 41):
        for node in known:
            liveness.heard(node, tenths / 10)
        lost = liveness.lost(tenths / 10)
    assert lost == ("/a",)
