"""What was said and done in a run, as entries to read in order of time: prompts, answers, tools, handoffs, questions, findings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from relaylens.semconv import Verdict
from relaylens_analytics.messages import Kind, Message
from relaylens_analytics.queries.transcript import Entry, EntryKind, Row
from relaylens_dashboard import hostile, wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.naming import Names
from relaylens_dashboard.screens import address, tables

Drawn = dict[str, object]
"""What `transcript.js` draws."""

_NO_NAMES: Final = Names({})
_AGENTS: Final = ("agent", "to_agent", "blamed_agent", "subject", "answered_by")
TEXT_LIMIT: Final = 20_000
"""Characters of one text that travel to the browser."""


def drawn(entries: Sequence[Entry], selected: str | None = None, names: Names = _NO_NAMES) -> list[Drawn]:
    """Give what the browser draws for each entry; the span, handoff, question or finding that is selected is marked."""
    return [_common(entry.row, selected) | _TELLERS[entry.kind](entry) for entry in (_named(one, names) for one in entries)]


def _named(entry: Entry, names: Names) -> Entry:
    """Call the agents of an entry by their names."""
    row = {**entry.row, **{column: names.of(entry.row[column]) for column in _AGENTS if column in entry.row}}
    return replace(entry, row=row | {"message": names.in_words(row["message"])} if row.get("message") else row)


def _common(event: Row, selected: str | None) -> Drawn:
    span = None if event["span_id"] is None else f"{event['trace_id']}:{event['span_id']}"
    return {
        "kind": event["kind"],
        "at": _time(event),
        "who": _line(event["agent"] or "?"),
        "chips": [],
        "meta": "",
        "blocks": [],
        "link": address.here(view="spans", span=span, page=None, handoff=None, finding=None) if span is not None else None,
        "marked": selected is not None and selected == event["id"],
    }


def _turn(entry: Entry) -> Drawn:
    event = entry.row
    silent = not event["model_calls"]
    blocks = [_block("was given", event["said"]), _block("produced", event["came_back"], tone="answer")] if silent else []
    outcome = _chip(wording.word(event["outcome"]), colours.OUTCOMES.get(event["outcome"] or ""))
    meta = [
        f"version {_line(event['agent_version'])}" if event["agent_version"] else "",
        wording.lasted(event["duration_ms"]),
        _spent(event),
    ]
    return {
        "hue": colours.OUTCOMES.get(event["outcome"] or "", colours.UNKNOWN),
        "what": f"turn {event['position']}",
        "chips": [outcome],
        "meta": _joined([*meta, wording.evidence(event["outcome_evidence"], event["outcome_rule"])]),
        "blocks": [block for block in blocks if block],
    }


def _model(entry: Entry) -> Drawn:
    event = entry.row
    blocks = [_message(message, tone=_tone(message)) for message in entry.messages]
    blocks += [_message(message, tone="wrong" if event["is_error"] else "answer") for message in entry.answered]
    return {
        "hue": colours.SPANS["llm"],
        "what": _line(event["model"] or "model call"),
        "chips": _errors(event),
        "meta": _joined(
            [
                wording.lasted(event["duration_ms"]),
                _spent(event),
                f"{wording.count(entry.repeated, 'message')} shown above" if entry.repeated else "",
                "" if blocks or entry.repeated else "its messages were not recorded",
            ]
        ),
        "blocks": blocks,
    }


def _tool(entry: Entry) -> Drawn:
    event = entry.row
    wrong = event["is_error"] or event["is_soft_error"]
    blocks = [
        _block("called with", event["said"], mono=True),
        _block("gave back", event["came_back"], mono=True, tone="wrong" if wrong else ""),
    ]
    return {
        "hue": colours.SPANS["tool"],
        "what": f"called {_line(event['tool_name'] or 'a tool')}",
        "chips": _errors(event),
        "meta": wording.lasted(event["duration_ms"]),
        "blocks": [block for block in blocks if block],
    }


def _handoff(entry: Entry) -> Drawn:
    event = entry.row
    failed = not event["succeeded"] and event["reason"] is not None
    if event["succeeded"]:
        chip = _chip("succeeded", colours.GOOD)
    else:
        chip = _chip(wording.word(event["reason"]) if failed else "not decided yet", colours.BAD if failed else colours.UNKNOWN)
    same = event["said"] == event["came_back"]
    blocks = [
        _block("sent, and received as it was" if same else "sent", event["said"]),
        None if same else _block("received", event["came_back"], tone="wrong" if failed else ""),
    ]
    return {
        "hue": colours.BAD if failed else colours.SPANS["handoff"],
        "what": f"hands over to {_line(event['to_agent'] or 'nobody known')}",
        "chips": [chip],
        "meta": _joined(
            [
                wording.word(event["mode"]),
                wording.word(event["state"]),
                f"wait {wording.lasted(event['duration_ms'])}",
                f"rule {event['rule']}",
            ]
        ),
        "blocks": [block for block in blocks if block],
    }


def _question(entry: Entry) -> Drawn:
    event = entry.row
    return {
        "hue": colours.PERSON,
        "what": "asks a person",
        "chips": [_chip(wording.word(event["question_state"]), colours.ESCALATIONS.get(event["question_state"]))],
        "meta": f"open {wording.lasted(event['duration_ms'])}" if event["duration_ms"] is not None else "",
        "blocks": [block for block in [_block("", event["said"])] if block],
    }


def _answer(entry: Entry) -> Drawn:
    event = entry.row
    return {
        "hue": colours.PERSON,
        "who": _line(event["answered_by"] or "A person"),
        "what": f"answers {_line(event['agent'] or 'the agent')}",
        "chips": [_chip(wording.word(event["question_state"]), colours.ESCALATIONS.get(event["question_state"]))],
        "meta": f"after {wording.lasted(event['duration_ms'])}",
        "blocks": [block for block in [_block("", event["said"], tone="person")] if block],
    }


def _verdict(entry: Entry) -> Drawn:
    event = entry.row
    passed = event["verdict"] == Verdict.PASSED
    return {
        "hue": colours.SPANS["validation"],
        "what": f"judges the work of {_line(event['subject'] or 'an agent')}",
        "chips": [_chip(wording.word(event["verdict"]), colours.GOOD if passed else colours.BAD)],
        "blocks": [block for block in [_block("", event["said"], tone="" if passed else "wrong")] if block],
    }


def _finding(entry: Entry) -> Drawn:
    event = entry.row
    blamed = event["blamed_agent"]
    hue = colours.SEVERITIES.get(event["severity"], colours.UNKNOWN)
    return {
        "hue": hue,
        "what": _line(event["message"]),
        "chips": [_chip(wording.word(event["detector"]), hue)],
        "meta": _joined(
            [f"{event['severity']}, {event['certainty']}", f"began at {_line(blamed)}" if blamed and blamed != event["agent"] else ""]
        ),
        "blocks": [block for block in [_block("evidence", tables.evidence(event["said"]), mono=True)] if block],
    }


def _message(message: Message, *, tone: str) -> Drawn:
    words = {Kind.TOOL_CALL: "wants to call", Kind.TOOL_RESULT: "result of", Kind.REASONING: "thinks"}
    label = " ".join(part for part in (message.role, words.get(message.kind, ""), message.name or "") if part)
    mono = message.kind in {Kind.TOOL_CALL, Kind.TOOL_RESULT}
    return {
        "label": _line(label),
        "text": hostile.visible(message.text[:TEXT_LIMIT]),
        "tone": tone,
        "mono": mono,
        "folded": message.role == "system" or message.kind is Kind.REASONING,
    }


def _tone(message: Message) -> str:
    return "answer" if message.role == "assistant" else ""


def _block(label: str, text: str | None, *, tone: str = "", mono: bool = False) -> Drawn | None:
    if text is None:
        return None
    return {"label": label, "text": hostile.visible(text), "tone": tone, "mono": mono or text.startswith(("{", "[")), "folded": False}


def _errors(event: Row) -> list[Drawn]:
    if event["is_error"]:
        return [_chip(_line(event["error_type"] or "error"), colours.BAD)]
    return [_chip("failed without an error", colours.WEAK)] if event["is_soft_error"] else []


def _spent(event: Row) -> str:
    tokens, cost = event["input_tokens"], event["cost_usd"]
    parts = [f"{tokens:,} in, {event['output_tokens'] or 0:,} out" if tokens is not None else "", f"${cost:.4f}" if cost else ""]
    return _joined(parts)


def _chip(text: str, hue: str | None) -> Drawn:
    return {"text": text, "hue": hue or colours.UNKNOWN}


def _time(event: Row) -> str:
    return wording.NOTHING if event["happened_at"] is None else f"{wording.as_utc(event['happened_at']):%H:%M:%S.%f}"[:-3]


def _line(value: object) -> str:
    return hostile.one_line(str(value)[:300])


def _joined(parts: Sequence[str]) -> str:
    return " · ".join(part for part in parts if part)


_TELLERS: Final[Mapping[EntryKind, Callable[[Entry], Drawn]]] = {
    EntryKind.TURN: _turn,
    EntryKind.MODEL: _model,
    EntryKind.TOOL: _tool,
    EntryKind.HANDOFF: _handoff,
    EntryKind.QUESTION: _question,
    EntryKind.ANSWER: _answer,
    EntryKind.VERDICT: _verdict,
    EntryKind.FINDING: _finding,
}
