"""Fixes: what checks want changed, as edits (`resolve`); edits, as new files (`apply`); new files, on disk (`files`)."""
