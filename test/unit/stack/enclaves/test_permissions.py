"""The documents of DDS Security: their order of elements, the names of DDS, nothing beyond the rights."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree

from blindspot.stack.enclaves.permissions import Rights, governance_xml, permissions_xml, shortened

BEGINS, ENDS = datetime(2026, 11, 27, 14, tzinfo=UTC), datetime(2027, 11, 28, 14, tzinfo=UTC)


def document(rights: Rights) -> ElementTree.Element:
    return ElementTree.fromstring(permissions_xml("/drone1/camera", rights, ("d", "e"), 7, BEGINS, ENDS))


def names(root: ElementTree.Element, kind: str) -> list[str | None]:
    return [topic.text for topic in root.findall(f"permissions/grant/allow_rule/{kind}/topics/topic")]


def test_a_topic_is_written_by_its_publisher_and_read_by_its_subscriber():
    root = document(Rights(publishes=frozenset({"/d/pose"}), subscribes=frozenset({"/clock"})))
    assert names(root, "publish") == ["ros_discovery_info", "rt/d/pose"]
    assert names(root, "subscribe") == ["ros_discovery_info", "rt/clock"]


def test_a_server_reads_requests_and_writes_replies():
    root = document(Rights(serves=frozenset({"/d/order"})))
    assert names(root, "publish") == ["ros_discovery_info", "rr/d/orderReply"]
    assert names(root, "subscribe") == ["ros_discovery_info", "rq/d/orderRequest"]


def test_a_caller_writes_requests_and_reads_replies():
    root = document(Rights(calls=frozenset({"/d/order"})))
    assert names(root, "publish") == ["ros_discovery_info", "rq/d/orderRequest"]
    assert names(root, "subscribe") == ["ros_discovery_info", "rr/d/orderReply"]


def test_an_action_is_three_services_and_two_topics():
    performs, orders = (document(Rights(**{kind: frozenset({"/d/fly"})})) for kind in ("performs", "orders"))
    assert names(performs, "publish") == names(orders, "subscribe")
    assert names(performs, "subscribe") == names(orders, "publish")
    rights = Rights(performs=frozenset({"/d/fly"}))
    assert set(rights.writes) == {
        "ros_discovery_info", "rt/d/fly/_action/feedback", "rt/d/fly/_action/status",
        *(f"rr/d/fly/_action/{service}Reply" for service in ("send_goal", "cancel_goal", "get_result")),
    }  # fmt: skip
    assert names(performs, "publish") == ["ros_discovery_info", "rr/d/fly/_action/*Reply", "rt/d/fly/_action/*"]


def test_one_pattern_stands_for_the_same_name_of_every_drone():
    both, one = {"rt/d/pose", "rt/e/pose"}, {"rt/d/pose"}
    assert shortened(both, "/t/a", ("d", "e"), reads=False) == ("rt/*/pose",)
    assert shortened(one, "/t/a", ("d", "e"), reads=False) == ("rt/d/pose",)
    assert shortened(one, "/e/a", ("d", "e"), reads=True) == ("rt/*/pose",), "a drone may read its own name"
    assert shortened(one, "/e/a", ("d", "e"), reads=False) == ("rt/d/pose",)


def test_what_a_mavros_reports_is_one_pattern_for_its_readers_alone():
    reported = {"rt/d/mavros/state", "rt/d/mavros/altitude", "rr/d/mavros/set_modeReply", "rq/d/mavros/set_modeRequest"}
    assert shortened(reported, "/t/a", ("d", "e"), reads=True) == (
        "rq/d/mavros/set_modeRequest", "rr/d/mavros/*Reply", "rt/d/mavros/*",
    )  # fmt: skip
    assert set(shortened(reported, "/t/a", ("d", "e"), reads=False)) == reported


def test_all_else_is_denied_and_the_elements_have_the_order_of_the_schema():
    root = document(Rights())
    grant = root.find("permissions/grant")
    assert grant is not None and grant.get("name") == "/drone1/camera"
    assert [one.tag for one in grant] == ["subject_name", "validity", "allow_rule", "default"]
    assert [grant.findtext(path) for path in ("subject_name", "default")] == ["CN=/drone1/camera", "DENY"]
    assert [grant.findtext(f"validity/not_{end}") for end in ("before", "after")] == [
        "2026-11-27T14:00:00", "2027-11-28T14:00:00",
    ]  # fmt: skip
    rule = grant.find("allow_rule")
    assert rule is not None and [one.tag for one in rule] == ["domains", "publish", "subscribe"]
    assert rule.findtext("domains/id") == "7"


def test_the_governance_admits_nobody_without_a_certificate_and_judges_every_topic():
    (rule,) = ElementTree.fromstring(governance_xml(7)).findall("domain_access_rules/domain_rule")
    assert [(one.tag, (one.text or "").strip()) for one in rule] == [
        ("domains", ""), ("allow_unauthenticated_participants", "false"), ("enable_join_access_control", "true"),
        ("discovery_protection_kind", "ENCRYPT"), ("liveliness_protection_kind", "ENCRYPT"),
        ("rtps_protection_kind", "SIGN"), ("topic_access_rules", ""),
    ]  # fmt: skip
    (topics,) = rule.findall("topic_access_rules/topic_rule")
    assert [one.text for one in topics] == ["*", "true", "true", "true", "true", "ENCRYPT", "ENCRYPT"]
