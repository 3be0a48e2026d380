"""Erasing: what goes, what is held, and how it goes from journal and database (docs/decisions/0010-erasing.md)."""
