from blindspot.flight.vehicle.mavlink import (
    CommandAck,
    CommandLong,
    command_ack,
    command_long,
    read_command_ack,
    read_command_long,
)


def test_a_command_has_the_bytes_of_mavlink_2():
    """COMMAND_LONG 3001 (0x0bb9) to system 1: seven floats of 0, the command, the target; trailing zeros cut."""
    fields = command_long(3001, system_id=1, target_system=1, sequence=7)
    assert (fields["msgid"], fields["len"], fields["magic"], fields["seq"]) == (76, 31, 253, 7)
    assert fields["payload64"] == [0, 0, 0, 0x01_0BB9 << 32]


def test_the_checksum_is_the_links():
    """CRC-16/MCRF4XX of a heartbeat-like frame, worked out by hand for an all-zero COMMAND_ACK of system 0."""
    fields = command_ack(CommandAck(0, 0, 0), system_id=0, component_id=0)
    crc = 0xFFFF
    for byte in bytes([fields["len"], 0, 0, 0, 0, 0, 77, 0, 0]) + bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 1]) + bytes([143]):
        for bit in range(8):
            mixed = (crc ^ (byte >> bit)) & 1
            crc = (crc >> 1) ^ (0x8408 if mixed else 0)
    assert fields["checksum"] == crc


def test_an_answer_survives_the_way():
    ack = CommandAck(3001, 2, 4)
    assert read_command_ack(command_ack(ack, 1, 191)) == ack


def test_a_request_survives_the_way():
    fields = command_long(3001, system_id=4, target_system=1, sequence=7)
    assert read_command_long(fields) == CommandLong(3001, system_id=4, target_system=1)
    assert read_command_long({**fields, "payload64": [1, *fields["payload64"][1:]]}) is None
    assert read_command_long(command_ack(CommandAck(3001, 0, 1), 1, 191)) is None


def test_another_message_and_a_broken_one_are_no_answer():
    fields = command_ack(CommandAck(3001, 0, 1), 1, 191)
    assert read_command_ack({**fields, "msgid": 76}) is None
    assert read_command_ack({**fields, "checksum": fields["checksum"] ^ 1}) is None
