"""Compose projects as `docker compose` puts them together: every value keeps where it was written."""
