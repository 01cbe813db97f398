"""Who a container runs as, and with which privileges."""
