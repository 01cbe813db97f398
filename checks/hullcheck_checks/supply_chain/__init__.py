"""What a build takes from elsewhere: scripts, archives, packages, contexts."""
