"""What a change does: with what it is compared, how, and whether it may be merged."""
