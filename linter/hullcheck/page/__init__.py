"""Pages to look at: one file each, that loads nothing and can be read without scripts. Imported only when asked for."""
