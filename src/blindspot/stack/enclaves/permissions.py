"""The rights of one process on the ROS graph, and the two XML documents of DDS Security with these rights.

A permissions document names DDS topics. ROS derives the DDS names from ROS names (design article "Topic and Service
name mapping to DDS"): `rt` and the name for a topic, `rq`...`Request` and `rr`...`Reply` for a service. An action
consists of three services and two topics below `<name>/_action/`. The formats are those of OMG DDS Security 1.1,
annexes for the shared certificate authority.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

GRAPH = "ros_discovery_info"
"""The topic with the nodes of each process, for every other process. DDS uses the same name, without a prefix."""
ACTION_SERVICES = ("send_goal", "cancel_goal", "get_result")
ACTION_TOPICS = ("feedback", "status")
_SCHEMA = "http://www.omg.org/spec/DDS-SECURITY/20170901/omg_shared_ca_{}.xsd"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True, slots=True)
class Rights:
    """Full ROS names, with their leading slash, that a process may use. Everything else is denied.

    A name may end with `*`, for the names below a name of the process.
    """

    publishes: frozenset[str] = frozenset()
    subscribes: frozenset[str] = frozenset()
    serves: frozenset[str] = frozenset()
    calls: frozenset[str] = frozenset()
    performs: frozenset[str] = frozenset()
    """Actions of which the process is the server."""
    orders: frozenset[str] = frozenset()
    """Actions that the process requests."""

    def __or__(self, other: Rights) -> Rights:
        return Rights(
            self.publishes | other.publishes, self.subscribes | other.subscribes, self.serves | other.serves,
            self.calls | other.calls, self.performs | other.performs, self.orders | other.orders,
        )  # fmt: skip

    @property
    def writes(self) -> tuple[str, ...]:
        """DDS topics that the process may write, in order.

        Example
        -------
        >>> Rights(publishes=frozenset({"/d1/mission"}), calls=frozenset({"/d1/order"})).writes
        ('ros_discovery_info', 'rq/d1/orderRequest', 'rt/d1/mission')
        """
        services, actions = self._serves_all, {f"{name}/_action/{t}" for name in self.performs for t in ACTION_TOPICS}
        return _sorted({*_topics(self.publishes | actions), *_requests(self._calls_all), *_replies(services)})

    @property
    def reads(self) -> tuple[str, ...]:
        """DDS topics that the process may read, in order."""
        actions = {f"{name}/_action/{topic}" for name in self.orders for topic in ACTION_TOPICS}
        return _sorted({*_topics(self.subscribes | actions), *_requests(self._serves_all), *_replies(self._calls_all)})

    @property
    def _serves_all(self) -> frozenset[str]:
        return self.serves | {f"{name}/_action/{s}" for name in self.performs for s in ACTION_SERVICES}

    @property
    def _calls_all(self) -> frozenset[str]:
        return self.calls | {f"{name}/_action/{s}" for name in self.orders for s in ACTION_SERVICES}


def _topics(names: Iterable[str]) -> set[str]:
    return {f"rt{name}" for name in names}


def _requests(names: Iterable[str]) -> set[str]:
    return {f"rq{name}Request" for name in names}


def _replies(names: Iterable[str]) -> set[str]:
    return {f"rr{name}Reply" for name in names}


def _sorted(topics: set[str]) -> tuple[str, ...]:
    return (GRAPH, *sorted(topics))


def shortened(topics: Iterable[str], enclave: str, drones: Collection[str], *, reads: bool) -> tuple[str, ...]:
    """Patterns for DDS topics, in order, so that the permissions fit into one message of the handshake.

    One pattern stands for the services of the process's own node, for the parts of an action, and for the same name of
    every drone. Where the process `reads`, `*` stands for all reports of a MAVROS, and a drone with the right to a
    name of every other drone may also read the drone's own name.

    >>> shortened(["rt/d1/clearance", "rt/d2/clearance"], "/blindspot/authority", ["d1", "d2"], reads=False)
    ('rt/*/clearance',)
    """
    named = {_short(topic, enclave, reads=reads) for topic in topics}
    found = set()
    for topic in named:
        drone = topic.split("/")[1] if topic.count("/") > 1 else ""
        if drone not in drones or len(drones) == 1:
            found.add(topic)
            continue
        needed = [other for other in drones if not (reads and enclave.startswith(f"/{other}/"))]
        is_each = all(topic.replace(f"/{drone}/", f"/{other}/", 1) in named for other in needed)
        found.add(topic.replace(f"/{drone}/", "/*/", 1) if is_each and len(needed) > 0 else topic)
    return tuple(sorted(found))


def _short(topic: str, enclave: str, *, reads: bool) -> str:
    kind, _, name = topic.partition("/")
    suffix = {"rq": "Request", "rr": "Reply"}.get(kind, "")
    if suffix and f"/{name}".startswith(f"{enclave}/"):
        return f"{kind}{enclave}/*{suffix}"
    if "/_action/" in name:
        return f"{kind}/{name.partition('/_action/')[0]}/_action/*{suffix}"
    if reads and kind != "rq" and name.split("/")[1:2] == ["mavros"]:
        return f"{kind}/{name.split('/')[0]}/mavros/*{suffix}"
    return topic


def permissions_xml(
    enclave: str, rights: Rights, drones: Collection[str], domain: int, begins: datetime, ends: datetime
) -> bytes:
    """The permissions of an enclave, whose name is also the common name of its certificate.

    `drones` are the names of the fleet's drones; the times are UTC.
    """
    root = _root("permissions")
    grant = SubElement(SubElement(root, "permissions"), "grant", name=enclave)
    SubElement(grant, "subject_name").text = f"CN={enclave}"
    validity = SubElement(grant, "validity")
    SubElement(validity, "not_before").text = f"{begins:%Y-%m-%dT%H:%M:%S}"
    SubElement(validity, "not_after").text = f"{ends:%Y-%m-%dT%H:%M:%S}"
    rule = SubElement(grant, "allow_rule")
    _domain(rule, domain)
    for kind, topics in (("publish", rights.writes), ("subscribe", rights.reads)):
        listed = SubElement(SubElement(rule, kind), "topics")
        for topic in shortened(topics, enclave, drones, reads=kind == "subscribe"):
            SubElement(listed, "topic").text = topic
    SubElement(grant, "default").text = "DENY"
    return _bytes(root)


def governance_xml(domain: int) -> bytes:
    """The rules of a domain: no participant without a certificate, each message encrypted, each access judged."""
    root = _root("governance")
    rule = SubElement(SubElement(root, "domain_access_rules"), "domain_rule")
    _domain(rule, domain)
    for name, value in (
        ("allow_unauthenticated_participants", "false"), ("enable_join_access_control", "true"),
        ("discovery_protection_kind", "ENCRYPT"), ("liveliness_protection_kind", "ENCRYPT"),
        ("rtps_protection_kind", "SIGN"),
    ):  # fmt: skip
        SubElement(rule, name).text = value
    topic = SubElement(SubElement(rule, "topic_access_rules"), "topic_rule")
    for name, value in (
        ("topic_expression", "*"), ("enable_discovery_protection", "true"), ("enable_liveliness_protection", "true"),
        ("enable_read_access_control", "true"), ("enable_write_access_control", "true"),
        ("metadata_protection_kind", "ENCRYPT"), ("data_protection_kind", "ENCRYPT"),
    ):  # fmt: skip
        SubElement(topic, name).text = value
    return _bytes(root)


def _root(kind: str) -> Element:
    ElementTree.register_namespace("xsi", _INSTANCE)
    return Element("dds", {f"{{{_INSTANCE}}}noNamespaceSchemaLocation": _SCHEMA.format(kind)})


def _domain(rule: Element, domain: int) -> None:
    """One number: Cyclone DDS 0.10.5 reads no range of domains (tried)."""
    SubElement(SubElement(rule, "domains"), "id").text = str(domain)


def _bytes(root: Element) -> bytes:
    ElementTree.indent(root, space="")  # lines, and no byte more
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"
