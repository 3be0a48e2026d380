"""Lets a part of a recorded run happen again, and everything after it later."""

import hashlib
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.faults.recordings import Attributes, Key, Recording, key_of, strings

from relaylens import semconv

CALL_ID: Final = re.compile(r"(?:tool_)?(?:call|use)_?[iI]d\W{1,8}([\w-]+)")
"""The id of a call, as texts name it."""

SHORTEST_ID: Final = 6
"""A shorter one might be part of any word."""

PAUSE: Final = 1_000_000
"""Nanoseconds between a part and its repetition."""


def below(recording: Recording, tops: AbstractSet[Key]) -> set[Key]:
    """These spans and all that hang below them."""
    children: dict[Key, list[Key]] = {}
    for span in recording.spans():
        if span.parent_span_id:
            children.setdefault((span.trace_id.hex(), span.parent_span_id.hex()), []).append(key_of(span))
    found, waiting = set(tops), list(tops)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in found:
                found.add(child)
                waiting.append(child)
    return found


def extent(recording: Recording, keys: AbstractSet[Key]) -> tuple[int, int]:
    """When the first of these spans begins and the last one ends."""
    spans = [span for span in recording.spans() if key_of(span) in keys]
    return min(span.start_time_unix_nano for span in spans), max(span.end_time_unix_nano or span.start_time_unix_nano for span in spans)


def repeat(recording: Recording, keys: AbstractSet[Key], times: int, salt: str) -> list[dict[Key, Key]]:
    """Let these spans happen so many times more, one after the other; what came after them comes later by as much.

    The answer names the copy of each span, one mapping a repetition.
    """
    start, end = extent(recording, keys)
    length = end - start + PAUSE
    make_room(recording, end, length * times, keys)
    whole = {trace for trace, _ in keys} - {span.trace_id.hex() for span in recording.spans() if key_of(span) not in keys}
    calls = _calls_of(recording, keys)
    return [_add_copies(recording, _Renaming(f"{salt} {time}", keys, whole, calls), time * length) for time in range(1, times + 1)]


def copy_beside(recording: Recording, keys: AbstractSet[Key], shift: int, salt: str) -> dict[Key, Key]:
    """Put a copy of these spans beside them, so much later; the answer names the copy of each span."""
    return _add_copies(recording, _Renaming(salt, keys, frozenset(), _calls_of(recording, keys)), shift)


def make_room(recording: Recording, moment: int, nanoseconds: int, without: AbstractSet[Key]) -> None:
    """Let everything but these spans that happens from a moment on happen so much later."""

    def later(time: int) -> int:
        return time + nanoseconds if time >= moment else time

    for span in recording.spans():
        if key_of(span) not in without:
            _set_times(span, later)
    for record in recording.records():
        if key_of(record) not in without:
            _set_record_times(record, later)


@dataclass(frozen=True)
class _Renaming:
    """The ids of a copy."""

    salt: str
    keys: AbstractSet[Key]
    whole: AbstractSet[str]
    """Traces that are copied as a whole, and become traces of their own."""

    calls: AbstractSet[str]
    """Ids of tool calls."""

    def fresh(self, old: bytes) -> bytes:
        """The copy's id."""
        return hashlib.sha256(self.salt.encode() + old).digest()[: len(old)]

    def rename(self, item: Span | LogRecord) -> None:
        """Give a copied span or record its own ids."""
        if isinstance(item, Span):
            if (item.trace_id.hex(), item.parent_span_id.hex()) in self.keys:
                item.parent_span_id = self.fresh(item.parent_span_id)
            for event in item.events:
                self.rename_calls(event.attributes)
        if item.trace_id.hex() in self.whole:
            item.trace_id = self.fresh(item.trace_id)
        item.span_id = self.fresh(item.span_id)
        self.rename_calls(item.attributes)

    def rename_calls(self, attributes: Attributes) -> None:
        """Give the tool calls named in attributes ids of their own."""
        ending = hashlib.sha256(self.salt.encode()).hexdigest()[:6]
        for text in [text for pair in attributes for text in strings(pair.value)]:
            for call in self.calls:
                text.string_value = text.string_value.replace(call, call + ending)


def _add_copies(recording: Recording, renaming: _Renaming, shift: int) -> dict[Key, Key]:
    """Put a copy of the spans and their records beside them."""
    copies: dict[Key, Key] = {}
    for scope in [scope for request in recording.traces for group in request.resource_spans for scope in group.scope_spans]:
        for span in [span for span in scope.spans if key_of(span) in renaming.keys]:
            copy = scope.spans.add()
            copy.CopyFrom(span)
            _set_times(copy, lambda time: time + shift)
            renaming.rename(copy)
            copies[key_of(span)] = key_of(copy)
    for log_scope in [scope for request in recording.logs for group in request.resource_logs for scope in group.scope_logs]:
        for record in [record for record in log_scope.log_records if key_of(record) in renaming.keys]:
            log_copy = log_scope.log_records.add()
            log_copy.CopyFrom(record)
            _set_record_times(log_copy, lambda time: time + shift)
            renaming.rename(log_copy)
    return copies


def _calls_of(recording: Recording, keys: AbstractSet[Key]) -> set[str]:
    """The ids of the tool calls that these spans make or tell of, whether on attributes or within texts."""
    spans = [span for span in recording.spans() if key_of(span) in keys]
    pairs = [pair for span in spans for pairs in (span.attributes, *(event.attributes for event in span.events)) for pair in pairs]
    named = {pair.value.string_value for pair in pairs if pair.key in semconv.CONVENTIONS["tool_call_id"]}
    told = {found for pair in pairs for text in strings(pair.value) for found in CALL_ID.findall(text.string_value)}
    return {call for call in named | told if len(call) >= SHORTEST_ID}


def _set_times(span: Span, change: Callable[[int], int]) -> None:
    span.start_time_unix_nano = change(span.start_time_unix_nano)
    span.end_time_unix_nano = change(span.end_time_unix_nano) if span.end_time_unix_nano else 0
    for event in span.events:
        event.time_unix_nano = change(event.time_unix_nano)


def _set_record_times(record: LogRecord, change: Callable[[int], int]) -> None:
    record.time_unix_nano = change(record.time_unix_nano) if record.time_unix_nano else 0
    record.observed_time_unix_nano = change(record.observed_time_unix_nano) if record.observed_time_unix_nano else 0
