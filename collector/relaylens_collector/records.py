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
