"""`relaylens label` and `relaylens rebuild`: the two commands that change a store, beside import."""

import math
from pathlib import Path
from typing import Annotated

import typer

from relaylens_analytics.errors import NoStoreError, NotAllowedError
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.finding import known_finding, require_run
from relaylens_dashboard.cli.output import progress, say

Run = Annotated[str, typer.Argument(help="The run, as `relaylens runs` names it.")]
Name = Annotated[str, typer.Argument(help="What is judged, such as accuracy, resolved or category.")]
Value = Annotated[str | None, typer.Argument(help="The judgement: true, false, a number or a word.")]
Score = Annotated[float | None, typer.Option("--score", help="A number beside the word.")]
Source = Annotated[str | None, typer.Option("--source", help="Who says so; the last word of each source counts.")]
Finding = Annotated[
    str | None, typer.Option("--finding", help="The finding of the run that it is about, as `relaylens findings` names it.")
]
Comment = Annotated[str | None, typer.Option("--comment", help="Why.")]


def label(
    *,
    run: Run,
    name: Name,
    value: Value = None,
    score: Score = None,
    source: Source = None,
    finding: Finding = None,
    comment: Comment = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Attaches a judgement to a run, which becomes a metric: relaylens label RUN accuracy true --source qa.

    The run has to be in the store, unless the token may not read (scope label alone): it is then taken as it is.
    """
    from relaylens_analytics.labels import Label, add_label

    if value is None and score is None:
        detail = "give a VALUE or a --score"
        raise typer.BadParameter(detail)
    score = _number(value) if score is None else score
    said = Label(run=run, finding=finding, name=name, value=value, score=score, source=source, comment=comment)
    looked = _look_for(run, finding, store, url, token)
    add_label(options.place(store, url), said, token=token)
    if not looked:
        say("Whether the run is there was not looked at: the token may not read.")
    say(f"Labelled {run}: {name} = {value if value is not None else score}")


def rebuild(*, store: options.OwnStore = options.DEFAULT_STORE, prices: options.Prices = None) -> None:
    """Makes the database anew from the journal, by the rules and prices of now; the old file is kept beside it."""
    from relaylens_collector import ingest
    from relaylens_collector.store_folder import JOURNAL_FOLDER
    from relaylens_dashboard.cli.settling import settler

    if not (store / JOURNAL_FOLDER).is_dir():
        detail = f"Looked for {store / JOURNAL_FOLDER}."
        raise NoStoreError(detail)
    with progress() as bar:
        bar.add_task("rebuilding", total=None)
        records = ingest.rebuild(store, settler(prices))
    say(f"Rebuilt {store} from {records:,} records of its journal.")


def _look_for(run: str, finding: str | None, store: Path | None, url: str | None, token: str | None) -> bool:
    """Refuse a run or a finding of it that is not there; say whether that could be looked at."""
    try:
        with options.reader(store, url, token) as reader:
            require_run(reader, run)
            if finding is not None and known_finding(reader, finding)["run"] != run:
                detail = f"the finding {finding!r} is of another run than {run!r}"
                raise typer.BadParameter(detail)
    except NotAllowedError:
        return False
    return True


def _number(text: str | None) -> float | None:
    """Read a judgement that is a number."""
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None
