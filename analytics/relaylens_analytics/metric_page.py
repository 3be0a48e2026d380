"""Writes the tables of docs/metrics.md from the catalog, so that the page cannot say something else."""

import sys
from pathlib import Path
from typing import Final

from relaylens_analytics.catalog import AUDIT_CHECKS, DIMENSIONS, METRICS, Metric
from relaylens_analytics.errors import RelaylensAnalyticsError
from relaylens_analytics.metrics import filters_of

_BEGIN: Final = "<!-- begin {name}: written by relaylens_analytics.metric_page -->"
_END: Final = "<!-- end {name} -->"


class PageMarkError(RelaylensAnalyticsError):
    """The page has lost a mark between which a table is written."""


def renewed(page: str) -> str:
    """Give the page with its tables made anew."""
    for name, table in (("metrics", _metrics()), ("dimensions", _terms(DIMENSIONS)), ("checks", _terms(AUDIT_CHECKS))):
        begin, end = _BEGIN.format(name=name), _END.format(name=name)
        before, found_begin, rest = page.partition(begin)
        _, found_end, after = rest.partition(end)
        if not found_begin or not found_end:
            detail = f"Looked for {begin!r} and {end!r}."
            raise PageMarkError(detail)
        page = f"{before}{begin}\n{table}\n{end}{after}"
    return page


def _metrics() -> str:
    return "\n\n".join(_metric(metric) for metric in METRICS)


def _metric(metric: Metric) -> str:
    lines = [
        f"### {metric.title}",
        "",
        f"`{metric.name}`: {metric.question}",
        "",
        metric.formula,
        "",
        f"- unit: {metric.unit}; better: {metric.better}" + ("; with Wilson's 95 % interval" if metric.is_rate else ""),
        f"- by: {', '.join(f'`{name}`' for name in metric.dimensions)}",
    ]
    if metric.extra:
        part = f" (`part`: {metric.part})" if metric.part else ""
        lines.append(f"- more columns: {', '.join(f'`{name}`' for name in metric.extra)}{part}")
    if filters_of(metric):
        lines.append(f"- filters beside the window: {', '.join(f'`${name}`' for name in filters_of(metric))}")
    return "\n".join(lines)


def _terms(terms: dict[str, str]) -> str:
    rows = [f"| `{name}` | {meaning} |" for name, meaning in terms.items()]
    return "\n".join(["| name | meaning |", "|---|---|", *rows])


def main(path: Path) -> None:
    """Write the tables of a page anew."""
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
