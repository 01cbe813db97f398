"""A fuzzer: broken and odd repositories through every command, and what must hold for each of them.

`python -m tests.fuzz --minutes 10` runs it for long; `tests/test_fuzz.py` for a few seconds. A repository comes from
`trees.py`, is broken by `mutate.py` or made odd by `odd.py`, and judged by `properties.py`; what fails is made small by
`minimise.py` and written down.
"""
