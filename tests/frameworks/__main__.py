"""Plays flows by hand and prints what is seen: `python -m tests.frameworks langgraph --flow happy --spans`.

Without a program it lists what is played, and where the truth of a flow differs from the plain one and why.
"""

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.frameworks.comparing import differences
from tests.frameworks.observing import complaints
from tests.frameworks.programs import programs
from tests.frameworks.running import Performance, Played, perform


def main() -> int:
    """Play, print, and end with 1 when something differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.frameworks")
    parser.add_argument("program", nargs="?", choices=sorted(programs()))
    parser.add_argument("--flow", action="append", help="all flows when not given")
    parser.add_argument("--variant", choices=("bare", "instrumented", "launched"), default="instrumented")
    parser.add_argument("--spans", action="store_true", help="print every span as a tree")
    parser.add_argument("--attributes", action="store_true", help="print the spans' attributes too, shortened")
    parser.add_argument("--requests", action="store_true", help="print what the model was asked for")
    parser.add_argument("--output", action="store_true", help="print what the program printed")
    parser.add_argument("--store", type=Path, default=Path("relaylens-data/frameworks"), help="folder of the store, begun anew")
    options = parser.parse_args()
    if options.program is None:
        return _list()
    shutil.rmtree(options.store, ignore_errors=True)
    performance = perform(programs()[options.program], options.variant, options.store, options.flow)
    if options.output:
        _line(performance.output)
    bad = [each for each in performance.flows.values() if not _show(programs()[options.program].truth(each.flow), each, options)]
    if options.spans or options.attributes:
        _show_spans(performance, attributes=options.attributes)
    for complaint in complaints(performance.output):
        _line(f"ERROR of ours: {complaint}")
    for conversation in performance.outside:
        _line(f"OUTSIDE of every flow: conversation {conversation}")
    _line(f"{len(performance.flows) - len(bad)} of {len(performance.flows)} flows are seen as they are; the store is {options.store}")
    return 1 if bad or performance.outside else 0


def _list() -> int:
    """Print every program with its flows."""
    for name, program in programs().items():
        _line(f"{name} ({program.mode}): {', '.join(program.played)}")
        for flow, but in program.but.items():
            _line(f"    {flow}: {but.why} ({', '.join(but.fields)})")
        for flow, why in program.missing.items():
            _line(f"    no {flow}: {why}")
    _line(f"{sum(len(program.played) for program in programs().values())} flows of {len(programs())} programs")
    return 0


def _show(truth: Any, played: Played, options: argparse.Namespace) -> bool:  # noqa: ANN401 - Truth
    """Print one flow."""
    found = [] if options.variant == "bare" else differences(truth, played)
    _line(f"\n=== {played.flow}: {'DIFFERS' if found else 'as it is'}   host: {played.host}")
    if options.requests:
        for call in played.model.calls:
            _line(f"    model: {call.agent} {call.action} -> {call.answer}")
    for row in played.seen.get("runs", ()):
        _line(f"  run {row['run']} {row['outcome']} by {row['outcome_rule']} ({row['outcome_reason']}) in {row['conversation']}")
    for row in played.seen.get("steps", ()):
        _line(
            f"  step {row['position']} {row['agent']} {row['outcome']} by {row['agent_rule']} "
            f"in={row['input']!r:.70} out={row['output']!r:.70}"
        )
    for row in played.seen.get("handoffs", ()):
        back = " (return)" if row["is_return"] else ""
        _line(f"  handoff {row['from_agent']} -> {row['to_agent']}{back} ok={row['ok']} {row['mode']} {row['reason']} by {row['rule']}")
    for row in played.seen.get("escalations", ()):
        _line(f"  escalation of {row['agent']} {row['state']} by {row['rule']}: {row['question']!r:.70} {row['answer']!r:.70}")
    for row in played.seen.get("findings", ()):
        _line(f"  finding {row['detector']} {row['agent']}: {row['message']}")
    for each in found:
        _line(f"  !! {each}")
    return not found


def _show_spans(performance: Performance, *, attributes: bool) -> None:
    """Print the spans, each under its parent."""
    known = {(row["trace_id"], row["span_id"]) for row in performance.spans}

    def show(row: dict[str, Any], depth: int) -> None:
        status = f" status={row['status_code']} {row['status_message'] or ''!r:.60}" if row["status_code"] else ""
        what = f"[{row['span_class']} {row['agent']}]" + ("!" if row["is_error"] else "")
        _line(f"{'  ' * depth}{row['name']} {what}{status} {row['trace_id'][:6]}/{row['span_id'][:6]}")
        if attributes:
            for text in [
                *(row["attributes"] or []),
                *(f"event {each}" for each in row["events"] or []),
                *(f"link {each}" for each in row["links"] or []),
            ]:
                _line(f"{'  ' * depth}    {text!r:.300}")
        for child in performance.spans:
            if (child["trace_id"], child["parent_span_id"]) == (row["trace_id"], row["span_id"]):
                show(child, depth + 1)

    for row in performance.spans:
        if (row["trace_id"], row["parent_span_id"]) not in known:
            show(row, 0)


def _line(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    raise SystemExit(main())
