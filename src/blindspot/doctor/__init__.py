"""Checks of this machine: working and missing parts, with the command that fixes each problem.

Every check is a function of a `Machine`, so that a test can break any part. `this_machine` is the real machine. ROS and
the libraries may be broken. They are imported only in processes of their own: `probe` and
`nodes/clients/picture_probe`. Reading order: `findings`, `machine`, the checks (`ros`, `transport`, `autopilot`,
`computer`), `checks` with their order, `report`.
"""
