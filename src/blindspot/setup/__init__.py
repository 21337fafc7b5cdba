"""The set-up of `./blindspot`: it makes the Python environment, then starts the command in it.

This package uses the standard library only, because it runs before the packages are installed. Reading order:
`__main__` (the script's work), `steps` (the steps of a set-up, and when a step is repeated), then the steps themselves:
`machine`, `environment`, `interfaces`, `downloads`, `kernels`.
"""
