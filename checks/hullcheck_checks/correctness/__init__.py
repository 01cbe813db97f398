"""What doesn't mean what it says."""
