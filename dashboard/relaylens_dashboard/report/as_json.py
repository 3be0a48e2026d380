"""A report as JSON: the same numbers and lists, for programs."""

import json
from collections.abc import Sequence

from relaylens_analytics import metrics
from relaylens_dashboard import hostile, tabular
from relaylens_dashboard.report.content import Report, Row


def write(report: Report) -> str:
    """Write everything the report says."""
    document = {
        "made_at": report.made_at,
        "version": report.version,
        "store": {"url": report.store, **report.extent},
        "window": {"since": report.window.since, "until": report.window.until, "service": report.window.service},
        "headlines": [
            {
                "metric": one.metric.name,
                "value": one.value,
                "unit": one.metric.unit,
                "numerator": one.numerator,
                "denominator": one.denominator,
                "low": one.low,
                "high": one.high,
                "before": one.before,
            }
            for one in report.headlines
        ],
        "metrics": [
            {
                "metric": metric.name,
                "title": metric.title,
                "question": metric.question,
                "formula": metric.formula,
                "unit": metric.unit,
                "better": metric.better,
                "sql": metrics.statement_of(metric).text,
                "by": {one.by: _numbers(one.rows) for one in report.breakdowns if one.metric is metric},
            }
            for metric in report.metrics
        ],
        "bucket_s": report.bucket_s,
        "edges": report.edges,
        "declared": report.declared,
        "agents": report.scorecards,
        "open_questions": report.open_questions,
        "finding_kinds": report.finding_kinds,
        "findings": report.findings,
    }
    return hostile.for_json(json.dumps(tabular.to_plain(document), indent=2, ensure_ascii=False)) + "\n"


def _numbers(rows: Sequence[Row]) -> list[Row]:
    """Leave out of each row what is the same in all of them."""
    return [{name: value for name, value in row.items() if name not in {"metric", "dimension", "unit"}} for row in rows]
