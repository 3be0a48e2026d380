"""The kinds of data that a journal record can hold."""

from enum import StrEnum


class Signal(StrEnum):
    """What a journal record holds: one of OTLP's signals, labels given later to runs, or what was done to the record itself."""

    TRACES = "traces"
    LOGS = "logs"
    METRICS = "metrics"
    LABELS = "labels"
    OPERATIONS = "operations"
