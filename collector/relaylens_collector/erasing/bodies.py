"""What is left of a request: its protobuf bytes without some records, or without the texts in them; everything else byte for byte."""

from collections.abc import Callable, Iterator
from typing import Final

from relaylens.semconv import CONTENT_EVENTS, CONTENT_KEYS, CONTENT_PREFIXES, STRUCTURAL_ENDINGS
from relaylens_collector.signals import Signal

ERASED: Final = "[erased]"
"""What stands in the place of a text."""

_RESOURCES: Final = 1
_SCOPES: Final = 2
_RECORDS: Final = 2
_KEY: Final = 1
_VALUE: Final = 2
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_MORE: Final = 0x80

_SPAN_ATTRIBUTES: Final = 9
_SPAN_EVENTS: Final = 11
_SPAN_LINKS: Final = 13
_EVENT_NAME: Final = 2
_EVENT_ATTRIBUTES: Final = 3
_LINK_ATTRIBUTES: Final = 4
_LOG_BODY: Final = 5
_LOG_ATTRIBUTES: Final = 6
_LOG_EVENT_NAME: Final = 12
_EVENT_KEYS: Final = frozenset({"event.name"})

Part = tuple[int, bytes, bytes | None]
"""A field: its number, all its bytes, and its content where it has a length."""


def without_records(body: bytes, places: frozenset[int]) -> bytes:
    """Leave out the records at these places of the request, counted from 0, and resources and scopes that hold none then."""
    count = -1

    def keep_record(record: bytes) -> bytes | None:
        nonlocal count
        count += 1
        return None if count in places else record

    def keep_scope(scope: bytes) -> bytes | None:
        return _changed_unless_empty(scope, _RECORDS, keep_record)

    return _changed(body, _RESOURCES, lambda resource: _changed_unless_empty(resource, _SCOPES, keep_scope))


def without_content(signal: Signal, body: bytes) -> bytes:
    """Put `[erased]` in the place of every text of people, models and tools; names, times, numbers and outcomes stay."""
    change = {Signal.TRACES: _span_without_content, Signal.LOGS: _log_without_content}.get(signal)
    if change is None:
        return body
    return _changed(body, _RESOURCES, lambda resource: _changed(resource, _SCOPES, lambda scope: _changed(scope, _RECORDS, change)))


def _span_without_content(span: bytes) -> bytes:
    span = _changed(span, _SPAN_ATTRIBUTES, _attribute_without_content)
    span = _changed(span, _SPAN_EVENTS, _event_without_content)
    return _changed(span, _SPAN_LINKS, lambda link: _changed(link, _LINK_ATTRIBUTES, _attribute_without_content))


def _event_without_content(event: bytes) -> bytes:
    is_message = any(
        number == _EVENT_NAME and (content or b"").decode(errors="replace") in CONTENT_EVENTS for number, _, content in _parts(event)
    )
    return _changed(event, _EVENT_ATTRIBUTES, _message_attribute if is_message else _attribute_without_content)


def _log_without_content(log: bytes) -> bytes:
    """A body is content unless the record is an event that is no message, such as what processes say of themselves."""
    names = [content.decode(errors="replace") for number, _, content in _parts(log) if number == _LOG_EVENT_NAME and content]
    is_message = not names or names[-1] in CONTENT_EVENTS
    log = _changed(log, _LOG_ATTRIBUTES, _attribute_without_content)
    return _changed(log, _LOG_BODY, lambda _: _text_value()) if is_message else log


def _attribute_without_content(attribute: bytes) -> bytes:
    key = _key(attribute)
    is_flattened = key.startswith(CONTENT_PREFIXES) and not key.endswith(STRUCTURAL_ENDINGS)
    return _changed(attribute, _VALUE, lambda _: _text_value()) if key in CONTENT_KEYS or is_flattened else attribute


def _message_attribute(attribute: bytes) -> bytes:
    key = _key(attribute)
    return attribute if key.endswith(STRUCTURAL_ENDINGS) or key in _EVENT_KEYS else _changed(attribute, _VALUE, lambda _: _text_value())


def _key(attribute: bytes) -> str:
    return next((content.decode(errors="replace") for number, _, content in _parts(attribute) if number == _KEY and content), "")


def _text_value() -> bytes:
    """Return an AnyValue that holds the text."""
    text = ERASED.encode()
    return bytes([1 << 3 | _LENGTH, len(text)]) + text


def _changed(message: bytes, wanted: int, change: Callable[[bytes], bytes | None]) -> bytes:
    """Change the content of the fields of a number; one that is changed to nothing is left out."""
    kept: list[bytes] = []
    for number, whole, content in _parts(message):
        if number != wanted or content is None:
            kept.append(whole)
        elif (new := change(content)) is not None:
            kept.append(whole if new == content else _field(number, new))
    return b"".join(kept)


def _changed_unless_empty(message: bytes, wanted: int, change: Callable[[bytes], bytes | None]) -> bytes | None:
    """Change a message that holds a list, and leave it out when nothing of the list stays."""
    changed = _changed(message, wanted, change)
    had = any(number == wanted for number, _, _ in _parts(message))
    has = any(number == wanted for number, _, _ in _parts(changed))
    return changed if has or not had else None


def _field(number: int, content: bytes) -> bytes:
    return _packed(number << 3 | _LENGTH) + _packed(len(content)) + content


def _packed(value: int) -> bytes:
    found = bytearray()
    while value >= _MORE:
        found.append(value & 0x7F | _MORE)
        value >>= 7
    found.append(value)
    return bytes(found)


def _parts(message: bytes) -> Iterator[Part]:
    """Yield the fields of a message; ValueError when its bytes are none."""
    place, end = 0, len(message)
    while place < end:
        begin = place
        tag, place = _varint(message, place)
        kind, content = tag & 7, None
        if kind == _LENGTH:
            size, place = _varint(message, place)
            content = message[place : place + size]
            place += size
        elif kind == _VARINT:
            _, place = _varint(message, place)
        elif kind in {_FIXED64, _FIXED32}:
            place += 8 if kind == _FIXED64 else 4
        else:
            error = f"wire type {kind}"
            raise ValueError(error)
        if place > end:
            error = "a field is longer than its message"
            raise ValueError(error)
        yield tag >> 3, message[begin:place], content


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while place < len(message):
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < _MORE:
            return value, place
        shift += 7
    error = "a number has no end"
    raise ValueError(error)
