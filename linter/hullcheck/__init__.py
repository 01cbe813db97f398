"""hullcheck: one static security linter for Dockerfiles, Compose files and Kubernetes manifests."""

__version__ = "0.1.0"

REPOSITORY = "https://github.com/hullcheck/hullcheck"
"""Where hullcheck's own source and pages are: what reports link to, and what `pyproject.toml` and the Action name."""
