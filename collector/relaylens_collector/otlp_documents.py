"""OTLP messages as OTLP's JSON, which is protobuf's but for the ids: hex instead of base64."""

import base64
from typing import Any, Final

from google.protobuf import json_format
from google.protobuf.message import Message

_IDS: Final = ("traceId", "spanId", "parentSpanId")


def document_of(message: Message) -> dict[str, Any]:
    """Write a message as a JSON document."""
    document = json_format.MessageToDict(message, use_integers_for_enums=True)
    _ids_as_hex(document)
    return document


def _ids_as_hex(value: Any) -> None:  # noqa: ANN401 - JSON
    """Turn the ids in a document from base64 to hex, in place; attributes hold no such field but as text of a key."""
    if isinstance(value, list):
        for item in value:
            _ids_as_hex(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in _IDS and isinstance(item, str):
                value[name] = base64.b64decode(item).hex()
            else:
                _ids_as_hex(item)
