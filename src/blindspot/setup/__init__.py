"""What `./blindspot` does before anything else can run: make the environment, then start the command in it.

Standard library only, because nothing is installed yet. Read it in this order: `__main__` (the script's work),
`steps` (what a set-up consists of, and when a step is done again), then the steps themselves: `machine`, `environment`,
`interfaces`, `model`.
"""
