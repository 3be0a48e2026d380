"""OTLP request bodies of every kind, drawn by choices."""

from typing import Final

from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.messages import Builder, damaged, deep

from relaylens_collector.signals import Signal

OTLP: Final = (Signal.TRACES, Signal.TRACES, Signal.LOGS, Signal.METRICS)


def a_body(choices: Choices) -> tuple[Signal, bytes]:
    """Draw what a call holds: most are good, for what surrounds them is what is tried."""
    signal = choices.of(OTLP)
    kind = choices.below(16)
    if kind == 15:
        return signal, deep(choices, signal)
    if kind == 14:
        return signal, choices.text(200)
    body = Builder(choices, breaks=kind in {11, 12, 13}).request(signal)
    return signal, damaged(choices, body) if kind in {9, 10} else body
