"""`relaylens runs`, `handoffs`, `escalations` and `findings` on a store that was made from OTLP."""

import contextlib
import csv
import io
import json
import os
import pty
import re
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Relaylens = Callable[..., Any]
LISTS = ("runs", "handoffs", "escalations", "findings")


@pytest.fixture
def rows(relaylens: Relaylens, network_store: Path) -> Callable[..., list[dict[str, Any]]]:
    """Give what reads a list as JSON."""

    def read(*arguments: str) -> list[dict[str, Any]]:
        done = relaylens(*arguments, "--store", network_store, "--format", "json")
        assert (0, "") == (done.code, done.err)
        listed: list[dict[str, Any]] = json.loads(done.out)
        return listed

    return read


def test_runs_say_how_they_ended(rows: Callable[..., list[dict[str, Any]]]) -> None:
    """Oldest first, with the outcome and how it is known."""
    assert [("run-1", "completed", "stated"), ("run-2", "escalated", "stated")] == [
        (run["run"], run["outcome"], run["outcome_evidence"]) for run in rows("runs")
    ]


def test_handoffs_say_whether_they_succeeded(rows: Callable[..., list[dict[str, Any]]]) -> None:
    """Every field that a program compares with the truth is there."""
    fields = ("conversation", "run", "from", "to", "ok", "succeeded", "reason", "mode", "return")

    assert [
        ("ticket-1", "run-1", "triage", "docs", True, True, None, "pass_control", False),
        ("ticket-2", "run-2", "triage", "billing", False, False, "unanswered", "pass_control", False),
    ] == [tuple(one[field] for field in fields) for one in rows("handoffs")]
    assert {"trace_id", "rule", "state", "offered_at"} <= set(rows("handoffs")[0])


def test_escalations_hold_the_whole_question(rows: Callable[..., list[dict[str, Any]]], hostile_text: str) -> None:
    """JSON gives the text back exactly, whatever it would do to a terminal."""
    (asked,) = rows("escalations")

    assert ("triage", "pending", True, hostile_text) == (asked["agent"], asked["state"], asked["open"], asked["question"])


def test_findings_name_the_agent(rows: Callable[..., list[dict[str, Any]]]) -> None:
    """Each has detector, severity, run, conversation, trace, span, agent and a sentence."""
    found = rows("findings")

    assert {"failed_handoff", "approval_pending"} == {one["detector"] for one in found}
    assert {"run-2"} == {one["run"] for one in found}
    assert all(one[field] for one in found for field in ("severity", "conversation", "trace_id", "span_id", "agent", "message"))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("runs", "--outcome", "completed"), ["run-1"]),
        (("runs", "--agent", "docs"), ["run-1"]),
        (("runs", "--conversation", "ticket-2"), ["run-2"]),
        (("runs", "--limit", "1"), ["run-2"]),
        (("runs", "--since", "2026-11-02T12:00:30"), ["run-2"]),
        (("runs", "--until", "2026-11-02T13:00:30+01:00"), ["run-1"]),
        (("runs", "--service", "sales"), []),
        (("handoffs", "--to", "docs"), ["run-1"]),
        (("handoffs", "--failed"), ["run-2"]),
        (("handoffs", "--reason", "unanswered"), ["run-2"]),
        (("handoffs", "--limit", "1"), ["run-2"]),
        (("escalations", "--state", "approved"), []),
        (("escalations", "--state", "approved", "--state", "pending"), ["run-2"]),
        (("findings", "--detector", "failed_handoff"), ["run-2"]),
        (("findings", "--severity", "low"), []),
        (("findings", "--run", "run-1"), []),
    ],
)
def test_filters_choose(rows: Callable[..., list[dict[str, Any]]], arguments: tuple[str, ...], expected: list[str]) -> None:
    """A filter keeps what it names, and a limit keeps the latest."""
    assert expected == [one["run"] for one in rows(*arguments)]


@pytest.mark.parametrize("noun", LISTS)
def test_every_format_has_every_row(relaylens: Relaylens, network_store: Path, noun: str) -> None:
    """CSV and markdown have the rows of JSON; a table has them for the eye."""
    printed = {form: relaylens(noun, "--store", network_store, "--format", form) for form in ("table", "json", "csv", "markdown")}
    listed = json.loads(printed["json"].out)

    assert {0} == {done.code for done in printed.values()}
    assert {""} == {done.err for done in printed.values()}
    assert len(listed) == len(list(csv.DictReader(io.StringIO(printed["csv"].out))))
    assert len(listed) == len(printed["markdown"].out.splitlines()) - 2
    assert len(listed) == len(printed["table"].out.splitlines()) - 2


def test_a_hostile_text_is_harmless_in_every_format(relaylens: Relaylens, network_store: Path, hostile_text: str) -> None:
    """No escape reaches the terminal, no formula a sheet, no element a page."""
    printed = {
        form: relaylens("escalations", "--store", network_store, "--format", form).out for form in ("table", "json", "csv", "markdown")
    }
    (row,) = csv.DictReader(io.StringIO(printed["csv"]))

    assert [] == [form for form, text in printed.items() if "\x1b" in text]
    assert row["question"].startswith("'=cmd|")
    assert "<img" not in printed["markdown"]
    assert hostile_text.replace("\x1b", "\\x1b") in printed["table"]


@pytest.mark.parametrize("noun", LISTS)
def test_nothing_is_said_to_the_person_only(relaylens: Relaylens, network_store: Path, noun: str) -> None:
    """An empty list is an empty result, and a sentence on standard error."""
    table = relaylens(noun, "--store", network_store, "--since", "2030-01-01")
    data = relaylens(noun, "--store", network_store, "--since", "2030-01-01", "--format", "json")

    assert (0, "", f"No {noun} here.\n") == (table.code, table.out, table.err)
    assert (0, "[]\n", "") == (data.code, data.out, data.err)


def test_dead_letters_say_what_could_not_be_kept(relaylens: Relaylens, tmp_path: Path) -> None:
    """Each with its reason, for people and for programs; the gaps point to them."""
    document = {"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "lost"}]}]}]}
    (tmp_path / "spans.json").write_text(json.dumps(document))
    store = tmp_path / "store"

    imported = relaylens("import", tmp_path / "spans.json", "--store", store)
    table = relaylens("dead-letters", "--store", store)
    listed = relaylens("dead-letters", "--store", store, "--signal", "traces", "--format", "json")
    others = relaylens("dead-letters", "--store", store, "--signal", "logs", "--format", "json")
    gaps = relaylens("gaps", "--store", store)

    assert [(0, "")] * 2 == [(done.code, done.err) for done in (listed, others)]
    assert [0] * 3 == [done.code for done in (imported, table, gaps)]
    assert "a trace_id that is not 16 bytes" in table.out
    assert [("lost", 0, "traces", None)] == [
        (one["name"], one["ordinal"], one["signal"], one["trace_id"]) for one in json.loads(listed.out)
    ]
    assert [] == json.loads(others.out)
    assert "relaylens dead-letters" in gaps.err


def test_silences_are_judged_at_a_moment(relaylens: Relaylens, network_store: Path) -> None:
    """Of a deployment that has only begun nothing is known but when it was seen; at a moment before, not even that."""
    latest = json.loads(relaylens("runs", "--store", network_store, "--format", "json").out)[-1]
    listed = relaylens("silences", "--store", network_store, "--at", latest["ended_at"], "--format", "json")
    table = relaylens("silences", "--store", network_store, "--at", latest["ended_at"])
    before = relaylens("silences", "--store", network_store, "--at", "2001-01-01")

    assert [("unknown", None)] == [(row["state"], row["missed"]) for row in json.loads(listed.out)]
    assert "runs missed" in table.out
    assert (0, "", "No deployment has had runs in the last 28 days.\n") == (before.code, before.out, before.err)


@pytest.mark.parametrize("width", [60, 120, 300])
def test_no_terminal_is_too_narrow_for_a_column(network_store: Path, width: int) -> None:
    """Every column stands in the head, and no moment is broken but between its day and its hour."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, width))
    command = [sys.executable, "-m", "relaylens_dashboard.main", "runs", "--store", str(network_store)]
    environment = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}} | {"TERM": "xterm"}
    with subprocess.Popen(command, stdout=theirs, env=environment):
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # the end of a terminal is an error on Linux
            while read := os.read(ours, 65_536):
                said += read
    os.close(ours)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", said.decode()).replace("\r", "").splitlines()

    head = "run started name outcome evidence ms steps handoffs failed escalations findings USD"
    assert head.split() == lines[0].split()
    days, hours = (re.findall(shape, "\n".join(lines)) for shape in (r"\d{4}-\d\d-\d\d", r"\d\d:\d\d:\d\d"))
    assert 0 < len(days) == len(hours)
