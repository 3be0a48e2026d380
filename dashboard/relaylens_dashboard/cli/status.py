"""`relaylens status`: the collector's own numbers, as a person reads them."""

import re
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Final

import typer

from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show

if TYPE_CHECKING:
    from prometheus_client.core import Metric
    from prometheus_client.samples import Sample

DEFAULT_URL: Final = "http://127.0.0.1:4318"
_OURS: Final = "relaylens_"
_COLUMNS: Final = ("project", "number", "of", "value", "meaning")
_NOT_READY: Final = 1
_P95: Final = 0.95

Url = Annotated[str, typer.Option("--url", envvar="RELAYLENS_URL", help="Address of the collector.")]

_Row = tuple[str, str, str, float, str]


def status(*, url: Url = DEFAULT_URL, token: options.Token = None, form: options.Form = options.Format.TABLE) -> None:
    """Shows how a running collector is doing: what it took and refused and why, how far the database is behind, what is on disk.

    The same numbers as at /metrics, by project, and below them what keeps the store from going on. Ends with 1 when one is not ready.
    """
    from prometheus_client.parser import text_string_to_metric_families

    from relaylens_analytics.http_client import HttpClient
    from relaylens_analytics.project import problem

    text = HttpClient(url, token=token).get("/metrics").decode()
    families = [family for family in text_string_to_metric_families(text) if family.name.startswith(_OURS)]
    rows = tabular.Rows(_COLUMNS, tuple(row for family in families for row in _rows(family)))
    show(rows, form, none="The collector says nothing of itself.")
    if (said := problem(url, token=token)) is not None:
        say(said)
    if any(sample.value == 0 for family in families if family.name == f"{_OURS}ready" for sample in family.samples):
        sys.exit(_NOT_READY)


def _rows(family: "Metric") -> Iterator[_Row]:
    """Give a row for each number, and for a histogram how many there were and what nearly all kept to."""
    name = family.name.removeprefix(_OURS)
    if family.type != "histogram":
        for sample in family.samples:
            if not sample.name.endswith("_created"):
                yield _row(name, sample, sample.value, family.documentation)
        return
    for sample in family.samples:
        if sample.name.endswith("_count"):
            yield _row(f"{name}_p95", sample, _p95(family.samples, sample), f"{family.documentation} At most this for 95 of 100.")


def _row(name: str, sample: "Sample", value: float, meaning: str) -> _Row:
    of = ", ".join(f"{label}={what}" for label, what in sorted(sample.labels.items()) if label != "project")
    return sample.labels.get("project", ""), name, of, value, meaning


def _p95(samples: Iterable["Sample"], count: "Sample") -> float:
    """Return the least bound that 95 of 100 kept to."""
    for sample in samples:
        bound = sample.labels.get("le")
        others = {label: what for label, what in sample.labels.items() if label != "le"}
        if bound is not None and others == count.labels and sample.value >= _P95 * count.value:
            return float("inf") if re.fullmatch(r"\+?inf", bound.lower()) else float(bound)
    return float("nan")
