"""Which images are built from and run, and whether they stay what they were."""
