"""What of a span may leave the process: content by its level, personal data by rule, end users by a hash.

It works on the copy of a span that is sent, on the thread that sends, and never fails open: where it cannot do its work on a
span, that span leaves without any text.
"""

import copy
import hashlib
import hmac
import json
import re
import secrets
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from opentelemetry import trace
from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, Span
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, Status
from opentelemetry.util.types import AttributeValue

from relaylens.capturing import Capture, strictest
from relaylens.content import as_json
from relaylens.redaction import Redactor
from relaylens.reducing import Reducer, is_identifier, is_name, parsed, telling_phrase
from relaylens.safety import report
from relaylens.scope import normalised
from relaylens.semconv import (
    CONTENT_EVENTS,
    CONTENT_KEYS,
    CONTENT_METADATA_KEYS,
    CONTENT_PREFIXES,
    CONVENTIONS,
    GEN_AI_OPERATION_NAME,
    GEN_AI_TOOL_DEFINITIONS,
    IDENTITY_KEYS,
    JOINING_KEYS,
    RELAYLENS_HANDOFF_PAYLOAD,
    RELAYLENS_HANDOFF_RECEIVED,
    RELAYLENS_RUN_OUTCOME_REASON,
    STRUCTURAL_ENDINGS,
    STRUCTURAL_KEYS,
    USER_KEYS,
    ContentLevel,
)

_ARGUMENTS: Final = frozenset(
    {*CONVENTIONS["tool_arguments"], *CONVENTIONS["tool_result"], RELAYLENS_HANDOFF_PAYLOAD, RELAYLENS_HANDOFF_RECEIVED, "tool.parameters"}
)
"""Content without a structure that could be known."""

_AGENTS: Final = (*CONVENTIONS["agent_name"], "graph.node.id", *CONVENTIONS["transfer_source"])
_TARGETS: Final = (*CONVENTIONS["transfer_target"], "traceloop.association.properties.__handoff_destination", "langgraph.command.goto_node")
_FROM_AND_TO: Final = ("input.value", "output.value")
"""In OpenInference's spans of handoffs, who hands over to whom."""

_METADATA: Final = frozenset(CONVENTIONS["metadata"])
_USER_MEMBER: Final = "user_id"
_STACKTRACE: Final = "exception.stacktrace"
_ERROR_TEXTS: Final = frozenset({"exception.message", "exception.stacktrace", "error.message", RELAYLENS_RUN_OUTCOME_REASON})
_MOST_WITHHELD: Final = 256
_SHORTEST_WITHHELD: Final = 4
_COMMANDS: Final = ("process.command", "process.command_args", "process.command_line")
_LONGEST_NAME: Final = 80
_MOST_WORDS: Final = 8
_SHORTEST_QUOTE: Final = 12


@dataclass(eq=False)
class Kin:
    """A span that is open or was, and the one it was started in: whose agent's work it is."""

    span: ReadableSpan
    agent: str | None
    parent: "Kin | None"


class Privacy:
    """Decides for each span what leaves the process, and takes the rest out."""

    def __init__(
        self, capture: Capture | None = None, redactor: Redactor | None = None, *, hash_user_ids: bool = False, key: bytes | None = None
    ) -> None:
        """Without a key a random one is made: hashes can then be compared within this process only."""
        self.capture = Capture() if capture is None else capture
        self._redactor = redactor
        self._hash_user_ids = hash_user_ids
        self._key = secrets.token_bytes(32) if key is None else key
        self._reducer = Reducer(self._key, is_shared=key is not None)
        self._kin: weakref.WeakValueDictionary[int, Kin] = weakref.WeakValueDictionary()
        self._withheld: OrderedDict[str, ContentLevel] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_active(self) -> bool:
        """Whether anything is ever taken out."""
        return self._redactor is not None or self._hash_user_ids or not self.capture.keeps_all

    def begun(self, span: Span, parent_context: Context | None, agent: str | None) -> Kin | None:
        """Remember whose work a span is, where agents have levels of their own; the host's thread calls this."""
        if not self.capture.agents:
            return None
        context = span.get_span_context()
        parent = trace.get_current_span(parent_context).get_span_context()
        with self._lock:
            kin = Kin(span, agent, self._kin.get(parent.span_id) if parent.is_valid else None)
            self._kin[context.span_id] = kin
        return kin

    def level(self, span: ReadableSpan, kin: Kin | None) -> ContentLevel:
        """The level of a span: that of the agent whose work it is, or of whom it addresses where that is stricter."""
        if not self.capture.agents:
            return self.capture.default
        target = [self.capture.of(name) for name in _names(span, _TARGETS)] + [self._mentioned(span.name)]
        actor: list[ContentLevel | None] = []
        at: Kin | None = Kin(span, None, None) if kin is None else kin
        while at is not None and not actor:
            names = _names(at.span, _AGENTS) or ([at.agent] if at.agent else [])
            actor = [self.capture.of(name) or self.capture.default for name in names]
            if not actor and (mentioned := self._mentioned(at.span.name)) is not None:
                actor = [mentioned]
            at = at.parent
        return strictest([level for level in (*target, *actor) if level is not None] or [self.capture.default])

    def _mentioned(self, name: str) -> ContentLevel | None:
        """The level of an agent that a span's name mentions, since some instrumentations name agents nowhere else."""
        words = f"_{normalised(name)}_"
        levels = [level for agent, level in self.capture.agents if f"_{agent}_" in words]
        return strictest(levels) if levels else None

    def cleaned(self, span: ReadableSpan, kin: Kin | None = None) -> ReadableSpan:
        """The span as it may leave the process; the one given is not changed."""
        if not self.is_active:
            return span
        try:
            level = self.level(span, kin)
            if level is ContentLevel.ALL and self._redactor is None and not self._hash_user_ids and not self._withheld:
                return span
            return self._rewritten(span, level)
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            # The error's own words may hold what was to be taken out.
            report("redact a span, which is sent without its texts", RuntimeError(type(error).__name__))
        return self._bare(span)

    def _bare(self, span: ReadableSpan) -> ReadableSpan:
        """The span with numbers and with the words of the vocabulary, for when more could not be made safe."""
        status = Status(span.status.status_code)
        try:
            given = span.attributes or {}
            kept = {
                key: self.hashed_user(str(value)) if key in USER_KEYS else value
                for key, value in given.items()
                if key in STRUCTURAL_KEYS or not _texts(value)
            }
            name = " ".join(str(given[key]) for key in (GEN_AI_OPERATION_NAME, *CONVENTIONS["agent_name"][:1]) if key in given)
            links = [Link(link.context) for link in span.links]
            events = [
                Event(event.name, {"exception.type": (event.attributes or {}).get("exception.type", "")}, event.timestamp)
                for event in span.events
                if event.name == "exception"
            ]
            return _with(span, name or "span", kept, events, links, status)
        except Exception as error:  # noqa: BLE001 - a host's own span may hold anything
            report("take the texts out of a span, which is sent empty", RuntimeError(type(error).__name__))
            return _with(span, "span", {}, (), (), status)

    def resource(self, resource: Resource) -> Resource:
        """What is said of the process, which may have been started with a password."""
        if not self.is_active:
            return resource
        kept = {key: value for key, value in resource.attributes.items() if not (key in _COMMANDS and not self.capture.keeps_all)}
        if self._redactor is None:
            return Resource(kept, resource.schema_url)
        try:
            return Resource({key: _mapped(value, self._redactor.text) for key, value in kept.items()}, resource.schema_url)
        except Exception as error:  # noqa: BLE001 - a user's function may raise anything
            report("redact a resource", RuntimeError(type(error).__name__))
            return Resource(
                {key: value for key, value in kept.items() if key.startswith(("service.", "telemetry.", "relaylens."))}, resource.schema_url
            )

    def _rewritten(self, span: ReadableSpan, level: ContentLevel) -> ReadableSpan:
        """The span with everything in it that holds text written anew."""
        given = span.attributes or {}
        tool = next((str(given[key]) for key in CONVENTIONS["tool_name"] if key in given), span.name)
        said = [] if level is ContentLevel.ALL else _quotes(given)
        errors = self._level_of_errors(span, level)
        events = [
            Event(
                self._redacted(self._event_name(event.name, level)),
                self._attributes(event.attributes or {}, level, errors, tool),
                event.timestamp,
            )
            for event in span.events
            if level is not ContentLevel.NONE or not _is_message(event)
        ]
        links = [Link(link.context, self._attributes(link.attributes or {}, level, errors, tool)) for link in span.links]
        description = span.status.description
        if description and errors is not ContentLevel.ALL:
            description = telling_phrase(description) if errors is ContentLevel.NONE else self._reducer.text(description)
        return _with(
            span,
            self._redacted(self._name(span.name, said, level)),
            self._attributes(given, level, errors, tool),
            events,
            links,
            Status(span.status.status_code, self._redacted(description) if description else None),
        )

    def _redacted(self, text: str) -> str:
        """A text without what is to be taken out by rule."""
        return text if self._redactor is None else self._redactor.text(text)

    def _level_of_errors(self, span: ReadableSpan, level: ContentLevel) -> ContentLevel:
        """The level of a span's error texts: an exception of one agent's work passes through the spans around it, with its message."""
        if not self.capture.agents:
            return level
        texts = [
            text for event in span.events for key, text in (event.attributes or {}).items() if key in _ERROR_TEXTS and isinstance(text, str)
        ]
        texts += [text for key, text in (span.attributes or {}).items() if key in _ERROR_TEXTS and isinstance(text, str)]
        if span.status.description:
            texts.append(span.status.description)
        if level is ContentLevel.ALL:
            return strictest([level, *(held for message, held in list(self._withheld.items()) if any(message in text for text in texts))])
        for text in texts:
            if len(text) >= _SHORTEST_WITHHELD:
                self._withheld[text] = level
                self._withheld.move_to_end(text)
        while len(self._withheld) > _MOST_WITHHELD:
            self._withheld.popitem(last=False)
        return level

    def _attributes(
        self, given: Mapping[str, AttributeValue], level: ContentLevel, errors: ContentLevel, tool: str
    ) -> dict[str, AttributeValue]:
        """Attributes at a level, redacted."""
        kept: dict[str, AttributeValue] = {}
        for key, value in given.items():
            if self._hash_user_ids and key in USER_KEYS:
                kept[key] = self.hashed_user(str(value))
                continue
            at = errors if key in _ERROR_TEXTS else level
            if at is ContentLevel.ALL:
                left: AttributeValue | None = value
            else:
                left = _known_metadata(value) if key in _METADATA else self._left(key, value, at, tool)
            if left is None:
                continue
            if self._hash_user_ids and key in _METADATA and isinstance(left, str):
                left = self._hash_user_in(left)
            if self._redactor is None or key in JOINING_KEYS:
                kept[key] = left
                continue
            # Numbers that a program writes into attributes are counts and settings; they are no texts.
            redacted = _mapped(left, self._redactor.text)
            kept[key] = self.hashed_user(str(left)) if key in IDENTITY_KEYS and redacted != left else redacted
        return kept

    def _left(self, key: str, value: AttributeValue, level: ContentLevel, tool: str) -> AttributeValue | None:
        """What is left of an attribute below the level `all`; None when it is left out."""
        if key in STRUCTURAL_KEYS or key in USER_KEYS:
            return value
        is_flattened = key.startswith(CONTENT_PREFIXES)
        if key in CONTENT_KEYS or is_flattened:
            if level is ContentLevel.NONE or key == _STACKTRACE:
                return None
            if is_flattened and key.endswith(STRUCTURAL_ENDINGS):
                return _mapped(value, lambda text: text if len(text) <= _LONGEST_NAME else self._reducer.text(text))
            return _mapped(value, lambda text: self._reduced(key, text, tool))
        if level is ContentLevel.NONE:
            return None if any(not is_identifier(text) for text in _texts(value)) else value
        return _mapped(value, lambda text: text if is_identifier(text) else self._reduced(key, text, tool))

    def _reduced(self, key: str, text: str, tool: str) -> str:
        """A content attribute's text at the level `metadata`."""
        if key in _FROM_AND_TO and tool.startswith("handoff to ") and is_name(text):
            return text
        is_arguments = key in _ARGUMENTS or key.endswith(".arguments")
        if key == GEN_AI_TOOL_DEFINITIONS or not is_arguments:
            return self._reducer.document(text, tool=tool)
        return self._reducer.arguments(text, tool=tool)

    def _name(self, name: str, said: Sequence[str], level: ContentLevel) -> str:
        """The span's name, unless it is made of a text: some instrumentations name spans by what a task says."""
        if level is ContentLevel.ALL:
            return name
        stem, ending = (found.group(1), found.group(2)) if (found := re.match(r"(.*?)(\.[a-z_]{1,20})?\Z", name, re.DOTALL)) else (name, "")
        is_short = len(name) <= _LONGEST_NAME and len(name.split()) <= _MOST_WORDS and "\n" not in name
        if is_short and not any(quote in stem or (len(stem) >= _SHORTEST_QUOTE and " " in stem and stem in quote) for quote in said):
            return name
        return (self._reducer.text(stem) if level is ContentLevel.METADATA else "[text]") + (ending or "")

    def _event_name(self, name: str, level: ContentLevel) -> str:
        """The event's name, unless it is a sentence."""
        if level is ContentLevel.ALL or is_identifier(name):
            return name
        return self._reducer.text(name) if level is ContentLevel.METADATA else "[text]"

    def hashed_user(self, user: str) -> str:
        """The end user by a name that only the holder of the key can connect with them."""
        return hmac.new(self._key, user.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:32]

    def _hash_user_in(self, text: str) -> str:
        """JSON with its member `user_id` hashed."""
        value = parsed(text)
        if not isinstance(value, dict) or value.get(_USER_MEMBER) is None:
            return text
        return json.dumps({**value, _USER_MEMBER: self.hashed_user(str(value[_USER_MEMBER]))}, ensure_ascii=False)


def _names(span: ReadableSpan, keys: Iterable[str]) -> list[str]:
    """Names of agents on a span."""
    given = span.attributes or {}
    return [value for key in keys if isinstance(value := given.get(key), str) and value]


def _is_message(event: Event) -> bool:
    """Whether an event is a message and says nothing else: without its text it would look like an empty one."""
    return event.name in CONTENT_EVENTS and (event.attributes or {}).get("finish_reason") != "interrupt"


def _texts(value: object) -> list[str]:
    """The texts in an attribute, which may hold lists and members by name."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, bytes):
        return [value.decode(errors="replace")]
    if isinstance(value, Mapping):
        return [text for key, member in value.items() for text in (str(key), *_texts(member))]
    return [text for item in value for text in _texts(item)] if isinstance(value, Sequence) else []


def _quotes(given: Mapping[str, AttributeValue]) -> list[str]:
    """Texts of a span that its name must not repeat."""
    return [
        text
        for key, value in given.items()
        if key in CONTENT_KEYS or key.startswith(CONTENT_PREFIXES)
        for text in _texts(value)
        if len(text) >= _SHORTEST_QUOTE
    ]


def _mapped(value: AttributeValue, change: Callable[[str], str]) -> AttributeValue:
    """An attribute with its texts changed."""
    if isinstance(value, str):
        return change(value)
    given: object = value
    if isinstance(given, bytes):
        return change(given.decode(errors="replace"))
    if isinstance(given, Mapping) or (
        isinstance(given, Sequence) and not all(isinstance(item, str | bool | int | float) for item in given)
    ):
        # Newer SDKs take values with members by name: what they say of each other is known to those who read JSON.
        changed: AttributeValue = json.loads(change(as_json(given)))
        return changed
    return [change(item) if isinstance(item, str) else item for item in value] if isinstance(value, Sequence) else value


def _known_metadata(value: AttributeValue) -> str | None:
    """The members of `metadata` that say where in a graph a span belongs."""
    members = parsed(value) if isinstance(value, str) else None
    if not isinstance(members, dict):
        return None
    known = {
        key: member
        for key, member in members.items()
        if key in CONTENT_METADATA_KEYS and (not isinstance(member, str) or is_identifier(member))
    }
    return json.dumps(known, ensure_ascii=False) if known else None


def _with(  # noqa: PLR0913, PLR0917 - all of a span that holds text
    span: ReadableSpan,
    name: str,
    attributes: Mapping[str, AttributeValue],
    events: Sequence[Event],
    links: Sequence[Link],
    status: Status,
) -> ReadableSpan:
    """A copy of the span with other texts."""
    cleaned = copy.copy(span)
    bounded = BoundedAttributes(attributes=dict(attributes), immutable=True)
    bounded.dropped = span.dropped_attributes
    cleaned._name = name  # noqa: SLF001 - the SDK offers no other way to change a span that ended
    cleaned._attributes = bounded  # noqa: SLF001 - as above
    cleaned._events = _bounded(events, span.dropped_events)  # noqa: SLF001 - as above
    cleaned._links = _bounded(links, span.dropped_links)  # noqa: SLF001 - as above
    cleaned._status = status  # noqa: SLF001 - as above
    return cleaned


def _bounded(items: Sequence[Event] | Sequence[Link], dropped: int) -> Any:  # noqa: ANN401 - the SDK does not say what its own list holds
    """A list that knows how many were dropped before."""
    bounded: Any = BoundedList(None)
    bounded.extend(items)
    bounded.dropped = dropped
    return bounded
