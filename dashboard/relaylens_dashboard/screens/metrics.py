"""Metrics: every number of the catalog with its question, its formula, its course, its parts, and the SQL that makes it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from relaylens_analytics import metrics
from relaylens_analytics.catalog import AUDIT_CHECKS, DIMENSIONS, METRICS, Better, Metric, Unit
from relaylens_dashboard import numerals, wording
from relaylens_dashboard.charts import colours, figures
from relaylens_dashboard.charts.figures import Point
from relaylens_dashboard.screens import address, exports, frame, links, reading, tables
from relaylens_dashboard.screens.reading import Record
from relaylens_dashboard.screens.tables import Column, Row

_NAMES: Final = {entry.name: entry for entry in METRICS}
_MOST_BARS: Final = 20
_MOST_ROWS: Final = 12
"""Rows that one metric may take of the overview."""
_BETTER: Final = {Better.HIGHER: "higher is better", Better.LOWER: "lower is better", Better.NEITHER: "neither way is better"}

_PERCENTILES: Final = ("p50", "p95", "p99")


def body() -> None:
    """Draw the screen: every metric, or the one that is chosen."""
    name = address.value("metric")
    if name is None or name not in _NAMES:
        _every()
    else:
        _one(_NAMES[name])


def _every() -> None:
    window, before = address.window(), address.window_before()
    columns = [
        Column("Metric", width="15%"),
        Column("Of", width="13%"),
        Column("Value", right=True),
        Column("Before", right=True),
        Column("Made of", right=True),
        Column("95 % interval", nowrap=True),
        Column("Question", width="34%"),
    ]
    rows = [
        row
        for entry in METRICS
        for row in _overview(entry, reading.metric(entry.name, window), [] if before is None else reading.metric(entry.name, before))
    ]
    tables.show(columns, rows, key="metrics", says="Every metric")


def _overview(entry: Metric, now: Sequence[Record], before: Sequence[Record]) -> list[Row]:
    """Give a metric's rows: one, or one for each of its parts or keys."""
    link = address.link("metrics", metric=entry.name)
    was = {_which(row): row["value"] for row in before}
    shown = [row for row in now if row["key"] is not None][:_MOST_ROWS]
    return [
        Row(
            [*_title(entry, first=place == 0), _detail(entry, row), *_numbers(entry, row, was), *_question(entry, first=place == 0)],
            link,
        )
        for place, row in enumerate(shown)
    ] or [Row([*_title(entry, first=True), "", wording.NOTHING, "", "", "", *_question(entry, first=True)], link)]


def _which(row: Record) -> tuple[str | None, str | None]:
    return row["key"], row.get("part")


def _title(entry: Metric, *, first: bool) -> list[tables.Cell]:
    return [tables.text(entry.title if first else "")]


def _question(entry: Metric, *, first: bool) -> list[tables.Cell]:
    return [tables.text(entry.question if first else "", quiet=True)]


def _numbers(entry: Metric, row: Record, was: dict[tuple[str | None, str | None], float | None]) -> list[tables.Cell]:
    return [
        numerals.written(row["value"], entry.unit),
        numerals.written(was[_which(row)], entry.unit) if _which(row) in was else "",
        numerals.basis(row["numerator"], row["denominator"], entry.unit),
        numerals.interval(row["low"], row["high"], entry.unit),
    ]


def _detail(entry: Metric, row: Record) -> tables.Cell:
    key = None if entry.dimensions[0] == "total" else row["key"]
    part = wording.word(row["part"]) if entry.part else None
    if part is not None and wording.word(key) == part:  # a label's name is both
        key = None
    return tables.text(", ".join(str(one) for one in (key, part) if one is not None), quiet=True)


def _one(entry: Metric) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        links.show(("← All metrics", address.link("metrics")), key="metric.back")
        st.text(entry.title, width="content")
        st.caption(f"{_BETTER[entry.better]}, in {_unit(entry.unit)}", width="content")
    st.text(entry.question)
    st.caption(entry.formula.replace("`", ""))
    dimensions = [name for name in entry.dimensions if name != "time"]
    with st.container(horizontal=True, vertical_alignment="center"):
        by = _dimension(dimensions)
        part = _part(entry)
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### Over time")
        _over_time(entry, part)
    with right:
        st.markdown(f"##### {_by_title(by)}")
        _by(entry, by, part)
    _table(entry, by)
    with st.expander("Show the SQL"):
        st.caption(f"The file {entry.file}.sql. Parameters: {', '.join(sorted(metrics.statement_of(entry).parameters))}.")
        st.code(metrics.statement_of(entry).text, language="sql")
    if entry.name == "audit_completeness":
        with st.expander("What is checked"):
            rows = [Row([wording.word(name), meaning]) for name, meaning in AUDIT_CHECKS.items()]
            tables.show([Column("", width="160px"), Column("")], rows, key="metric.checks", says="Checks")


def _dimension(dimensions: Sequence[str]) -> str:
    otherwise = next((name for name in dimensions if name != "total"), dimensions[0])
    words = {name: "In all" if name == "total" else f"By {wording.word(name)}" for name in dimensions}
    return frame.switch("By", "by", words, otherwise=otherwise)


def _by_title(by: str) -> str:
    return "In all" if by == "total" else f"By {wording.word(by)}"


def _unit(unit: Unit) -> str:
    return {Unit.RATIO: "per cent", Unit.MILLISECONDS: "time", Unit.USD: "US dollars"}.get(unit, unit.value)


def _part(entry: Metric) -> str | None:
    """Offer the parts of a metric that has several rows to a key."""
    if not entry.part:
        return None
    parts = sorted({row["part"] for row in reading.metric(entry.name, address.window())})
    if not parts:
        return None
    return frame.pick("Part", "part", parts, words={part: wording.word(part) for part in parts}) or parts[0]


def _over_time(entry: Metric, part: str | None) -> None:
    if "time" not in entry.dimensions:
        st.caption("This metric is about now; it has no course of time.")
        return
    window = address.window()
    extent = reading.row("extent")
    first = window.since or (extent["first_started_at"] if extent is not None else None)
    bucket = address.bucket_s(first, window.until or address.now())
    found = [row for row in reading.metric(entry.name, window, by="time", bucket_s=bucket) if row["key"] is not None]
    found = [row for row in found if part is None or row["part"] == part]
    if not found:
        st.caption(f"Nothing to count in {address.range_in_words()}.")
        return
    points = [
        Point(datetime.fromisoformat(row["key"]).astimezone(UTC), row["value"], row["low"], row["high"], _says(entry, row, "time"))
        for row in found
    ]
    ends = address.ends(first, bucket)
    st.plotly_chart(figures.over_time(points, entry.unit, ends=ends), config=figures.CONFIG, key="metric.time")


def _by(entry: Metric, by: str, part: str | None) -> None:
    """Draw the values side by side; in all, the parts are what there is to compare."""
    found = [row for row in reading.metric(entry.name, address.window(), by=by) if row["value"] is not None]
    found = [row for row in found if part is None or by == "total" or row["part"] == part]
    if not found:
        st.caption(f"Nothing to count in {address.range_in_words()}.")
        return
    shown = sorted(found, key=lambda row: (-(row["denominator"] or row["numerator"] or 0), str(row["key"]), str(row.get("part"))))[
        :_MOST_BARS
    ]
    points = [Point(_label(entry, row, by), row["value"], row["low"], row["high"], _says(entry, row, by)) for row in shown]
    hues = [_hue(entry, row, by) for row in shown]
    st.plotly_chart(figures.by_name(points, entry.unit, hues=hues), config=figures.CONFIG, key="metric.by")
    if len(found) > len(shown):
        st.caption(f"The {len(shown)} with most to count, of {len(found):,}.")


def _group(row: Record, by: str) -> str:
    return str(reading.called_group(by, row["key"])) if row["key"] is not None else "not recorded"


def _label(entry: Metric, row: Record, by: str) -> str:
    if by == "total":
        return wording.word(row["part"]) if entry.part else "all"
    return _group(row, by)


def _hue(entry: Metric, row: Record, by: str) -> str:
    if by == "outcome":
        return colours.OUTCOMES.get(row["key"], colours.UNKNOWN)
    if by == "severity":
        return colours.SEVERITIES.get(row["key"], colours.UNKNOWN)
    if entry.is_rate and entry.better is Better.HIGHER:
        return colours.rate(row["value"])
    return colours.BAD if entry.is_rate and entry.better is Better.LOWER else colours.GOOD


def _says(entry: Metric, row: Record, by: str) -> str:
    lines = [_group(row, by), numerals.written(row["value"], entry.unit)]
    lines += [
        part
        for part in (
            numerals.basis(row["numerator"], row["denominator"], entry.unit),
            numerals.interval(row["low"], row["high"], entry.unit),
        )
        if part
    ]
    return "\n".join(lines)


def _table(entry: Metric, by: str) -> None:
    found = reading.metric(entry.name, address.window(), by=by)
    if not found:
        return
    extra = [name for name in entry.extra if name != "part"]
    columns = [Column(wording.word(by).capitalize(), width="24%")]
    columns += [Column(entry.part.capitalize())] if entry.part else []
    columns += [Column("Value", right=True), Column("Made of", right=True), Column("95 % interval")]
    columns += [Column(name if name in _PERCENTILES else wording.word(name).capitalize(), right=True) for name in extra]
    rows = [_table_row(entry, row, by, extra) for row in found[: reading.MOST_ROWS // 5]]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.caption(f"{_by_title(by)}: {DIMENSIONS[by].replace('`', '')}.", width="content")
        exports.offer(entry.name, lambda: found, len(found))
    tables.show(columns, rows, key="metric.rows", says=entry.title)


def _table_row(entry: Metric, row: Record, by: str, extra: Sequence[str]) -> Row:
    cells: list[tables.Cell] = [tables.text(_group(row, by), quiet=row["key"] is None)]
    cells += [tables.text(wording.word(row["part"]))] if entry.part else []
    cells += [
        numerals.written(row["value"], entry.unit),
        numerals.basis(row["numerator"], row["denominator"], entry.unit),
        numerals.interval(row["low"], row["high"], entry.unit),
    ]
    return Row([*cells, *(_extra(entry, name, row[name]) for name in extra)])


def _extra(entry: Metric, name: str, value: float | None) -> str:
    """Write a metric's own column: percentiles in its unit, shares in per cent, the rest as counts."""
    if name in _PERCENTILES:
        return numerals.written(value, entry.unit)
    shares = {"stated", "graded", "rule", "inferred", "work_share", "wait_share"}
    return numerals.written(value, Unit.RATIO if name in shares else Unit.COUNT)


if __name__ == "__main__":
    frame.show("metrics", "Metrics", body)
