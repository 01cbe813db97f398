"""What will really run, dialect by dialect, each value with the line that decided it."""
