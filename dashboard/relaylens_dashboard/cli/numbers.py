"""`relaylens metrics` and `relaylens sql`: numbers, and the SQL that makes them."""

import sys
from typing import Annotated

import pyarrow as pa
import typer

from relaylens_analytics import Reader, Window, catalog, metrics
from relaylens_analytics.catalog import METRICS, Metric, metric
from relaylens_analytics.values import Value
from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import show
from relaylens_dashboard.naming import AGENT_GROUPS, Names

_OVERVIEW = ("metric", "dimension", "key", "part", "value", "unit", "numerator", "denominator", "low", "high")

Name = Annotated[str | None, typer.Argument(help="A metric, such as handoff_success_rate; all where none is named.")]
By = Annotated[str | None, typer.Option("--by", help="Split by this, such as agent, edge, service or time.")]
Bucket = Annotated[int | None, typer.Option("--bucket", min=1, metavar="SECONDS", help="Length of a bucket for --by time.")]
Where = Annotated[list[str] | None, typer.Option("--where", metavar="FILTER=VALUE", help="The metric's own filter, such as agent=drafter.")]
Sql = Annotated[bool, typer.Option("--sql", help="Print the SQL that makes the number, and stop.")]
Query = Annotated[str, typer.Argument(help="One SELECT over the store's tables; `-` reads it from standard input.")]


def show_metrics(
    *,
    name: Name = None,
    by: By = None,
    bucket: Bucket = None,
    where: Where = None,
    sql: Sql = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Prints the metrics: value, numerator, denominator and 95 % interval; one of them by what you like."""
    window = options.window(since, until, service)
    if name is None:
        if by or bucket or where or sql:
            detail = "--by, --bucket, --where and --sql are for one metric: name it"
            raise typer.BadParameter(detail)
        with options.reader(store, url, token) as reader:
            rows = overview(reader, window)
    else:
        entry = metric(name)
        if sql:
            sys.stdout.write(metrics.statement_of(entry).text)
            return
        filters = _filters(entry, where or [])
        with options.reader(store, url, token) as reader:
            names = Names.ask(reader)
            asked = {of: names.key(value) if of in AGENT_GROUPS and isinstance(value, str) else value for of, value in filters.items()}
            rows = tabular.Rows.from_arrow(metrics.compute(reader, name, window, by=by, bucket_s=bucket, **asked))
            if form is options.Format.TABLE:
                rows = names.in_groups(catalog.dimension(entry, by), rows)
    show(rows, form, none="Nothing to count here.")


def overview(reader: Reader, window: Window) -> tabular.Rows:
    """Compute every metric by its first dimension, in one table."""
    tables = [metrics.compute(reader, entry.name, window) for entry in METRICS]
    held = [table if "part" in table.column_names else table.append_column("part", pa.nulls(len(table), pa.string())) for table in tables]
    return tabular.Rows.from_arrow(pa.concat_tables([table.select(_OVERVIEW) for table in held], promote_options="permissive"))


def answer_sql(
    *,
    query: Query,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="At most so many rows.")] = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Answers one SELECT; it can read the store and nothing else."""
    text = sys.stdin.read() if query == "-" else query
    with options.reader(store, url, token) as reader:
        rows = tabular.Rows.from_arrow(reader.query(text, max_rows=limit))
    show(rows, form, none="No rows.")


def _filters(entry: Metric, given: list[str]) -> dict[str, Value]:
    """Read `agent=drafter` into the values that the metric takes."""
    known = metrics.filters_of(entry)
    filters: dict[str, Value] = {}
    for pair in given:
        name, separator, value = pair.partition("=")
        if not separator or name not in known:
            detail = f"--where {pair}: {entry.name} takes {', '.join(f'{one}=...' for one in known) or 'no filter'}"
            raise typer.BadParameter(detail)
        filters[name] = value
    return filters
