"""Findings to text, one format a file."""
