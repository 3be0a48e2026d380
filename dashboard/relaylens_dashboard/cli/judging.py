"""`relaylens judge`: a second opinion on findings, by a judge that the user has installed."""

from typing import Annotated

import typer

from relaylens.semconv import Detector
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_dashboard import hostile
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say

Name = Annotated[
    str | None, typer.Option("--judge", metavar="NAME", help="An installed judge, or MODULE:NAME; the only one where none is named.")
]
Run = Annotated[str | None, typer.Option("--run", help="Findings of this run only.")]
DetectorOption = Annotated[Detector | None, typer.Option("--detector", help="Findings of this detector only.")]
Severity = Annotated[str | None, typer.Option("--severity", help="high, medium or low.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many findings, the latest; each is a question to the judge.")]
Again = Annotated[bool, typer.Option("--again", help="Ask also about findings that have a judgement.")]


def judge(
    *,
    name: Name = None,
    run: Run = None,
    detector: DetectorOption = None,
    severity: Severity = None,
    limit: Limit = 20,
    again: Again = False,
    since: options.Since = None,
    until: options.Until = None,
    service: options.Service = None,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Asks a judge whether findings that nobody has marked are true; what it says stands beside them and counts for nothing.

    Relaylens has no judge of its own. What a judge is told leaves this machine if the judge sends it somewhere.
    """
    from relaylens_analytics import judging
    from relaylens_analytics.judging import asking

    place = options.place(store, url)
    chosen_judge = judging.find(name)
    wanted = FindingFilter(run=run, detector=detector, severity=severity)
    with options.reader(store, url, token) as reader:
        chosen = asking.cases(reader, options.window(since, until, service), wanted, limit=limit, again=again)
    if not chosen:
        say("No finding here without a mark and a judgement.")
        return
    silent = 0
    for asked in asking.ask(chosen_judge, chosen):
        finding = hostile.one_line(f"{asked.case.detector} of {asked.case.agent or 'an unknown agent'} ({asked.case.finding})")
        if asked.judgement is None:
            silent += 1
            say(f"{finding}: {asked.trouble}")
            continue
        asking.keep(place, asked, token=token)
        why = f", {hostile.one_line(asked.judgement.explanation)[:300]}" if asked.judgement.explanation else ""
        say(f"{finding}: {'true' if asked.judgement.true else 'false'}{why}")
    if silent:
        raise typer.Exit(1)
