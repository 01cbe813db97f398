"""Facts that checks use, each with its source."""
