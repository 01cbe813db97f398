"""The language server: what editors ask of hullcheck, over the session that judges a tree again after each edit."""
