"""The checks, one file each; see `hullcheck.check` for what a check is."""
