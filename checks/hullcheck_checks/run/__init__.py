"""What happened to the run itself; the engine makes these findings."""
