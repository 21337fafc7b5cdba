"""The simulated MAVROS: topics and services as plain data."""
