"""Overlays and charts to objects, each value with its place."""
