"""`relaylens findings`, `detectors` and `mark`: what was found, by what, and what people say of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import pyarrow as pa
import typer

from relaylens.semconv import Detector, LabelName, Mark, RunVerdict
from relaylens_analytics import Reader, Window, detectors
from relaylens_analytics.queries import lists, runs
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_analytics.queries.runs import RunKey
from relaylens_dashboard import tabular, wording
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.lists import FILTERS, Agent, Conversation, Run, most_rows, oldest_first, print_rows
from relaylens_dashboard.cli.output import say, show
from relaylens_dashboard.naming import Names

SOURCE: Final = "command line"
"""Who gave a mark, where --source does not say."""

_NEW_SINCE: Final = timedelta(hours=24)
_FINDINGS: Final = {
    "found_at": "found",
    "run": "run",
    "severity": "severity",
    "detector": "detector",
    "agent": "agent",
    "blamed_agent": "began at",
    "mark": "mark",
    "message": "message",
    "finding": "finding",
}
_KINDS: Final = {
    "severity": "severity",
    "detector": "detector",
    "agent": "agent",
    "findings": "findings",
    "findings_before": "before",
    "runs": "runs",
    "silent_runs": "silent",
    "first_ever_at": "first",
    "last_found_at": "last",
    "right_here": "right here",
    "last_message": "the last one",
}
_DETECTORS: Final = ("detector", "id", "layer", "reads", "on", "findings")
_LOUDEST: Final = ("loudest_on", "good_runs", "good_runs_flagged", "flagged_low", "flagged_high")
_PRECISION: Final = ("marked_true", "marked_false", "marked_known", "precision", "precision_low", "precision_high")

DetectorOption = Annotated[Detector | None, typer.Option("--detector", help="Raised by this detector.", rich_help_panel=FILTERS)]
Severity = Annotated[str | None, typer.Option("--severity", help="high, medium or low.", rich_help_panel=FILTERS)]
New = Annotated[
    bool,
    typer.Option("--new", help="Only kinds (detector and agent) not seen before --since, or 24h ago.", rich_help_panel=FILTERS),
]
Marks = Annotated[
    list[Mark] | None, typer.Option("--marks", help="With this mark; open is none; may be repeated.", rich_help_panel=FILTERS)
]
Kinds = Annotated[bool, typer.Option("--kinds", help="One row for each detector and agent, what changed last first.")]
DetectorNames = Annotated[list[str] | None, typer.Argument(help="Only these, with their parameters and exemptions.", show_default=False)]
Words = Annotated[
    list[str],
    typer.Argument(metavar="FINDING... true|false|known|open", help="Findings as `relaylens findings` names them, and what to say."),
]
RunOption = Annotated[str | None, typer.Option("--run", help="A whole run is meant; the word is good, bad or open.")]
Source = Annotated[str, typer.Option("--source", help="Who says so.")]
Comment = Annotated[str | None, typer.Option("--comment", help="Why.")]


def show_findings(
    *,
    detector: DetectorOption = None,
    severity: Severity = None,
    agent: Agent = None,
    run: Run = None,
    conversation: Conversation = None,
    new: New = False,
    marks: Marks = None,
    kinds: Kinds = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    limit: options.Limit = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists silent failures and deviations in time order, with the agent where each shows and where it began, or by kind and agent."""
    window = options.window(since or (datetime.now(UTC) - _NEW_SINCE if new else None), until, service)
    with options.reader(store, url, token) as reader:
        names = Names.ask(reader)
        wanted = FindingFilter(
            detector=detector,
            agent=names.key(agent),
            severity=severity,
            run=run,
            conversation=conversation,
            new=new,
            marks=tuple(marks) if marks else None,
        )
        if kinds:
            if run is not None or conversation is not None:
                detail = "--kinds is about all runs; leave out --run and --conversation"
                raise typer.BadParameter(detail)
            _print_kinds(lists.findings_inbox(reader, window, wanted, newest=True), form, limit, names)
            return
        most = most_rows(limit, form)
        answer = lists.findings(reader, window, wanted, limit=most + 1 if most else None)
    print_rows("findings", oldest_first(answer), _FINDINGS, form, limit, names=names)


def show_detectors(
    *,
    names: DetectorNames = None,
    service: options.Service = None,
    since: options.Since = None,
    until: options.Until = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
    form: options.Form = options.Format.TABLE,
) -> None:
    """Lists the detectors: what each means and needs, whether it is on, how often it was right here, and where it speaks of good runs.

    How often it was right is what its marked findings say. Of the good runs of each deployment (called good, or completed without another
    grave finding) the share of which it says something is shown for the deployment where it is surely loudest.
    """
    place = options.place(store, url)
    setup = detectors.setup(place if isinstance(place, Path) else None)
    with options.reader(store, url, token) as reader:
        found = _findings_of(reader, options.window(since, until, service))
        here = {row["detector"]: row for row in lists.detector_precision(reader, service=service).to_pylist()}
        loud = _loudest(lists.false_alarms(reader, service=service).to_pylist())
    unknown = set(names or ()) - {one.name for one in detectors.catalogue()}
    if unknown:
        detail = f"there is no detector {min(unknown)!r}; without a name all are listed"
        raise typer.BadParameter(detail)
    chosen = [one for one in detectors.catalogue() if not names or one.name in names]
    for_people = form is options.Format.TABLE
    values = []
    for one in chosen:
        precision = here.get(one.name, {})
        spoken = loud.get(one.name, {})
        measured = (
            (_right_here(precision), _of_good_runs(spoken))
            if for_people
            else (*(precision.get(name) for name in _PRECISION), *(spoken.get(name) for name in _LOUDEST))
        )
        known = (one.name, one.id, one.layer.value, ", ".join(one.reads), setup.on[one.name].value, found.get(one.name, 0))
        values.append((*known, *measured, one.meaning))
    columns = (*_DETECTORS, *(("right here", "of good runs") if for_people else (*_PRECISION, *_LOUDEST)), "means")
    show(tabular.Rows(columns, tuple(values)), form, none="There is no detector.")
    if for_people:
        _explain(chosen if names else [], setup)
        if not isinstance(place, Path):
            say("Whether each is on is the default; what the collector's folder sets in detectors.toml is not seen from here.")


def mark(
    *,
    words: Words,
    run: RunOption = None,
    source: Source = SOURCE,
    comment: Comment = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Says of findings whether they are true, false or known, or with --run of a run whether it was good or bad; open takes it back."""
    from relaylens_analytics.labels import Label, add_labels

    *about, word = words
    if run is not None:
        if about or word not in set(RunVerdict):
            detail = f"after --run RUN comes one of {', '.join(RunVerdict)}"
            raise typer.BadParameter(detail)
        with options.reader(store, url, token) as reader:
            require_run(reader, run)
        labels = [Label(run=run, name=LabelName.VERDICT, value=word, source=source, comment=comment)]
    else:
        if not about or word not in set(Mark):
            detail = f"give one finding or more, and then one of {', '.join(Mark)}"
            raise typer.BadParameter(detail)
        with options.reader(store, url, token) as reader:
            rows = [known_finding(reader, name) for name in about]
        labels = [
            Label(
                run=row["run"],
                trace_id=None if row["run"] else row["trace_id"],
                finding=row["finding"],
                name=LabelName.FINDING,
                value=word,
                source=source,
                comment=comment,
            )
            for row in rows
        ]
    add_labels(options.place(store, url), labels, token=token)
    say(f"Marked {f'run {run}' if run is not None else wording.count(len(labels), 'finding')}: {word}")


def require_run(reader: Reader, run: str) -> None:
    """Refuse a run that is not there: what is said of it would be kept for ever and counted nowhere."""
    if not runs.one(reader, RunKey(run)).num_rows:
        detail = f"there is no run {run!r} here; `relaylens runs` lists them"
        raise typer.BadParameter(detail)


def known_finding(reader: Reader, name: str) -> dict[str, Any]:
    """Give a finding, or refuse one that is not there."""
    rows = lists.findings(reader, Window(), FindingFilter(finding=name), limit=1).to_pylist()
    if not rows:
        detail = f"there is no finding {name!r} here; `relaylens findings` lists them"
        raise typer.BadParameter(detail)
    return dict(rows[0])


def _findings_of(reader: Reader, window: Window) -> dict[str, int]:
    """Count the findings of each detector."""
    counted: dict[str, int] = {}
    for row in lists.findings_inbox(reader, window).to_pylist():
        counted[row["detector"]] = counted.get(row["detector"], 0) + row["findings"]
    return counted


def _print_kinds(answer: pa.Table, form: options.Format, limit: int | None, names: Names) -> None:
    rows = tabular.Rows.from_arrow(answer.drop_columns(["certainties", "trend"]))
    if form is not options.Format.TABLE:
        show(tabular.Rows(rows.columns, rows.values[:limit]), form, none="")
        return
    said = tuple(_right_here(row) for row in answer.to_pylist(maps_as_pydicts="lossy"))
    shown = tabular.Rows((*rows.columns, "right_here"), tuple((*row, here) for row, here in zip(rows.values, said, strict=True)))
    show(names.in_rows(tabular.Rows(shown.columns, shown.values[:limit])).select(_KINDS), form, none="No findings here.")


def _right_here(row: dict[str, Any]) -> str:
    """Say how often a detector was right here, of how many, and the 95 % interval."""
    if row.get("precision") is None:
        return "not measured here yet"
    marked = row["marked_true"] + row["marked_false"]
    return f"{row['marked_true']:,} of {marked:,} ({wording.share(row['precision_low'])} to {wording.share(row['precision_high'])})"


def _loudest(rates: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Of each detector the deployment of whose good runs it surely speaks most often: the greatest lower end of the interval."""
    loudest: dict[str, dict[str, Any]] = {}
    for row in sorted(rates, key=lambda row: (row["low"] or 0.0, row["good_runs"])):
        values = (row["service_name"], row["good_runs"], row["flagged"], row["low"], row["high"])
        loudest[row["detector"]] = dict(zip(_LOUDEST, values, strict=True))
    return loudest


def _of_good_runs(row: dict[str, Any]) -> str:
    """Say of how many good runs a detector speaks where it is loudest, with the 95 % interval."""
    if not row.get("good_runs_flagged"):
        return "none flagged"
    interval = f"{wording.share(row['flagged_low'])} to {wording.share(row['flagged_high'])}"
    return f"{row['good_runs_flagged']:,} of {row['good_runs']:,} of {row['loudest_on'] or 'no service name'} ({interval})"


def _explain(chosen: list[detectors.Detector], setup: detectors.Setup) -> None:
    """Say of each chosen detector what can be set, and what it leaves alone."""
    for one in chosen:
        say(f"{one.name}: {one.meaning}")
        for parameter in one.parameters:
            say(f"  {parameter.name} = {setup.values[one.variable(parameter)]!r}  {parameter.meaning}")
        for left in one.exempt:
            say(f"  leaves alone: {left}")
