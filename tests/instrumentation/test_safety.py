"""The host never breaks because of us."""

import logging
import socket
import time
from collections.abc import Callable
from typing import Any, NoReturn

import pytest
from opentelemetry.sdk.trace import TracerProvider

import relaylens
from relaylens import safety

from .conftest import Recording


class Hostile:
    """A value that cannot be written down."""

    def __str__(self) -> str:
        """Refuse."""
        message = "no text for you"
        raise RuntimeError(message)

    __repr__ = __str__


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """As in a host: errors of ours are logged, and those of earlier tests are forgotten."""
    monkeypatch.setenv("RELAYLENS_RAISE_ERRORS", "false")
    monkeypatch.setattr(safety, "_reported", set())
    caplog.set_level(logging.WARNING, "relaylens")
    return caplog


def everything(value: object) -> str:
    """A host that uses all of the API with one value, and its result."""

    @relaylens.tool
    def tool(_: object) -> object:
        return value

    with relaylens.run("r") as run, relaylens.agent("a") as step:
        run.input(value).output(value)
        step.input(value)
        tool(value)
        with relaylens.model_call("m") as call:
            call.system(value).messages(value).tools(value).answer(value)
        relaylens.handoff("b", value)
        relaylens.escalate(value).answer("approved", value)
        relaylens.feedback("f", value)
        with relaylens.handoff("c", value, mode="return_to_caller") as offered:
            offered.returned(value)
    return "the host's result"


def test_values_that_cannot_be_written_cost_only_themselves(record: Callable[..., Recording], lenient: pytest.LogCaptureFixture) -> None:
    """Spans are there without the text, the host's result is its own, and each kind of trouble is logged once."""
    recording = record()

    assert "the host's result" == everything(Hostile())
    assert "the host's result" == everything(Hostile())

    assert 2 == [entry["name"] for entry in recording.tree()].count("handoff b")
    assert "Hostile" not in str(recording.tree())
    messages = [entry.getMessage() for entry in lenient.records]
    assert len(set(messages)) == len(messages) >= 1
    assert all("Your program goes on" in message for message in messages)


def test_words_that_mean_nothing_are_not_written(record: Callable[..., Recording], lenient: pytest.LogCaptureFixture) -> None:
    """An outcome, state, verdict or mode that does not exist is logged, and nothing false is recorded."""
    recording = record()
    with relaylens.run("r"), relaylens.agent("a") as step:
        relaylens.outcome("finished")
        step.outcome("finished")
        relaylens.validation("b", "maybe")
        relaylens.escalate("?").answer("perhaps")
        relaylens.handoff("b", mode="sideways")

    assert ["invoke_workflow r", "invoke_agent a", "escalate human"] == [entry["name"] for entry in recording.tree()]
    assert "relaylens.run.outcome" not in recording.attributes("invoke_workflow r")
    assert 5 == len(lenient.records)


def test_a_broken_clock_stops_telemetry_and_nothing_else(record: Callable[..., Recording], lenient: pytest.LogCaptureFixture) -> None:
    """Even when no span can be started, every call of the API can be made."""

    def broken() -> NoReturn:
        message = "the clock has stopped"
        raise RuntimeError(message)

    recording = record(clock=broken)

    assert "the host's result" == everything("text")
    assert [] == recording.tree()
    assert lenient.records


def test_errors_of_the_host_are_not_swallowed(record: Callable[..., Recording], lenient: pytest.LogCaptureFixture) -> None:
    """Only our own errors are: what the host's block raises comes out."""
    record()
    with pytest.raises(ZeroDivisionError), relaylens.agent("a"), relaylens.tool("t"):
        _ = 1 / 0
    assert not lenient.records


def test_our_own_tests_see_our_errors(record: Callable[..., Recording]) -> None:
    """The switch that these tests run under lets internal errors out."""
    record()
    with pytest.raises(ValueError, match="sideways"):
        relaylens.handoff("b", mode="sideways")


def test_nothing_need_be_set_up() -> None:
    """Without `instrument()` the API does nothing, and does it quietly."""
    assert "the host's result" == everything("text")
    with relaylens.run("r") as run:
        assert {} != run.headers()
    assert relaylens.flush()
    relaylens.shutdown()
    relaylens.uninstrument()


def unused_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_is_away_neither_raises_nor_holds_up(protocol: Any) -> None:  # noqa: ANN401 - one of two texts
    """Work goes on at its own speed; flushing and shutting down give up when they were told to."""
    provider = TracerProvider(shutdown_on_exit=False)
    relaylens.instrument("s", endpoint=f"http://127.0.0.1:{unused_port()}", protocol=protocol, tracer_provider=provider, frameworks=False)
    began = time.monotonic()
    for _ in range(20):
        everything("text")
    worked = time.monotonic() - began
    relaylens.flush(timeout=0.2)
    relaylens.shutdown(timeout=0.2)
    took = time.monotonic() - began

    assert worked < 2
    assert took < 4
