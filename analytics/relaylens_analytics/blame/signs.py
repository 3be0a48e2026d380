"""Signs in the texts of a run by which a step is suspected where nothing recorded says what went wrong.

Each is weak and says why. The first step that shows a sign is suspected more than those after it: later ones mostly follow from it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from relaylens_analytics.blame import control, entities
from relaylens_analytics.blame.entities import Kind
from relaylens_analytics.blame.flow import Flow
from relaylens_analytics.blame.reasons import Reason
from relaylens_analytics.blame.record import RunRecord, Turn

WEIGHTS: Final = {
    "failed_when_run": 0.35,
    "made_up_data": 0.35,
    "answer_began": 0.3,
    "ungrounded_values": 0.3,
    "first_written_work": 0.3,
    "first_own_work": 0.25,
    "complained_of": 0.2,
    "off_task": 0.2,
}
"""What each sign says of the first step that shows it, between 0 (nothing) and 1 (certainty)."""

LATER: Final = 0.5
"""What of that remains for the steps after the first."""

_SUBSTANTIAL: Final = 200
"""Letters of a text that does more than pass on or agree."""

_SPOKEN: Final = 40
"""Letters below which a turn says nothing of its own."""

_MANY: Final = 2
_DOCUMENT: Final = 60
"""New values beyond which a text brings a document that was read, not claims of its own."""

_OFF_TASK: Final = 0.1
"""Share of the words it was asked with below which a text is about something else."""

_FEWEST_WORDS: Final = 5
_ERROR: Final = re.compile(
    r"traceback \(most recent|\b(?:exit ?code|exit status):? [1-9]|execution failed|^\W*\w*(?:error|exception)\b[: ]"
    r"|\b\w+(?:error|exception): |status code:? [45]\d\d|\bhttp [45]\d\d\b",
    re.IGNORECASE | re.MULTILINE,
)
_MADE_UP: Final = re.compile(
    r"\b(?:simulat\w+|mock\w*|hypothetical\w*|placeholder\w*|made[- ]up|for (?:the sake of )?(?:demonstration|illustration)"
    r"|(?:sample|dummy|synthetic|fake|fabricated) (?:data\w*|values?|results?|inputs?))\b",
    re.IGNORECASE,
)
_WRITTEN: Final = re.compile(r"```|^\s*(?:import|def|from \w+ import)\b|\bSELECT\b.+\bFROM\b", re.MULTILINE)
_COMPLAINT: Final = re.compile(
    r"\b(?:unrelated|irrelevant|stuck|looping|in a loop|wrong|incorrect|mistake\w*|errors?|failed|failure|unsuccessful|blocked|barriers?"
    r"|unable|cannot|could not|did not|does not|was not|were not|not (?:found|available|accessible|able)|inaccessible|unavailable)\b",
    re.IGNORECASE,
)
_DENIED: Final = re.compile(r"\b(?:no|not|never|without)\b|n't\b", re.IGNORECASE)
_SENTENCE: Final = re.compile(r"[.!?\n]+")
_WORD: Final = re.compile(r"[^\W_][\w'.-]{2,}")
_COMMON: Final = frozenset(
    (
        "please",
        "the",
        "and",
        "for",
        "from",
        "with",
        "any",
        "that",
        "are",
        "was",
        "were",
        "this",
        "these",
        "its",
        "then",
        "you",
        "will",
        "all",
        "not",
    )
)
"""Words that say nothing of what was asked for."""

_ANSWER: Final = re.compile(r"(?:final answer|the answer(?: is)?|final result|conclusion)\W{0,8}(.{1,160})", re.IGNORECASE)
_WORDLESS: Final = re.compile(r"\W*[A-Z_]{3,}\W*")
_FOLLOWED: Final = {Kind.NUMBER, Kind.DATE, Kind.IDENTIFIER}


@dataclass(frozen=True)
class Scene:
    """The run, its data flow, and whose turns do work."""

    record: RunRecord
    flow: Flow
    coordinator: str | None
    workers: tuple[Turn, ...]
    """Turns that do work of their own: not of people, of who only directs, of who only carries out, nor without words."""


Sign = Callable[[Scene], Iterator[tuple[int, str, tuple[str, ...]]]]


def from_texts(record: RunRecord, flow: Flow) -> Iterator[Reason]:
    """Give every sign in the texts of the run."""
    directs = control.coordinator(record)
    workers = tuple(
        turn
        for turn in record.turns
        if not turn.person and turn.family != directs and turn.agent not in record.executors and len(turn.said) > _SPOKEN
    )
    scene = Scene(record, flow, directs, workers)
    for rule, sign in _SIGNS.items():
        weight = WEIGHTS[rule]
        seen: set[int] = set()
        for turn, words, spans in sign(scene):
            if turn not in seen:
                seen.add(turn)
                yield Reason(turn, rule, weight, words, spans)
                weight = WEIGHTS[rule] * LATER


def shows_error(text: str) -> bool:
    """Tell whether a text reports an error of a program, as a traceback, an exit code or a status does."""
    return _ERROR.search(text) is not None


def answer(record: RunRecord) -> tuple[Turn | None, list[str]]:
    """Give the step that states what the run came to, and the values of what it states."""
    for turn in reversed(record.turns):
        if _WORDLESS.fullmatch(turn.said) or not turn.said.strip():
            continue
        stated = next(reversed(list(_ANSWER.finditer(turn.said))), None)
        found = [value.text for value in entities.values(stated[1] if stated else turn.said)]
        if stated is not None and not found:
            return turn, [stated[1].split("\n")[0].strip().lower()]
        if found:
            return turn, found
    return None, []


def _failed_when_run(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps whose work failed as soon as it was carried out: an error came right after them."""
    turns = scene.record.turns
    for turn in turns[1:]:
        if shows_error(turn.said):
            author = _author(scene, turn.index - 1)
            yield author, f"what {turns[author].agent} had said failed when {turn.agent} carried it out", (turn.step,)


def _made_up_data(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps that go on with data of their own making."""
    if _MADE_UP.search(scene.record.request):
        return
    for turn in scene.record.turns:
        found = None if turn.person or turn.family == scene.coordinator else _MADE_UP.search(turn.said)
        if found is not None:
            yield turn.index, f"{turn.agent} speaks of data that are not the real ones ({found[0].lower()})", (turn.step,)


def _answer_began(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps in which most of the answer's values stood first."""
    last, stated = answer(scene.record)
    counted: Counter[int] = Counter()
    for value in dict.fromkeys(stated):
        if value in scene.flow.requested:
            continue
        held = scene.flow.holdings.get(value)
        first = held[0].turn if held else next((turn.index for turn in scene.record.turns if value and value in turn.said.lower()), None)
        if first is not None:
            counted[_author(scene, first)] += 1
    if last is None or not counted:
        return
    most = max(counted.values())
    for turn in sorted(turn for turn, count in counted.items() if count == most):
        agent = scene.record.turns[turn].agent
        yield turn, f"what the run came to ({last.agent}, step {last.index + 1}) stood first in the turn of {agent}", (last.step,)


def _ungrounded_values(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps that state values which nothing before them held, and called no tool."""
    for turn in scene.workers:
        if scene.record.calls_of.get(turn.step) or _WRITTEN.search(turn.said) or _frames(scene, turn):
            continue
        new = [value.text for value in scene.flow.new.get(turn.index, []) if value.kind in _FOLLOWED and len(value.text) > 1]
        if _MANY <= len(new) <= _DOCUMENT:
            yield turn.index, f"{turn.agent} states {len(new)} values that nothing before it holds ({', '.join(new[:3])})", (turn.step,)


def _first_written_work(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps that write something to be carried out."""
    for turn in scene.workers:
        if _WRITTEN.search(turn.said):
            yield turn.index, f"{turn.agent} wrote what others then carried out", (turn.step,)


def _first_own_work(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps that contribute more than they were given."""
    for turn in scene.workers:
        if _WRITTEN.search(turn.said) or (len(turn.said) > _SUBSTANTIAL and not _frames(scene, turn)):
            yield turn.index, f"what came later builds on what {turn.agent} contributed here", (turn.step,)


def _complained_of(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps of which the one who directs says right after that they went wrong."""
    working = {turn.index for turn in scene.workers}
    for turn in scene.record.turns[1:]:
        if turn.index - 1 in working and turn.family == scene.coordinator:
            for sentence in _SENTENCE.split(turn.said):
                found = _COMPLAINT.search(sentence)
                if found is not None and not _DENIED.search(sentence[: found.start()]):
                    yield turn.index - 1, f"{turn.agent} says right after it: {found[0].lower()}", (turn.step,)
                    break


def _off_task(scene: Scene) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    """Yield the steps that are about something else than what the one who directs had asked for."""
    asked = None
    working = {turn.index for turn in scene.workers}
    for turn in scene.record.turns:
        if turn.index in working and asked is not None:
            wanted = _words(asked.said)
            if len(wanted) >= _FEWEST_WORDS and len(wanted & _words(turn.said)) < _OFF_TASK * len(wanted):
                words = f"{turn.agent} came back with next to nothing of what {asked.agent} had asked for"
                yield turn.index, words, (asked.step, turn.step)
        if scene.coordinator is not None and turn.family == scene.coordinator and len(turn.said) > _SPOKEN:
            asked = turn


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if word not in _COMMON}


def _author(scene: Scene, turn: int) -> int:
    """Give the step whose work an executor's turn carries out; any other step is its own author."""
    while turn > 0 and scene.record.turns[turn].agent in scene.record.executors:
        turn -= 1
    return turn


def _frames(scene: Scene, turn: Turn) -> bool:
    """Tell whether a turn passes the request on, with what belongs to it, rather than answering it."""
    asked = scene.record.request.strip()
    return bool(asked) and asked in turn.said


_SIGNS: Final[dict[str, Sign]] = {
    "failed_when_run": _failed_when_run,
    "made_up_data": _made_up_data,
    "answer_began": _answer_began,
    "ungrounded_values": _ungrounded_values,
    "first_written_work": _first_written_work,
    "first_own_work": _first_own_work,
    "complained_of": _complained_of,
    "off_task": _off_task,
}
