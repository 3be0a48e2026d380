"""The example network's own faults: which are found, whether the agent is right, and what is said of runs without one."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.benchmarks.silent.pages import table, told
from tests.faults.places import apply
from tests.faults.sources import demo

from relaylens_analytics import blame, open_store
from relaylens_analytics.evaluation.shares import Share
from relaylens_analytics.queries.runs import RunKey
from relaylens_analytics.reader import Reader
from relaylens_analytics.settle import settle
from relaylens_collector.store import Store


def page(*, runs: int, seed: int) -> list[str]:
    """All that is measured with the example network."""
    sources = demo(runs, seed, "mixed")
    with TemporaryDirectory() as folder:
        store = Store(Path(folder) / "relaylens.duckdb")
        try:
            apply(store, [request for source in sources for request in source.recording.requests()])
            settle(store.connection)
        finally:
            store.close()
        with open_store(folder) as reader:
            return _scored(reader, [dict(source.truth) for source in sources])


def _scored(reader: Reader, truth: Sequence[dict[str, Any]]) -> list[str]:
    found: dict[str, set[str]] = defaultdict(set)
    blamed: dict[str, set[str]] = defaultdict(set)
    conversations: dict[str, str] = {}
    for row in reader.query("SELECT run, detector, blamed_agent FROM findings").to_pylist():
        found[row["run"]].add(row["detector"])
        blamed[row["run"]].add(row["blamed_agent"])
    for row in reader.query("SELECT run, conversation FROM runs").to_pylist():
        conversations[row["run"]] = row["conversation"]
    rows = []
    totals = [Share(0, 0)] * 3
    for fault in sorted({run["fault"] for run in truth if run["fault"]}):
        mine = [run for run in truth if run["fault"] == fault]
        expected = [run for run in mine if run["findings"]]
        told_of = [run for run in mine if run["blamed_agent"]]
        shares = (
            Share(sum(bool(set(run["findings"]) & found[run["run"]]) for run in expected), len(expected)),
            Share(sum(run["blamed_agent"] in blamed[run["run"]] for run in told_of), len(told_of)),
            Share(sum(run["blamed_agent"] == _first_suspect(reader, run["run"], conversations) for run in told_of), len(told_of)),
        )
        totals = [Share(total.part + share.part, total.whole + share.whole) for total, share in zip(totals, shares, strict=True)]
        rows.append((f"`{fault}`", len(mine), *(told(share) for share in shares)))
    clean = [run for run in truth if not run["fault"] and not run["rework"]]
    flagged = Share(sum(bool(found[run["run"]]) for run in clean), len(clean))
    return [
        "## Example network",
        "",
        f"{len(truth)} runs with the program's own truth. The agent to blame is named by a finding, and by the first suspect of",
        "`relaylens blame`. `wrong_urgency` is a wrong judgement that nothing in the run contradicts: no detector is expected to find it.",
        *table(
            ("fault", "runs", "found", "a finding blames the right agent", "the first suspect is the right agent"),
            [*rows, ("all", sum(bool(run["fault"]) for run in truth), *(told(total) for total in totals))],
        ),
        f"Runs without a fault and without rework that are flagged: {told(flagged)}.",
        "",
    ]


def _first_suspect(reader: Reader, run: str, conversations: dict[str, str]) -> str | None:
    result = blame.blame(reader, RunKey(run, conversations.get(run)))
    return result.suspects[0].agent if result is not None and result.suspects else None
