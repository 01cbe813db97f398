"""What the owners say: configuration, rules, what is accepted, and words of other tools for it."""
