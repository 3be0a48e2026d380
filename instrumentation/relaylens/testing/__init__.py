"""For tests of agent systems: what a network did, as values and as assertions. The pytest fixture `network` is made of these parts."""

from relaylens.testing.network import Network
from relaylens.testing.recording import CountingIds, Recording, SpanMemory, TickingClock, recording
from relaylens.testing.seen import Escalation, Finding, Handoff, Run, Seen, Step

__all__ = [
    "CountingIds",
    "Escalation",
    "Finding",
    "Handoff",
    "Network",
    "Recording",
    "Run",
    "Seen",
    "SpanMemory",
    "Step",
    "TickingClock",
    "recording",
]
