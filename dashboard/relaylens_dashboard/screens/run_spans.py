"""The spans of a run: the tree, page by page, and everything a chosen span holds."""

from collections.abc import Mapping
from typing import Final

import streamlit as st

from relaylens_dashboard import wording
from relaylens_dashboard.charts import colours
from relaylens_dashboard.screens import address, frame, reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

_PAGE: Final = 100
_MOST_EVENTS: Final = 100
_LONGEST: Final = 60_000
_DEEPEST: Final = 24
_TYPES: Final = {
    "s": "text",
    "b": "boolean",
    "i": "integer",
    "d": "double",
    "x": "bytes",
    "a": "list",
    "k": "map",
    "A": "list",
    "K": "map",
    "e": "empty",
}


def show(key: Mapping[str, str]) -> None:
    """Draw the tree, and beside it the span that is chosen."""
    chosen = address.value("span")
    found = reading.own("span_tree", **key, limit=_PAGE, offset=address.number("page") * _PAGE)
    if not found:
        frame.empty("The run has no spans here.", wider=False)
        return
    if chosen is None:
        _tree(found, None)
        return
    left, right = st.columns([0.46, 0.54], gap="medium")
    with left:
        _tree(found, chosen)
    with right:
        _span(chosen)


def _tree(found: list[Record], chosen: str | None) -> None:
    columns = [Column("Span"), Column("Agent"), Column("Took", right=True)]
    columns[1:1] = [] if chosen else [Column("What", width="120px"), Column("Status")]
    rows = [_row(row, chosen) for row in found]
    tables.show(columns, rows, key="spans", says="Spans of this run, each below its parent")
    frame.pager(found[0]["total"], _PAGE)


def _row(row: Record, chosen: str | None) -> Row:
    span = f"{row['trace_id']}:{row['span_id']}"
    name = tables.text(row["name"], under="its parent is not in the store" if row["dangling"] else None)
    if isinstance(name, dict):
        name["indent"] = min(row["depth"], _DEEPEST)
    cells = [name, tables.agent(row["agent"], quiet=True), wording.lasted(row["duration_ms"])]
    if chosen is None:
        cells[1:1] = [tables.chip(row["span_class"], colours.SPANS), _status(row)]
    return Row(cells, address.here(view="spans", span=span, handoff=None, finding=None), span == chosen)


def _status(row: Record) -> tables.Cell:
    if row["is_error"]:
        return tables.chip(row["error_type"] or "error", {row["error_type"] or "error": colours.BAD})
    if row["is_soft_error"]:
        return tables.chip("soft_error", {"soft_error": colours.WEAK})
    return tables.chip("control_flow", {}) if row["is_control_flow"] else ""


def _span(chosen: str) -> None:
    trace_id, _, span_id = chosen.partition(":")
    span = reading.row("span", trace_id=trace_id, span_id=span_id)
    if span is None:
        frame.empty("This span is not in the store.", wider=False)
        return
    st.markdown("##### Span")
    st.text(tables.plain(span["name"], limit=300))
    facts = {
        "Class": f"{wording.word(span['span_class'])}, by the rule {span['class_rule'] or 'none'}",
        "Agent": f"{reading.called(span['agent'])}, by the rule {span['agent_rule'] or 'none'}" if span["agent"] else None,
        "Began": f"{wording.clock(span['started_at'])} UTC",
        "Took": wording.lasted(span["duration_ms"]),
        "Status": _status_in_words(span),
        "Model": span["model"],
        "Tokens": f"{span['input_tokens']:,} in, {span['output_tokens'] or 0:,} out" if span["input_tokens"] is not None else None,
        "Tool": span["tool_name"],
        "Trace": span["trace_id"],
        "Span": span["span_id"],
        "Parent": span["parent_span_id"],
        "Scope": " ".join(part for part in (span["scope_name"], span["scope_version"]) if part) or None,
        "Dropped": _dropped(span),
        "Journal record": f"{span['batch']:,}",
    }
    rows = [Row([tables.text(name, quiet=True), tables.text(value)]) for name, value in facts.items() if value is not None]
    tables.show([Column("", width="110px"), Column("")], rows, key="span.facts", says="What is known of this span")
    for title, text in (("Called with", span["tool_arguments"]), ("Gave back", span["tool_result"])):
        if text:
            st.caption(title)
            st.code(tables.lines(text[:_LONGEST]), language=None, wrap_lines=True, height=200 if len(text) > 800 else "content")  # noqa: PLR2004
    _attributes(trace_id, span_id)
    _events(chosen)
    _links(trace_id, span_id)


def _status_in_words(span: Record) -> str:
    code = {1: "ok", 2: "error"}.get(span["status_code"], "not set")
    kind = " (control flow, no error)" if span["is_control_flow"] else f" ({span['error_type']})" if span["error_type"] else ""
    said = f": {span['status_message']}" if span["status_message"] else ""
    return f"{code}{kind}{said}"


def _dropped(span: Record) -> str | None:
    lost = [(span["dropped_attributes_count"], "attribute"), (span["dropped_events_count"], "event"), (span["dropped_links_count"], "link")]
    return ", ".join(wording.count(number, noun) for number, noun in lost if number) or None


def _attributes(trace_id: str, span_id: str) -> None:
    found = reading.rows("span_attributes", trace_id=trace_id, span_id=span_id)
    for of, title in (("span", "Attributes"), ("resource", "Resource"), ("scope", "Scope")):
        rows = [
            Row(
                [
                    tables.text(row["key"], mono=True, under=_TYPES.get(row["type"], row["type"])),
                    tables.code((row["value"] or "")[:_LONGEST]),
                ]
            )
            for row in found
            if row["of"] == of
        ]
        if rows:
            st.markdown(f"##### {title}")
            tables.show([Column("", width="34%"), Column("")], rows, key=f"span.{of}", says=title)


def _events(chosen: str) -> None:
    found = reading.rows("span_events", spans=[chosen], limit=_MOST_EVENTS)
    if found:
        st.markdown("##### Events")
        rows = [
            Row([tables.text(row["name"], under=wording.clock(row["happened_at"])), tables.code(row["attributes"][:_LONGEST])])
            for row in found
        ]
        tables.show([Column("", width="34%"), Column("")], rows, key="span.events", says="Events of this span")


def _links(trace_id: str, span_id: str) -> None:
    found = reading.rows("span_links", trace_id=trace_id, span_id=span_id, limit=_MOST_EVENTS)
    if found:
        st.markdown("##### Links")
        rows = [
            Row(
                [
                    tables.text(
                        f"{row['trace_id']}:{row['span_id']}",
                        mono=True,
                        under=reading.called(row["agent"]) if row["stored"] else "not in the store",
                    )
                ],
                _linked(row),
            )
            for row in found
        ]
        tables.show([Column("")], rows, key="span.links", says="Links of this span")


def _linked(row: Record) -> str | None:
    if row["run"] is None:
        return None
    span = f"{row['trace_id']}:{row['span_id']}"
    return address.link("run", run=row["run"], conversation=row["conversation"], view="spans", span=span)
