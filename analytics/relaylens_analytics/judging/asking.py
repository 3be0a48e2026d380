"""Asks a judge about findings that nobody has marked, and keeps what it says as labels of its own kind."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from relaylens.semconv import JUDGE, LabelName, Mark
from relaylens_analytics.judging.cases import Case, case_of
from relaylens_analytics.judging.judges import Judge, Judgement
from relaylens_analytics.labels import Label, add_label
from relaylens_analytics.queries import lists
from relaylens_analytics.queries.lists import FindingFilter
from relaylens_analytics.reader import Reader
from relaylens_analytics.window import Window

LONGEST_EXPLANATION: Final = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A case, and what became of it."""

    case: Case
    judgement: Judgement | None
    trouble: str | None = None
    """Why the judge said nothing."""


def cases(reader: Reader, window: Window, wanted: FindingFilter, *, limit: int, again: bool = False) -> list[Case]:
    """Gather the latest findings without a mark, and unless `again` without a judgement, each with its evidence."""
    unmarked = FindingFilter(
        detector=wanted.detector, severity=wanted.severity, run=wanted.run, conversation=wanted.conversation, marks=(Mark.OPEN,)
    )
    rows = lists.findings(reader, window, unmarked, limit=None).to_pylist()
    return [case_of(reader, row) for row in [row for row in rows if again or row["judgement"] is None][:limit]]


def ask(judge: Judge, chosen: list[Case]) -> Iterator[Asked]:
    """Ask about one case after the other; a judge that fails has said nothing of that one."""
    for case in chosen:
        try:
            said = judge.judge(case)
        except Exception as error:  # noqa: BLE001 - a judge is a stranger's program, and one case is not all
            yield Asked(case, None, f"{type(error).__name__}: {error}")
            continue
        yield Asked(case, said, None if said is not None else "The judge could not say.")


def keep(url: str | Path, asked: Asked, *, token: str | None = None) -> None:
    """Store a judgement beside its finding; it is no mark, decides no outcome and counts in no number."""
    case, said = asked.case, asked.judgement
    if said is None:
        return
    score = said.score if said.score is not None and math.isfinite(said.score) else None
    label = Label(
        run=case.run,
        trace_id=None if case.run else case.trace_id,
        finding=case.finding,
        name=LabelName.JUDGEMENT,
        value=Mark.TRUE if said.true else Mark.FALSE,
        score=score,
        source=JUDGE,
        comment=None if said.explanation is None else said.explanation[:LONGEST_EXPLANATION],
    )
    add_label(url, label, token=token)
