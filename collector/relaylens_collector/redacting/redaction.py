"""A request without what is to be taken out of its texts: attributes, names, bodies, messages, nested values and labels.

It never lets through what it could not look at: a request, a value or a text that cannot be read does not pass as it is.
"""

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf.message import DecodeError

from relaylens.semconv import IDENTITY_KEYS, JOINING_KEYS
from relaylens_collector.errors import UndecodableError
from relaylens_collector.mapping import check_parts
from relaylens_collector.redacting.messages import ARRAY, KVLIST, REQUESTS, Plan
from relaylens_collector.redacting.texts import Texts
from relaylens_collector.signals import Signal

_JOINING: Final = frozenset(key.encode() for key in JOINING_KEYS)
_IDENTITIES: Final = frozenset(key.encode() for key in IDENTITY_KEYS)
_LABEL_TEXTS: Final = ("value", "source", "comment")
_DEEPEST: Final = 200
_UNREADABLE: Final = "unreadable"
_HASH_LENGTH: Final = 32


@dataclass(frozen=True, slots=True)
class Redacted:
    """A request as it may be stored."""

    body: bytes
    counts: Mapping[str, int]
    """What was taken out, by kind."""


class Redaction:
    """Redacts requests, the same one always in the same way; used from any thread."""

    def __init__(self, texts: Texts, key: bytes) -> None:
        """Use the key for the hashes that stand for identities with personal data in them."""
        self._texts = texts
        self._key = key

    def __call__(self, signal: Signal, body: bytes) -> Redacted:
        """Return the request without what is to be taken out; raises UndecodableError when it cannot be read."""
        counts: Counter[str] = Counter()
        if signal is Signal.LABELS:
            return Redacted(self._label(body, counts), counts)
        check_parts(signal, body)
        kind, plan = REQUESTS[signal]
        try:
            request = kind.FromString(body)
        except DecodeError as error:
            detail = f"Decoding {signal} of {len(body)} bytes: {error}. It is not kept: what cannot be read cannot be redacted."
            raise UndecodableError(detail) from error
        # What this version of the protocol does not know may be text too.
        request.DiscardUnknownFields()
        self._message(request, plan, counts)
        return Redacted(request.SerializeToString(deterministic=True), counts)

    def _message(self, message: Any, plan: Plan, counts: Counter[str]) -> None:  # noqa: ANN401, C901 - made from descriptors; one loop for each kind
        """Redact a message in place."""
        for name in plan.texts:
            text = getattr(message, name)
            if text and (left := self._texts.redacted(text, "", counts)) is not None:
                setattr(message, name, left)
        for name in plan.attributes:
            for pair in getattr(message, name):
                self._attribute(pair, counts)
        for name in plan.values:
            if message.HasField(name):
                self._value(getattr(message, name), "", counts, 0)
        for name, inner in plan.lists:
            for item in getattr(message, name):
                self._message(item, inner, counts)
        for name, inner in plan.parts:
            if message.HasField(name):
                self._message(getattr(message, name), inner, counts)

    def _attribute(self, pair: Any, counts: Counter[str]) -> None:  # noqa: ANN401 - as above
        """Redact an attribute, but for the identifiers that join spans."""
        key = pair.key
        if key in _JOINING:
            return
        value = pair.value
        text = value.string_value
        if not text:
            self._value(value, "", counts, 0)
        elif (left := self._texts.redacted(text, "", counts)) is not None:
            value.string_value = self._hashed(text) if key in _IDENTITIES else left
        if (name := self._texts.redacted(key, "", counts)) is not None:
            pair.key = name

    def _value(self, value: Any, name: str, counts: Counter[str], depth: int) -> None:  # noqa: ANN401 - as above
        """Redact a value of any kind; the names of members are evidence of what they hold."""
        kind = value.WhichOneof("value")
        if kind == "string_value":
            if (left := self._texts.redacted(value.string_value, name, counts)) is not None:
                value.string_value = left
        elif kind == "bytes_value":
            self._bytes(value, name, counts)
        elif kind in {"int_value", "double_value"}:
            # Numbers of attributes are counts and settings; what is called a phone number in a nested value is one.
            if name and (left := self._texts.redacted(repr(getattr(value, kind)).encode(), name, counts)) is not None:
                value.string_value = left
        elif kind == "array_value":
            self._nested(value, ARRAY, name, counts, depth)
        elif kind == "kvlist_value":
            self._nested(value, KVLIST, name, counts, depth)

    def _bytes(self, value: Any, name: str, counts: Counter[str]) -> None:  # noqa: ANN401 - as above
        """Redact bytes that are a text; others are none."""
        try:
            value.bytes_value.decode()
        except UnicodeDecodeError:
            return
        if (left := self._texts.redacted(value.bytes_value, name, counts)) is not None:
            value.bytes_value = left

    def _nested(self, value: Any, kind: Any, name: str, counts: Counter[str], depth: int) -> None:  # noqa: ANN401 - as above
        """Redact an array or a kvlist, which is read here; what cannot be read or is nested without end does not stay."""
        is_array = kind is ARRAY
        try:
            if depth > _DEEPEST:
                raise DecodeError  # noqa: TRY301 - it is treated the same
            nested = kind.FromString(value.array_value if is_array else value.kvlist_value)
        except DecodeError:
            value.string_value = f"[{_UNREADABLE}]".encode()
            counts[_UNREADABLE] += 1
            return
        nested.DiscardUnknownFields()
        if is_array:
            for item in nested.values:
                self._value(item, name, counts, depth + 1)
            value.array_value = nested.SerializeToString(deterministic=True)
            return
        for pair in nested.values:
            self._value(pair.value, pair.key.decode("utf-8", "replace"), counts, depth + 1)
            if (key := self._texts.redacted(pair.key, "", counts)) is not None:
                pair.key = key
        value.kvlist_value = nested.SerializeToString(deterministic=True)

    def _hashed(self, identity: bytes) -> bytes:
        """Return what stands for an identity with personal data in it: others stay apart from it."""
        return hmac.new(self._key, identity, hashlib.sha256).hexdigest()[:_HASH_LENGTH].encode()

    def _label(self, body: bytes, counts: Counter[str]) -> bytes:
        """Redact what a label says; which run it is about stays."""
        try:
            label = json.loads(body)
        except (ValueError, RecursionError) as error:
            detail = f"A label is not JSON: {error}."
            raise UndecodableError(detail) from error
        if not isinstance(label, dict):
            return body
        changed = False
        for name in _LABEL_TEXTS:
            if isinstance(label.get(name), str):
                left = self._texts.redacted(label[name].encode("utf-8", "replace"), "", counts)
                if left is not None:
                    label[name], changed = left.decode(), True
        return json.dumps(label, sort_keys=True).encode() if changed else body
