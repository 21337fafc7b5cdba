"""Recorded PX4 + MAVROS flights: reading, replay, conformance of the simulator."""
