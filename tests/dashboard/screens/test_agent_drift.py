"""What changed on the Agents screen: between two versions of an agent, and between two times."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.dashboard.conftest import delimited, request, span

from relaylens import semconv

from .conftest import Open

RUNS = 14
"""Of each version: two more than are needed."""


def run(number: int, version: str, tokens: int) -> list[Span]:
    """One turn of a writer and one model call, ten minutes after the run before."""
    begin = 600.0 * number
    common: dict[str, str | int] = {semconv.RELAYLENS_RUN_ID: f"run-{number}", semconv.GEN_AI_CONVERSATION_ID: f"c-{number}"}
    named = {**common, semconv.GEN_AI_AGENT_NAME: "writer", semconv.GEN_AI_AGENT_VERSION: version}
    turn = {**named, semconv.GEN_AI_OPERATION_NAME: semconv.Operation.INVOKE_AGENT}
    call = {
        **named,
        semconv.GEN_AI_OPERATION_NAME: semconv.Operation.CHAT,
        semconv.GEN_AI_REQUEST_MODEL: "gpt-5-mini",
        semconv.GEN_AI_USAGE_OUTPUT_TOKENS: tokens + number % 5,
    }
    return [
        span(number, 2 * number, "invoke_agent writer", turn, begin_s=begin, took_s=2),
        span(number, 2 * number + 1, "chat", call, parent=2 * number, begin_s=begin + 0.1, took_s=1 + number % 3 / 10),
    ]


@pytest.fixture(scope="module")
def two_versions(relaylens: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of a writer whose second version writes four times as much."""
    folder = tmp_path_factory.mktemp("versions")
    runs = [run(number, "1" if number <= RUNS else "2", 100 if number <= RUNS else 400) for number in range(1, 2 * RUNS + 1)]
    bodies = [request(*spans, service="desk").SerializeToString(deterministic=True) for spans in runs]
    (folder / "runs.pb").write_bytes(delimited(*bodies))
    done = relaylens("import", folder / "runs.pb", "--store", folder / "store")
    assert 0 == done.code, done.err
    return folder / "store"


def test_what_a_new_version_changed_is_listed_with_its_counts(open_screen: Open, two_versions: Path) -> None:
    """The figure that moved, before and after, and how many runs each version has; what did not move is not listed."""
    screen = open_screen("agents", url=two_versions, agent="writer", range="all", changed="versions")
    moved = {row["Figure"]: (row["Before"], row["After"]) for row in screen.table("What changed")}

    assert any(text.startswith(f"Version 2 beside 1, desk: {RUNS} and {RUNS} runs; ") for text in screen.texts)
    assert moved["largest output tokens"] == ("102", "402")
    assert "longest answer length" not in moved


def test_a_range_with_a_beginning_is_compared_with_the_time_before(open_screen: Open, two_versions: Path) -> None:
    """The same by time; without a beginning there is nothing before it, and few runs say nothing."""
    noon = "2026-11-02T"
    half = open_screen("agents", url=two_versions, agent="writer", since=f"{noon}14:25:00+00:00", until=f"{noon}16:50:00+00:00")
    few = open_screen("agents", url=two_versions, agent="writer", since=f"{noon}16:00:00+00:00", until=f"{noon}16:50:00+00:00")
    all_time = open_screen("agents", url=two_versions, agent="writer", range="all")

    assert "largest output tokens" in {row["Figure"] for row in half.table("What changed")}
    assert any("Not enough history" in text for text in few.texts)
    assert any(text.startswith("Choose a range with a beginning") for text in all_time.texts)
