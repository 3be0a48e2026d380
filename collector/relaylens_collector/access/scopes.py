"""What a token may be good for."""

from enum import StrEnum
from typing import Final


class Scope(StrEnum):
    """One thing that a token lets its holder do; none of them holds another."""

    INGEST = "ingest"
    """Send traces, logs and metrics."""

    READ = "read"
    """Ask for everything that is stored."""

    LABEL = "label"
    """Attach judgements to runs: neither for readers, who change nothing, nor for the agents that are judged."""

    ADMIN = "admin"
    """Change or copy what is stored: backup, retention, erasure."""

    MONITOR = "monitor"
    """Nothing but what every token is good for, health, readiness and the collector's own numbers, and how many findings there are."""


ALL_SCOPES: Final = frozenset(Scope)
"""What the token of the setting is good for, and everyone on loopback as long as there is no token."""
