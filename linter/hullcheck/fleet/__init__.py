"""Many repositories: which there are, judged here or on a cluster, and what can be asked of the results.

A plain `check` imports nothing of this. See docs/fleet.md.
"""
