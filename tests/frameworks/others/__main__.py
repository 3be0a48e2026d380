"""Writes what is seen of frameworks under the instrumentations of others: `python -m tests.frameworks.others [COMBINATION ...]`.

A table in markdown on standard output; what differs, in full, on standard error.
"""

import argparse
import sys
from pathlib import Path
from typing import Final

from tests.frameworks.others.combinations import COMBINATIONS
from tests.frameworks.others.playing import FLOWS, play

_HEAD: Final = """# Frameworks under the instrumentations of others

Written by `make frameworks-others` (`python -m tests.frameworks.others`): the programs of `tests/frameworks`, without Relaylens in their
process, send their spans by the instrumentation that is named, and what the collector makes of them is compared with what the scripted
model was told to do. *yes* is a flow that is seen as it was: its outcome, its handoffs in order with whether they succeeded and why not,
its questions to people with their answers, failed agents and tools, and findings. Otherwise it says what differs. Where a span, a text or
an error is never sent, nothing can be seen: most of what is missing is of that kind. `relaylens.instrument()` sees them all
([frameworks](frameworks.md)).

"""


def main() -> int:
    """Play the combinations and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.frameworks.others")
    parser.add_argument("combinations", nargs="*", metavar="COMBINATION", help="all when none is named")
    parser.add_argument("--flow", action="append", choices=FLOWS, help="all when not given")
    parser.add_argument("--store", type=Path, default=Path("relaylens-data/others"), help="folder of the stores, begun anew")
    options = parser.parse_args()
    flows = tuple(options.flow or FLOWS)
    wanted = [each for each in COMBINATIONS if not options.combinations or each.name in options.combinations]
    rows = []
    for combination in wanted:
        found = play(combination, options.store / combination.name, flows)
        for flow, parts in found.items():
            for sentence in (sentence for part in parts.values() for sentence in part):
                sys.stderr.write(f"{combination.name} {flow}: {sentence}\n")
        sent_by = ", ".join(f"`{package}`" for package in combination.packages) or "the framework itself"
        cells = ["-" if flow not in found else ", ".join(found[flow]) or "yes" for flow in flows]
        rows.append(f"| `{combination.name}` | {sent_by} | {' | '.join(cells)} |")
    sys.stdout.write(_HEAD + f"| | sent by | {' | '.join(flows)} |\n|{'---|' * (len(flows) + 2)}\n" + "\n".join(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
