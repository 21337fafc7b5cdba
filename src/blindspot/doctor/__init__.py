"""What works on this machine, what does not, and the line that mends it.

Every check is a function of a `Machine`, so that a test can break whatever it likes; `this_machine` is the real one.
Nothing is imported here that can itself be broken: ROS and the libraries are tried in processes of their own, `probe`
and `nodes/picture_probe`. Read it in this order: `findings`, `machine`, the checks (`ros`, `transport`, `autopilot`,
`computer`), `checks` with all of them in order, `report`.
"""
