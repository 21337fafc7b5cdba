"""The simulated PX4: airframe, battery, commander, navigator, mission, fence."""
