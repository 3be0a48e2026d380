"""The suspicion of one run, step by step: which acts are unlike those of the deployment's good runs, and in what.

The run is compared with the latest good runs as they are now, without itself; what was said of it when it settled stands beside it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from relaylens_analytics import statements
from relaylens_analytics.baseline.judging import LEAST_HISTORY
from relaylens_analytics.baseline.kinds import count_of, kinds_of
from relaylens_analytics.baseline.profiles import Floats, Profiles
from relaylens_analytics.baseline.standing_out import standing_out
from relaylens_analytics.baseline.steps import WEIGHTS, UsualSteps, began_at
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.reader import Reader

MOST_RUNS: Final = 200
"""Latest good runs that are looked at."""

NOTABLE: Final = 1.0
"""What an act must score to be called unusual: one spread from the usual in the form of its result, or three in another way."""

MEASURES: Final = {
    "result": "the form of the result",
    "argument": "the form of the arguments",
    "length": "the length of the result",
    "order": "what it follows",
}
"""In what an act can be unusual, in words."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the run did: a turn, an answer or a call of a tool."""

    trace_id: str
    span_id: str
    step: str | None
    position: int | None
    agent: str | None
    what: str
    """Such as `call of search`."""

    score: float
    """How unusual it is; from 1 on it is worth a look."""

    unusual_in: tuple[str, ...]
    """In which ways, the most unusual first; none where it is usual."""


@dataclass(frozen=True, slots=True)
class RunSuspicion:
    """What is known of how unlike the good runs of its deployment a run is."""

    service: str | None
    history: int
    """Good runs that it is compared with, those of one kind counted once; below `LEAST_HISTORY` nothing is said."""

    p_value: float | None
    """How likely a good run is at least as unusual, as it was said when the run settled; None for not enough history then."""

    alarm: bool
    figures: tuple[str, ...]
    """What stands out in the run as a whole, such as `tool calls 9, usual 2 to 4`."""

    acts: tuple[Act, ...]
    began: int | None
    """The place among `acts` of the one with which it began, as far as anything did."""

    @property
    def is_enough(self) -> bool:
        """Whether there are enough good runs that differ."""
        return self.history >= LEAST_HISTORY


def suspicion(reader: Reader, key: RunKey) -> RunSuspicion | None:
    """Compare a run with the good runs of its deployment; None where there is no such run, or nothing that could be compared."""
    said = _rows(reader, "suspicion_of_run", run=key.run, conversation=key.conversation)
    if not said:
        return None
    row = said[0]
    service = row["service_name"]
    good = [one["run"] for one in _rows(reader, "other_good_runs", service=service, run=row["run"], most=MOST_RUNS)]
    found = row["p_value"], bool(row["alarm"])
    if len(good) < LEAST_HISTORY:
        return RunSuspicion(service, len(good), *found, (), (), None)
    values = {"service": service, "runs": [*good, row["run"]]}
    table = reader.query(statements.read("baseline/profiles_of_runs").text, values)
    profiles = Profiles.of_table(table)
    own = [
        place
        for place, one in enumerate(zip(profiles.runs, table.column("conversation").to_pylist(), strict=True))
        if one == (row["run"], row["conversation"])
    ]
    past, run = profiles.at([place for place, name in enumerate(profiles.runs) if name != row["run"]]), profiles.at(own)
    history = count_of(kinds_of(past.values))
    if history < LEAST_HISTORY:
        return RunSuspicion(service, history, *found, (), (), None)
    by_measure = UsualSteps.of(past).scores(run.acts)
    first, scores = began_at(by_measure, run.acts, 1)
    acts = _rows(reader, "acts_of_run", run=row["run"], conversation=row["conversation"])
    told = tuple(_act(act, place, float(scores[place]), by_measure) for place, act in enumerate(acts))
    began = int(first[0]) if first[0] >= 0 and scores[first[0]] >= NOTABLE else None
    return RunSuspicion(service, history, *found, tuple(standing_out(past, run)[0]), told, began)


def _act(act: dict[str, Any], place: int, score: float, by_measure: dict[str, Floats]) -> Act:
    weighted = {name: float(np.maximum(by_measure[name][place], 0.0)) * weight for name, weight in WEIGHTS.items()}
    ways = [MEASURES[name] for name, value in sorted(weighted.items(), key=lambda one: -one[1]) if value >= NOTABLE]
    what = f"call of {act['name']}" if act["kind"] == "tool" else "answer" if act["kind"] == "answer" else "turn"
    return Act(act["trace_id"], act["span_id"], act["step"], act["position"], act["agent"], what, score, tuple(ways))


def _rows(reader: Reader, query: str, **values: str | int | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = reader.query(statements.read(f"baseline/{query}").text, dict(values)).to_pylist()
    return rows
