"""The kinds of data that a journal record can hold."""

from enum import StrEnum


class Signal(StrEnum):
    """What a journal record holds: one of OTLP's signals, or labels given later to runs."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"
    LABELS = "labels"
