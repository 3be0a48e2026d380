"""The fault laboratory and the captures: what of each fault is found, and what is said of runs in which nothing is wrong."""

from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.silent.pages import table, told
from tests.faults.catalogue import EXPECTED, FAULTS, NEGATIVES, RIGHTLY
from tests.faults.laboratory import Laboratory, Twin, build, prepare
from tests.faults.places import settled
from tests.faults.scoring import Found, blamed, by_framework, false_alarms, findings, precision, recall
from tests.faults.sources import Source, captures, demo

from relaylens_analytics.evaluation.shares import Share


def page(folder: Path, *, seed: int, history: int, demo_runs: int) -> list[str]:
    """All that is measured with captures."""
    sources = captures(folder)
    laboratory = build(prepare([*sources, *demo(demo_runs, seed, "none")]), seed=seed, history=history)
    with settled([twin.recording for twin in laboratory.twins]) as store:
        found = findings(store.connection, laboratory.twins)
    return [*_laboratory(laboratory, found, history), *_signals(sources)]


def _laboratory(laboratory: Laboratory, found: Sequence[set[Found]], history: int) -> list[str]:
    twins = laboratory.twins
    runs = sum(twin.fault is None and not twin.is_history and not twin.look_alike for twin in twins)
    frameworks = len(by_framework(twins))
    rows = []
    for fault in FAULTS:
        share = recall(twins, found, fault)
        skipped = sum(count for (name, _), count in laboratory.skipped.items() if name == fault)
        rows.append(
            (
                f"`{fault}`",
                ", ".join(f"`{name}`" for name in sorted(EXPECTED[fault])),
                told(share),
                told(precision(twins, found, fault)),
                told(blamed(twins, found, fault)),
                skipped,
            )
        )
    detectors = sorted(set().union(*EXPECTED.values()) | {finding.detector for said in found for finding in said})
    return [
        "## Fault laboratory",
        "",
        f"{runs} clean runs: captures of agent frameworks, and runs of the example network, {frameworks} sources. Each capture is a",
        f"deployment of its own with {history} untouched runs on the days before, which are settled first. Into each run each fault is put",
        "once, where it has a place; the untouched twin is the negative. A fault counts as found when one of the detectors named says so.",
        "Precision is over the broken twins and as many untouched ones. How faults are put in is told in `tests/faults`. Copies of a run",
        "are no history for `unusual_run` (docs/baseline.md): of captures it says nothing here, of the example network's runs it may.",
        "Agents that go quiet are put into deployments of their own, since the runs of others would break the silence.",
        "That a person has not answered is true of `waiting_run`: `approval_pending` counts for no false alarm there.",
        *table(("fault", "told by", "recall", "precision", "agent blamed right, of those found", "no place in"), rows),
        "By framework, found of broken:",
        *_by_framework(twins, found),
        "False alarms, on the untouched twins:",
        *table(
            ("detector", "false alarms"),
            [("any", told(false_alarms(twins, found))), *((f"`{name}`", told(false_alarms(twins, found, name))) for name in detectors)],
        ),
        "Look-alikes, in which nothing is wrong, and runs of them with any finding:",
        *table(
            ("look-alike", "flagged", "by"),
            [(f"`{name}`", told(false_alarms(twins, found, look_alike=name)), _who(twins, found, name)) for name in NEGATIVES],
        ),
    ]


def _by_framework(twins: Sequence[Twin], found: Sequence[set[Found]]) -> list[str]:
    frameworks = by_framework(twins)
    rows = []
    for fault in FAULTS:
        cells = [recall([twins[row] for row in places], [found[row] for row in places], fault) for places in frameworks.values()]
        rows.append((f"`{fault}`", *(f"{share.part}/{share.whole}" if share.whole else "-" for share in cells)))
    return table(("fault", *frameworks), rows)


def _who(twins: Sequence[Twin], found: Sequence[set[Found]], look_alike: str) -> str:
    names = {finding.detector for twin, said in zip(twins, found, strict=True) if twin.look_alike == look_alike for finding in said}
    names -= RIGHTLY.get(look_alike, frozenset())
    return ", ".join(f"`{name}`" for name in sorted(names)) or "-"


def _signals(sources: Sequence[Source]) -> list[str]:
    """The captures as they are: what their scripts let go wrong, and flows in which all goes well."""
    if not sources:
        return []
    runs = []
    for source in sources:
        recording = source.recording.copy()
        recording.renew(f"as it is {recording.name}")
        recording.belong_to(recording.name)
        runs.append(Twin(recording, recording.name, recording.framework))
    with settled([run.recording for run in runs]) as store:
        found = [{finding.detector for finding in said} for said in findings(store.connection, runs)]
    wanted = [(set(source.truth["signals"]), said, source) for source, said in zip(sources, found, strict=True)]
    hits = [signals <= said for signals, said, _ in wanted if signals]
    happy = [bool(said) for signals, said, source in wanted if not signals and "happy" in str(source.truth["scenario"])]
    kinds = sorted(set().union(*(signals for signals, _, _ in wanted)))
    rows: list[tuple[str, str]] = [("all signals of a capture", told(Share(sum(hits), len(hits))))]
    for kind in kinds:
        said_so = [kind in said for signals, said, _ in wanted if kind in signals]
        rows.append((f"`{kind}`", told(Share(sum(said_so), len(said_so)))))
    missed = [source.recording.name for signals, said, source in wanted if signals - said]
    return [
        "## Captures as they are",
        "",
        "What the scripts of the captures let go wrong (`signals` in truth.json), and what is said of flows in which all goes well.",
        *table(("signal", "found"), [*rows, ("happy flows flagged", told(Share(sum(happy), len(happy))))]),
        f"Missed in: {', '.join(missed) or 'none'}.",
        "",
    ]
