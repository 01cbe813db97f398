"""Credentials that stand in files and images, and services that ask for none."""
