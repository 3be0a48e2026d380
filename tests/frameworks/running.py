"""Plays the flows of a framework's program against the scripted model, and reads what was seen of each."""

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from tests.frameworks.environments import python_of
from tests.frameworks.model_server import ModelServer, Session, script_of
from tests.frameworks.observing import Observed, Rows, environment, observe, run
from tests.frameworks.programs import FOLDER, Program

Variant = Literal["bare", "instrumented", "launched", "broken"]
"""`broken`: instrumented by a Relaylens that fails in part of all that it guards (see `breaking`)."""
"""Without Relaylens; with its one line; and with no line at all, by `relaylens run`."""

_NS_TO_US: Final = 1000


@dataclass(frozen=True)
class Played:
    """One flow of a program: what its caller got, what the model was asked, and what was seen."""

    flow: str
    host: dict[str, Any]
    """The program's own line: result, error, sent."""

    model: Session
    seen: dict[str, Rows]
    """Rows of the nouns, and spans, that belong to the flow; empty without Relaylens."""


@dataclass(frozen=True)
class Performance:
    """All flows of one run of a program."""

    flows: dict[str, Played]
    outside: list[str]
    """Conversations that began in no flow."""

    output: str
    """What the program printed."""

    spans: Rows


@dataclass(frozen=True)
class Sender:
    """What sends the spans of a program in the place of Relaylens."""

    python: Path
    folder: Path
    """Holds what Python reads at its start."""

    variables: Mapping[str, str]


def perform(
    program: Program, variant: Variant, store: Path, flows: Sequence[str] | None = None, *, seed: int = 1, sender: Sender | None = None
) -> Performance:
    """Run the flows of a program in one process.

    `seed` says which of our blocks fail where it is `broken`; with a `sender` the program is `bare` of Relaylens and observed all the same.
    """
    asked = list(flows or program.played)
    results = store / "results.jsonl"
    store.mkdir(parents=True, exist_ok=True)
    results.unlink(missing_ok=True)
    prefix = f"s{uuid.uuid4().hex[:12]}"
    with ModelServer(script_of) as model:
        python = sender.python if sender else python_of(program.folder)
        command = [*_start(python, program, variant), *program.arguments, "--model-url", f"{model.url}/{program.name}", "--session", prefix]
        command += [word for flow in asked for word in ("--flow", flow)]
        command += ["--instrument"] if variant in {"instrumented", "broken"} else []
        path = [FOLDER / "shared", *([FOLDER / "breaking"] if variant == "broken" else []), *([sender.folder] if sender else [])]
        variables = environment(python, PYTHONPATH=os.pathsep.join(map(str, path)), RESULTS_FILE=str(results))
        if "SHOW_TRACEBACKS" in os.environ:
            variables["SHOW_TRACEBACKS"] = "1"
        if variant == "broken":
            variables |= {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "RELAYLENS_SPOOL_BYTES": "0", "BREAK_SEED": str(seed)}
        variables |= sender.variables if sender else {}
        is_observed = sender is not None or variant not in {"bare", "broken"}
        shown = observe(command, variables, store, service=program.name) if is_observed else Observed(run(command, variables))
        sessions = {flow: model.session(f"{prefix}-{flow}") for flow in asked}
    told = {line["flow"]: line for line in map(json.loads, results.read_text().splitlines())} if results.exists() else {}
    missing = [flow for flow in asked if flow not in told]
    if missing:
        message = f"{program.name} ({variant}) ended before {', '.join(missing)}:\n{shown.output[-8000:]}"
        raise RuntimeError(message)
    owners = {row["conversation"]: _owner(row["began"], told) for row in shown.seen.get("conversations", ())}
    everything = shown.seen | {"spans": shown.spans}
    played = {
        flow: Played(
            flow,
            _same_for_all(told[flow], prefix),
            sessions[flow],
            {noun: [row for row in rows if owners.get(row["conversation"]) == flow] for noun, rows in everything.items()},
        )
        for flow in asked
    }
    return Performance(played, sorted(name for name, owner in owners.items() if owner is None), shown.output, shown.spans)


def _start(python: Path, program: Program, variant: Variant) -> list[str]:
    """The beginning of the command."""
    launcher = [str(python.parent / "relaylens"), "run", "--"] if variant == "launched" else []
    return [*launcher, str(python), str(program.path)]


def _owner(began: int, told: dict[str, dict[str, Any]]) -> str | None:
    """The flow in which a conversation began: flows run one after the other."""
    return next((flow for flow, line in told.items() if line["began"] // _NS_TO_US <= began <= line["ended"] // _NS_TO_US), None)


def _same_for_all(line: dict[str, Any], prefix: str) -> dict[str, Any]:
    """What the flow gave its caller, without the session's own name."""
    kept = {key: line[key] for key in ("result", "error", "sent")}
    return dict(json.loads(json.dumps(kept).replace(prefix, "<session>")))
