"""Files to one model: the only place that sees all files."""
