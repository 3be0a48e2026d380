"""OTLP in, journal, mapping, store and read API."""
