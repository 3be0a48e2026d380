"""`relaylens blame`: where what is wrong with a run may have begun, with the evidence, and what took from there."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any, Final

import typer

from relaylens_analytics.blame import Blame, Reach, Suspect
from relaylens_dashboard import hostile
from relaylens_dashboard.cli import options
from relaylens_dashboard.cli.output import say
from relaylens_dashboard.naming import Names

Run = Annotated[str, typer.Argument(metavar="RUN", help="Id of the run, as `relaylens runs` prints it.")]
Conversation = Annotated[str | None, typer.Option("--conversation", help="Its conversation, where two have a run of this id.")]
Most = Annotated[int, typer.Option("--suspects", min=1, max=50, help="Name so many suspects.")]
Json = Annotated[bool, typer.Option("--json", help="Print everything as JSON.")]

_INDENT: Final = "     "
_FEW: Final = 8


def blame(
    *,
    run: Run,
    conversation: Conversation = None,
    suspects: Most = 5,
    as_json: Json = False,
    store: options.Store = None,
    url: options.Url = None,
    token: options.Token = None,
) -> None:
    """Ranks the steps in which what is wrong with a run may have begun, each with its reasons and its chain of evidence.

    Suspects are ranked by what speaks for them; nobody is the culprit, and a score is no probability. A run of which nothing
    wrong is recorded has suspects too, by weak signs in its texts: for when somebody knows that its answer is wrong.
    """
    from relaylens_analytics.blame import blame as ask
    from relaylens_analytics.blame import reach
    from relaylens_analytics.queries.runs import RunKey

    with options.reader(store, url, token) as reader:
        found = ask(reader, RunKey(run, conversation), most=suspects)
        names = Names.ask(reader)
        reached = {one.step: reach(reader, found, one.step) for one in found.suspects[: _reached(as_json)]} if found is not None else {}
    if found is None:
        say(f"There is no run {run} here.")
        raise typer.Exit(1)
    if as_json:
        sys.stdout.write(hostile.for_json(json.dumps(_document(found, reached), indent=2, ensure_ascii=False, default=str)) + "\n")
        return
    sys.stdout.writelines(f"{hostile.visible(line)}\n" for line in _lines(found, reached, names))


def _reached(as_json: bool) -> int | None:  # noqa: FBT001 - the one question
    """Give of how many suspects it is told what took from them: a person reads of the first, a program of all."""
    return None if as_json else 1


def _document(found: Blame, reached: dict[str, Reach]) -> dict[str, Any]:
    return {
        "run": found.record.run["run"],
        "conversation": found.record.run["conversation"],
        "outcome": found.record.run["outcome"],
        "symptoms": [{"kind": one.kind, "words": one.words, "spans": one.spans} for one in found.symptoms],
        "suspects": [{**asdict(one), "reached": asdict(reached[one.step]) if one.step in reached else None} for one in found.suspects],
        "failures": [asdict(one) for one in found.cascades],
    }


def _lines(found: Blame, reached: dict[str, Reach], names: Names) -> Iterator[str]:
    run = found.record.run
    yield f"Run {_line(run['run'])} ended as {run['outcome']}; {len(found.record.turns)} steps."
    yield ""
    yield from (f"- {_line(names.in_words(symptom.words))}" for symptom in found.symptoms[:_FEW])
    if len(found.symptoms) > _FEW:
        yield f"- and {len(found.symptoms) - _FEW} more"
    if not found.symptoms:
        yield "Nothing is recorded as wrong. If its answer is wrong all the same, this is where to look first:"
    if not found.suspects:
        yield "Nothing in the run points to any step."
    for suspect in found.suspects:
        yield ""
        yield from _suspect(suspect, names)
    if found.suspects and found.suspects[0].step in reached:
        yield ""
        yield from _reach(found.suspects[0], reached[found.suspects[0].step], names)
    if found.cascades:
        yield ""
        yield "What became of each failure:"
        yield from (f"- {_line(names.in_words(one.what))}: {one.fate} ({_line(names.in_words(one.words))})" for one in found.cascades)


def _suspect(suspect: Suspect, names: Names) -> Iterator[str]:
    version = f", version {_line(suspect.version)}" if suspect.version else ""
    agent = _line(names.of(suspect.agent) or "")
    yield f"{suspect.rank:>2}.  {agent}{version}, step {suspect.position}, score {suspect.score:.2f}  {suspect.step}"
    yield from (
        f"{_INDENT}{'because' if not place else '    and'} {_line(names.in_words(one.words))}" for place, one in enumerate(suspect.reasons)
    )
    for link in suspect.chain[:-1]:
        yield f"{_INDENT}  <- {_line(names.in_words(link.words))}"


def _reach(suspect: Suspect, reached: Reach, names: Names) -> Iterator[str]:
    yield f"What took from step {suspect.position}:"
    if not (reached.taken or reached.people or reached.runs):
        yield "- nothing that is recorded"
    for taken in reached.taken[:_FEW]:
        what = (
            f"holds {', '.join(map(_line, taken.values))}"
            if taken.values
            else "got its work from it"
            if taken.direct
            else "came after those"
        )
        yield f"- {_line(names.of(taken.agent) or '')}, step {taken.position}: {what}"
    if len(reached.taken) > _FEW:
        yield f"- and {len(reached.taken) - _FEW} more steps"
    yield from (f"- {_line(words)}" for words in reached.people)
    yield from (f"- the later run {_line(one.run)} holds {', '.join(map(_line, one.values))}" for one in reached.runs[:_FEW])


def _line(text: str) -> str:
    return hostile.one_line(text)
