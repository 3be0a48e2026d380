"""Builds the laboratory, settles it and says how the detectors do: `python -m tests.faults [--fault drop_entity] [--out folder]`.

With `--misses` each run is named in which a fault was not found, or something was said of an untouched one.
"""

import argparse
import csv
import lzma
import sys
from collections.abc import Sequence
from pathlib import Path

from google.protobuf.internal.encoder import _VarintBytes  # type: ignore[attr-defined]  # the one varint writer protobuf has
from tests.faults.catalogue import EXPECTED, FAULTS, NEGATIVES, RIGHTLY
from tests.faults.laboratory import Laboratory, Twin, build, prepare
from tests.faults.places import settled
from tests.faults.scoring import Found, blamed, by_framework, false_alarms, findings, recall
from tests.faults.sources import CAPTURES, captures, demo

from relaylens_analytics.evaluation.shares import Share
from relaylens_collector.signals import Signal


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--captures", type=Path, default=CAPTURES, help="folder of captures with its truth.json")
    parser.add_argument("--demo", type=int, default=20, help="how many clean runs of the example network")
    parser.add_argument("--history", type=int, default=12, help="untouched runs on the days before")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", action="append", choices=list(FAULTS), help="only this one (may be repeated)")
    parser.add_argument("--framework", action="append", help="only this one (may be repeated)")
    parser.add_argument("--out", type=Path, help="write the twins and truth.csv into this folder")
    parser.add_argument("--misses", action="store_true", help="name what was missed and what was said without reason")
    asked = parser.parse_args(arguments)
    sources = captures(asked.captures) + demo(asked.demo, asked.seed, "none")
    if asked.framework:
        sources = [source for source in sources if source.recording.framework in asked.framework]
    laboratory = build(prepare(sources), seed=asked.seed, history=asked.history, faults=asked.fault or tuple(FAULTS))
    if asked.out:
        write(laboratory, asked.out)
    with settled([twin.recording for twin in laboratory.twins]) as store:
        found = findings(store.connection, laboratory.twins)
    _print(laboratory, found, misses=asked.misses)
    return 0


def write(laboratory: Laboratory, folder: Path) -> None:
    """Keep the twins as files, one a deployment and signal, and the truth of each as a row."""
    folder.mkdir(parents=True, exist_ok=True)
    bodies: dict[str, list[bytes]] = {}
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["trace_id", "deployment", "framework", "kind", "fault", "blamed_agent", "span_id", "detectors"])
        for twin in laboratory.twins:
            kind = twin.look_alike or ("history" if twin.is_history else "untouched" if twin.fault is None else "broken")
            expected = " ".join(sorted(EXPECTED.get(str(twin.fault), frozenset())))
            trace, span = twin.span or (min(twin.traces), "")
            rows.writerow([trace, twin.deployment, twin.framework, kind, twin.fault or "", twin.blamed_agent or "", span, expected])
            for signal, body in twin.recording.requests():
                name = twin.deployment + (".logs" if signal is Signal.LOGS else "")
                bodies.setdefault(name, []).append(_VarintBytes(len(body)) + body)
    for name, parts in bodies.items():
        (folder / f"{name}.pb.xz").write_bytes(lzma.compress(b"".join(parts)))


def _print(laboratory: Laboratory, found: list[set[Found]], *, misses: bool) -> None:
    twins = laboratory.twins
    say = sys.stdout.write
    say(f"{len(twins)} runs, {sum(twin.is_history for twin in twins)} of them history\n")
    say(f"untouched runs with any finding: {_told(false_alarms(twins, found))}\n")
    for detector in sorted({finding.detector for said in found for finding in said}):
        say(f"  false alarms of {detector}: {_told(false_alarms(twins, found, detector))}\n")
    for fault in FAULTS:
        skipped = sum(count for (name, _), count in laboratory.skipped.items() if name == fault)
        share = recall(twins, found, fault)
        if not share.whole:
            continue
        say(f"{fault}: found {_told(share)}, blamed right {_told(blamed(twins, found, fault))}, no place in {skipped}\n")
        for framework, rows in sorted(by_framework(twins).items()):
            part = recall([twins[row] for row in rows], [found[row] for row in rows], fault)
            if part.whole:
                say(f"    {framework}: {part.part}/{part.whole}\n")
    for look_alike in NEGATIVES:
        share = false_alarms(twins, found, look_alike=look_alike)
        if share.whole:
            say(f"{look_alike}: findings in {_told(share)}\n")
    if misses:
        _name_misses(twins, found)


def _name_misses(twins: Sequence[Twin], found: Sequence[set[Found]]) -> None:
    """Name each run in which a fault was not found, or something was said without reason."""
    for twin, said in zip(twins, found, strict=True):
        rightly = RIGHTLY.get(str(twin.look_alike), frozenset())
        names = sorted(f"{finding.detector} blames {finding.blamed_agent}" for finding in said if finding.detector not in rightly)
        if twin.fault is None and names:
            kind = twin.look_alike or ("history" if twin.is_history else "untouched")
            sys.stdout.write(f"FALSE {twin.deployment} {kind} trace {min(twin.traces)} {names}\n")
        elif twin.fault and not {finding.detector for finding in said} & EXPECTED[twin.fault]:
            blame = f"blamed {twin.blamed_agent} trace {min(twin.traces)}"
            sys.stdout.write(f"MISSED {twin.fault} {twin.deployment} {blame} said {names}\n")


def _told(share: Share) -> str:
    low, high = share.interval
    return f"{share.part}/{share.whole} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    sys.exit(main())
