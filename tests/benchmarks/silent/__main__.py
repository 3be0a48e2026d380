"""Silent failures: `python -m tests.benchmarks.silent [--data DIR] [--captures DIR] > docs/benchmarks/silent-failures.md`.

Data is a folder in the format of the labelled families: files of OTLP requests, one run each, and a labels.csv. Captures is a folder of
recorded runs of agent frameworks with a truth.json. Each part is left out where its folder is not there; progress goes to standard error.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.silent import datasets, faults, network, rhythms
from tests.faults.sources import CAPTURES, ROOT

DATA = ROOT.parent / "shared" / "datasets" / "runs"

PARTS = ("families", "network", "laboratory", "silences")

HOW = """# Silent failures

Written by `make bench-silent` (`python -m tests.benchmarks.silent`; `DATA=` and `CAPTURES=` name other folders in the same formats).
No model is called and nothing is trained on labels: detectors are rules, the baseline is fitted on good past runs of the same deployment.

How parameters were chosen: detectors, their thresholds and the baseline's settings were written and tuned on the development data that
this page names (the labelled families, the captures, the example network and the laboratory made of them), by people who saw these
figures; other deployments, captures and faults were kept apart by others and never seen. Read the figures below as those of the data the
rules were made on. Defaults stand in [detectors](../detectors.md). The laboratory puts its faults in by rules that know no detector.
"""


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.silent", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--captures", type=Path, default=CAPTURES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--history", type=int, default=12, help="untouched runs before those of the laboratory")
    parser.add_argument("--demo", type=int, default=20, help="runs of the example network in the laboratory")
    parser.add_argument("--runs", type=int, default=400, help="runs of the example network with its own faults")
    parser.add_argument("--rhythms", type=int, default=3, help="how often each rhythm of a deployment that falls silent is played")
    parser.add_argument("--part", choices=PARTS, action="append", help="only this, without the opening")
    asked = parser.parse_args(arguments)
    for line in (*([] if asked.part else [HOW, *_where()]), *_parts(asked)):
        sys.stdout.write(line + "\n")
    return 0


def _parts(asked: argparse.Namespace) -> list[str]:
    lines: list[str] = []
    wanted = asked.part or PARTS
    if "families" in wanted and asked.data.is_dir():
        with datasets.stored(asked.data) as reader:
            lines += _timed("labelled families", lambda: datasets.page(reader, asked.data))
    elif "families" in wanted:
        lines += [f"The folder of labelled families, {asked.data.name}, is not there.", ""]
    if "network" in wanted:
        lines += _timed("example network", lambda: network.page(runs=asked.runs, seed=asked.seed))
    if "laboratory" in wanted:
        lines += _timed("laboratory", lambda: faults.page(asked.captures, seed=asked.seed, history=asked.history, demo_runs=asked.demo))
    if "silences" in wanted:
        lines += _timed("deployments gone silent", lambda: rhythms.page(seeds=asked.rhythms))
    return lines


def _timed(name: str, part: Callable[[], list[str]]) -> list[str]:
    began = time.monotonic()
    lines = part()
    sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return lines


def _where() -> list[str]:
    return [f"Python {platform.python_version()}, DuckDB {version('duckdb')}, {os.cpu_count()} processors.", ""]


if __name__ == "__main__":
    sys.exit(main())
