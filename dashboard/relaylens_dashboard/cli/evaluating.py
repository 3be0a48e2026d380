"""`relaylens evaluate`: how often detectors, suspicion and blame are right on runs that somebody has labelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from relaylens_dashboard import tabular
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say, show, write

if TYPE_CHECKING:
    from relaylens_analytics.evaluation.detecting import Matched

_WRITERS: Final = {
    options.Format.CSV: tabular.to_csv,
    options.Format.JSON: tabular.to_json,
    options.Format.MARKDOWN: tabular.to_markdown,
}

Labels = Annotated[
    Path,
    typer.Option(
        "--labels",
        exists=True,
        dir_okay=False,
        readable=True,
        help="CSV with the columns run or trace_id, and failed (1 or 0); family, onset_step, blamed_agent and blamed_span_id where known.",
    ),
]


def evaluate_labels(
    *,
    labels: Labels,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
    out: options.Out = None,
) -> None:
    """Prints, for runs that are labelled as failed or good, how often each detector, the suspicion and blame are right, with intervals.

    Detectors: recall, false alarms, precision, and the right agent where it is known (Wilson's 95 %). Suspicion, beside a count of steps:
    AUC, detection at 5 % false alarms and precision in the top 10 %, within deployments, fitted on the good runs of other folds
    (bootstrap); a deployment needs 12 good and 3 failed runs. Blame: the right agent or step first, or among the first three.
    """
    from relaylens_analytics.evaluation.detecting import match
    from relaylens_analytics.evaluation.label_file import read_label_file
    from relaylens_dashboard.cli.evaluation_rows import figures

    given = read_label_file(labels)
    with options.reader(store, url, token) as reader:
        found = match(reader, given)
        if not found.labels:
            say(f"None of the {len(given)} labelled runs is in the store: check the ids in {labels}, or name another --store.")
            raise typer.Exit(1)
        rows = figures(reader, found)
    say(_summary(found))
    if out is None:
        show(rows, form, none="Nothing to count.")
    else:
        write(_WRITERS[options.Format.CSV if form is options.Format.TABLE else form](rows), out)


def _summary(found: "Matched") -> str:
    failed = sum(label.failed for label in found.labels.values())
    said = f"{len(found.labels)} labelled runs, {failed} of them failed."
    if found.missing:
        first = found.missing[0]
        named = f"{first.run or first.trace_id} in line {first.line}"
        said += f" {len(found.missing)} lines name runs that the store does not hold, such as {named}."
    return said
