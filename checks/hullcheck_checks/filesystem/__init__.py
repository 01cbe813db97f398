"""What of the host a container gets: paths, sockets, devices."""
