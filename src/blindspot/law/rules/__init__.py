"""The rules of the law, one pure function each: a context in, a ruling out. `law/judgement.py` applies them."""
