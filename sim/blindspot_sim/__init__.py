"""The embedded simulator: a quadrotor that answers as MAVROS and PX4 do, and the town that its camera sees."""

import blindspot  # before numba: see core/kernel_cache.py
