"""Text to model; each module wraps one library, and only it does."""
