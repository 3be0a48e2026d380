"""The journal: append-only, checksummed, hash-chained; what is acknowledged is in it, everything else can be rebuilt from it."""

from relaylens_collector.journal.framing import request_hash
from relaylens_collector.journal.journal import Journal

__all__ = ["Journal", "request_hash"]
