"""The read API on the HTTP port: one SELECT, labels, health and metrics."""
