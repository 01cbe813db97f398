"""Who may do what to the cluster, and what that comes to in the wrong hands."""
