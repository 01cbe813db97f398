"""What the files say and what containers will do; no I/O."""
