"""The unit of the journal: one request as admitted."""

from dataclasses import dataclass
from enum import IntFlag

from relaylens_collector.signals import Signal


class Removed(IntFlag):
    """What an erasure took out of a request."""

    RECORDS = 1
    """Spans, log records, metrics or a label."""
    CONTENT = 2
    """The texts of people, models and tools."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What became of a record of which something was erased."""

    operation: int
    """The journal's record that says so."""

    removed: Removed
    body_hash: bytes
    """SHA-256 of the signal and what is left of the body."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A record without its body: what else the store notes of it."""

    seq: int
    signal: Signal
    received_unix_nano: int
    request_hash: bytes
    body_bytes: int
    erasure: Erasure | None


@dataclass(frozen=True, slots=True)
class Record:
    """One admitted request, as it stands in the journal."""

    seq: int
    """Place in the journal, without gaps, from 1."""

    signal: Signal
    """What the body holds."""

    received_unix_nano: int
    """When the request was admitted."""

    request_hash: bytes
    """SHA-256 of the signal and the body: a resent request is recognised by it."""

    body: bytes
    """Protobuf bytes of the OTLP request, or JSON for labels."""

    erasure: Erasure | None = None
    """Where something was erased; the body is what is left then, and the request hash still that of what came."""

    @property
    def receipt(self) -> Receipt:
        """The record without its body, which need not be held any more once it is decoded."""
        return Receipt(self.seq, self.signal, self.received_unix_nano, self.request_hash, len(self.body), self.erasure)
