"""What a file is there for: production, or an example, a test, documentation; or a supplier's, whoever deploys it."""
