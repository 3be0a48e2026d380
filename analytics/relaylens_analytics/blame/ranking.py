"""Ranks the steps of a run by how much speaks for it that what went wrong began there, each with its chain of evidence.

Suspects are ranked; nobody is the culprit. A suspect's score combines its reasons as independent ones: 1 minus the product of what
each leaves open.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from relaylens_analytics.blame import control, flow, reasons, record, signs, symptoms
from relaylens_analytics.blame.cascades import CONTAINED, Cascade, cascades
from relaylens_analytics.blame.control import Feed
from relaylens_analytics.blame.flow import Flow
from relaylens_analytics.blame.reasons import Reason
from relaylens_analytics.blame.record import RunRecord, Turn
from relaylens_analytics.blame.symptoms import Symptom
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.reader import Reader

MOST: Final = 5
"""Suspects that are named where the caller does not say."""

BESIDE_RECORD: Final = 0.25
"""What a sign in a text counts where the record itself names somebody."""

NAMES_SOMEBODY: Final = 0.45
"""What a reason of the record says at least that does so; work that was sent back, or a finding that blames nobody, says less."""

WAS_CONTAINED: Final = 0.35
"""What a reason counts whose failure a retry, a fallback, a check or a limit has contained: it is not what remained wrong."""

CAME_BEFORE: Final = 0.3
"""What it says of a suspected step that another suspected step got its work or its values from it."""

_MOST_VALUES: Final = 3
_LONGEST_PATH: Final = 12


@dataclass(frozen=True, slots=True)
class Link:
    """One hop of the evidence, from where something shows back to where it came from."""

    kind: str
    """`symptom`, `data` (a value was taken over), `control` (the work was passed on) or `origin` (nothing earlier shows it)."""

    agent: str
    step: str
    words: str
    spans: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A step in which what went wrong may have begun, with what speaks for it."""

    rank: int
    agent: str
    family: str
    """The agent without the role that it writes behind its name."""

    version: str | None
    step: str
    """As trace_id:span_id."""

    position: int
    """Place among the steps of the run, from 1 on."""

    trace_id: str
    span_id: str
    score: float
    """How much speaks for it, from 0 to 1; it orders suspects and is no probability."""

    reasons: tuple[Reason, ...]
    """Strongest first."""

    chain: tuple[Link, ...]
    """From the symptom back to this step."""


@dataclass(frozen=True, slots=True)
class Blame:
    """What is wrong with a run, where it may have begun, and what became of each failure."""

    record: RunRecord
    flow: Flow
    feeds: dict[int, Feed]
    symptoms: tuple[Symptom, ...]
    """What the record says is wrong; empty for a run in which it says nothing."""

    suspects: tuple[Suspect, ...]
    cascades: tuple[Cascade, ...]


@dataclass
class _Suspicion:
    turn: int
    reasons: list[Reason] = field(default_factory=list)

    @property
    def score(self) -> float:
        open_still = 1.0
        for reason in self.reasons:
            open_still *= 1 - reason.weight
        return 1 - open_still


def blame(reader: Reader, key: RunKey, *, most: int = MOST) -> Blame | None:
    """Tell where what is wrong with a run may have begun; None where there is no such run.

    A run of which the record says nothing wrong has suspects all the same, by the signs in its texts: for when somebody knows that its
    answer is wrong.
    """
    run = record.read(reader, key)
    if run is None:
        return None
    followed = flow.trace(run)
    fed = control.feeds(run)
    shown = symptoms.symptoms(run)
    fates = tuple(cascades(reader, run, followed, fed))
    ranked = _ranked(run, followed, fed, shown, fates)[:most]
    named = tuple(_suspect(place, one, run, followed, fed, shown) for place, one in enumerate(ranked, 1))
    return Blame(run, followed, fed, tuple(shown), named, fates)


def suspects(reader: Reader, run: RunKey | str, *, most: int = MOST) -> list[Suspect]:
    """List the suspects of a run, most suspected first."""
    found = blame(reader, RunKey(run) if isinstance(run, str) else run, most=most)
    return [] if found is None else list(found.suspects)


def _ranked(run: RunRecord, followed: Flow, fed: dict[int, Feed], shown: list[Symptom], fates: tuple[Cascade, ...]) -> list[_Suspicion]:
    """Combine the reasons by step; of equal ones the earlier step comes first."""
    contained = {span for one in fates if one.fate in CONTAINED for span in one.spans} - {
        span for one in fates if one.fate not in CONTAINED for span in one.spans
    }
    recorded = [
        _weighed(reason, WAS_CONTAINED) if contained.intersection(reason.spans) else reason
        for reason in reasons.from_record(run, followed, fed, shown)
    ]
    open_still = [reason for reason in recorded if not contained.intersection(reason.spans)]
    recorded += list(_came_before(run, followed, fed, open_still))
    beside = BESIDE_RECORD if any(reason.weight >= NAMES_SOMEBODY for reason in open_still) else 1.0
    told = [_weighed(reason, beside) for reason in signs.from_texts(run, followed)]
    found: dict[int, _Suspicion] = {}
    for reason in [*recorded, *told]:
        found.setdefault(reason.turn, _Suspicion(reason.turn)).reasons.append(reason)
    for one in found.values():
        one.reasons.sort(key=lambda reason: -reason.weight)
    return sorted(found.values(), key=lambda one: (-round(one.score, 6), one.turn))


def _weighed(reason: Reason, share: float) -> Reason:
    return Reason(reason.turn, reason.rule, reason.weight * share, reason.words, reason.spans)


def _came_before(run: RunRecord, followed: Flow, fed: dict[int, Feed], recorded: Iterable[Reason]) -> Iterable[Reason]:
    """Suspect more a step from which another suspected step got its work or its values: the first divergence, not the last."""
    turns = sorted({reason.turn for reason in recorded})
    for place, early in enumerate(turns):
        for late in turns[place + 1 :]:
            if early in followed.sources.get(late, {}) or early in control.sources(fed, late):
                words = f"{run.turns[late].agent} (step {late + 1}), where something is wrong too, got its work from it"
                yield Reason(early, "came_before", CAME_BEFORE, words, (run.turns[late].step,))
                break


def _suspect(place: int, one: _Suspicion, run: RunRecord, followed: Flow, fed: dict[int, Feed], shown: list[Symptom]) -> Suspect:  # noqa: PLR0913, PLR0917 - the parts of one blame
    turn = run.turns[one.turn]
    return Suspect(
        rank=place,
        agent=turn.agent,
        family=turn.family,
        version=turn.version,
        step=turn.step,
        position=turn.index + 1,
        trace_id=turn.trace_id,
        span_id=turn.span_id,
        score=round(one.score, 3),
        reasons=tuple(one.reasons),
        chain=tuple(_chain(turn, one, run, followed, fed, shown)),
    )


def _chain(turn: Turn, one: _Suspicion, run: RunRecord, followed: Flow, fed: dict[int, Feed], shown: list[Symptom]) -> Iterable[Link]:  # noqa: PLR0913, PLR0917 - the parts of one blame
    """Give the way from the symptom that speaks most for this suspect back to it."""
    start = _symptom_for(one, [symptom for symptom in shown if symptom.turn is None or symptom.turn >= turn.index])
    last, _ = signs.answer(run)
    ended = last.index if last is not None else len(run.turns) - 1
    at = max(start.turn if start is not None and start.turn is not None else ended, turn.index)
    shows = run.turns[at]
    words = start.words if start is not None else f"what the run came to was stated by {shows.agent}"
    yield Link("symptom", shows.agent, shows.step, words, start.spans if start is not None else (shows.step,))
    for later, earlier in _path(at, turn.index, followed, fed):
        yield _hop(later, earlier, run, followed, fed)
    yield Link("origin", turn.agent, turn.step, one.reasons[0].words, one.reasons[0].spans or (turn.step,))


def _symptom_for(one: _Suspicion, shown: list[Symptom]) -> Symptom | None:
    """Give the symptom that the suspect's reasons name, else the one that shows last."""
    for reason in one.reasons:
        for symptom in shown:
            if symptom.kind == "finding" and symptom.row["detector"] == reason.rule and symptom.words == reason.words:
                return symptom
    return shown[-1] if shown else None


def _path(start: int, end: int, followed: Flow, fed: dict[int, Feed]) -> list[tuple[int, int]]:
    """Give the shortest way back from a step to an earlier one, over values taken and control passed; empty where there is none."""
    came: dict[int, int] = {start: start}
    waiting = deque([start])
    while waiting and end not in came:
        turn = waiting.popleft()
        feed = fed.get(turn)
        back = {*followed.sources.get(turn, {}), *([feed.turn] if feed is not None else [])}
        for earlier in sorted(back, reverse=True):
            if earlier >= end and earlier not in came:
                came[earlier] = turn
                waiting.append(earlier)
    hops: list[tuple[int, int]] = []
    turn = end
    while turn != start and turn in came:
        hops.append((came[turn], turn))
        turn = came[turn]
    return hops[::-1][-_LONGEST_PATH:]


def _hop(later: int, earlier: int, run: RunRecord, followed: Flow, fed: dict[int, Feed]) -> Link:
    took, gave = run.turns[later], run.turns[earlier]
    taken = sorted(followed.sources.get(later, {}).get(earlier, ()), key=lambda value: (-len(value), value))[:_MOST_VALUES]
    spans = (took.step, gave.step)
    if taken:
        return Link(
            "data", gave.agent, gave.step, f"{took.agent} holds {', '.join(taken)}, which stood first in the turn of {gave.agent}", spans
        )
    return Link("control", gave.agent, gave.step, fed[later].words, spans)
