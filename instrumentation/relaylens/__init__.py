"""Relaylens: observability for networks of AI agents. This package is what a host process imports."""
