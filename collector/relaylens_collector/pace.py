"""How fast the database follows the journal, and how far it is."""

from dataclasses import dataclass

from relaylens_collector.lag import Lag
from relaylens_collector.store.store import TRANSACTION_BYTES


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is applied at once, and when settling is due."""

    group_bytes: int = TRANSACTION_BYTES
    """Request bytes of one transaction at most, unless a single request has more."""

    queue_bytes: int = 8 << 20
    """Request bytes kept decoded in memory at most; what comes on top is read from the journal again."""

    room_seconds: float = 0.25
    """How long a request waits for room in the queue before it is taken all the same: reading it again costs more."""

    gather_seconds: float = 0.1
    """How long small requests wait for others, since every transaction costs the same; settling waits longer anyway."""

    gather_bytes: int = 1 << 20
    """Request bytes that are not small any more."""

    quiet_seconds: float = 0.5
    """Traces are settled when nothing has come for so long."""

    settle_every_seconds: float = 5.0
    """Under constant load traces are settled this often, or so that storing has two thirds of the time."""

    compact_after_seconds: float = 300.0
    """When nothing has come for so long, the database is written anew if much of its file is free."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the database is, and what keeps it."""

    applied_seq: int
    """The last record that is in the database."""

    settled_seq: int
    """The last record that the nouns know of."""

    waiting_requests: int
    waiting_bytes: int

    ready: bool
    """The database is open and was level with the journal and settled since."""

    problem: str | None
    """What fails and is being tried again."""

    set_aside: int
    """Requests that could not be applied and are in the journal only."""

    dead_letters: int
    """Records kept as dead letters, since they were rejected within their request."""

    apply_seconds: float
    settle_seconds: float
    settle_failures: int
    settled_traces: int

    apply_lag: Lag
    """What is in the journal and not in the database."""

    settle_lag: Lag
    """What runs and handoffs were not derived from yet."""
