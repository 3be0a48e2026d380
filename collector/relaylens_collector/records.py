"""The unit of the journal: one request as admitted."""

from dataclasses import dataclass

from relaylens_collector.signals import Signal


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
