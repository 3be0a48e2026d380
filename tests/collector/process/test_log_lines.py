"""The log of a collector: one record a line, in JSON or text, without content and without repeating itself."""

import contextlib
import json
import logging
import socket
import struct
import subprocess
import sys
import time

from tests.collector.fuzz.frames import PATHS, Kind, a_call_of, frame
from tests.collector.fuzz.peer import connected

from relaylens_collector.conformance import samples
from relaylens_collector.conformance.samples import Trace
from relaylens_collector.conformance.serving import Serving, served
from relaylens_collector.conformance.target import Target
from relaylens_collector.log_lines import JsonLines, Repeats, TextLines, fields
from relaylens_collector.signals import Signal


def _record(message: str, **values: object) -> logging.LogRecord:
    record = logging.LogRecord("relaylens_collector.x", logging.WARNING, __file__, 1, message, (), None)
    record.created = 1_790_000_000.5
    record.__dict__ |= fields(**values)
    return record


def test_a_record_is_one_json_object() -> None:
    """Time, level, logger, message and its fields."""
    line = JsonLines().format(_record("It\nbroke.", project="default", reason="bad_data"))

    assert 1 == len(line.splitlines())
    assert {
        "time": "2026-09-21T14:13:20.500+00:00",
        "level": "warning",
        "logger": "relaylens_collector.x",
        "message": "It\nbroke.",
        "project": "default",
        "reason": "bad_data",
    } == json.loads(line)


def test_a_line_break_cannot_forge_a_line() -> None:
    """A text that came from outside stays on its line."""
    assert "WARNING relaylens_collector.x: a\\nERROR root: forged project=b" == TextLines().format(
        _record("a\nERROR root: forged", project="b")
    )


def test_repeats_are_counted() -> None:
    """The first of a kind, then one a minute with how many there were between."""
    now = [0.0]
    repeats = Repeats(clock=lambda: now[0])
    first = [repeats("a"), repeats("a"), repeats("a"), repeats("b")]
    now[0] = 61.0

    assert [0, None, None, 0] == first
    assert [2, 0] == [repeats("a"), repeats("b")]


def test_a_refusal_is_logged_without_what_was_sent() -> None:
    """Twenty bad requests give one line, in JSON, with the reason and nothing of them."""
    command = (
        f"{sys.executable} -m relaylens_collector --log-format json --store {{folder}} --otlp-http-port {{http}} --otlp-grpc-port {{grpc}}"
    )
    secret = "sk-not-for-any-log"  # noqa: S105 - a made-up one
    bad = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{"name": [secret]}]}]}]}).encode()
    with served(Target("", "", options=Serving(command))) as server:
        for _ in range(20):
            server.target.post(bad, "application/json")
        server.target.post(samples.one_span(Trace.new()))
        assert 0 == server.stop()
        log = server.log.read_text()

    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    refused = [line for line in lines if line["message"] == "A request was refused."]
    assert [("warning", "default", "http", "traces", "bad_data", 0)] == [
        tuple(line[name] for name in ("level", "project", "transport", "signal", "reason", "held_back")) for line in refused
    ]
    assert secret not in log


def test_a_grpc_client_cannot_write_into_the_log() -> None:
    """What gRPC's own library would write by itself: the text of a GOAWAY, headers that are no text, a traceback for each that hangs up."""
    command = f"{sys.executable} -m relaylens_collector --store {{folder}} --otlp-http-port {{http}} --otlp-grpc-port {{grpc}}"
    a_call = a_call_of(PATHS[Signal.TRACES])
    goaway = a_call + frame(Kind.GOAWAY, 0, 0, bytes(8) + b"\nERROR relaylens_collector: forged")
    bad_path = a_call_of(b"/\xff\xfeforged")
    with served(Target("", "", options=Serving(command))) as server:
        port = int(server.wait().target.grpc.rpartition(":")[2])
        for sent in [*[goaway, a_call] * 10, bad_path, bad_path]:
            with connected(port) as one:
                one.sendall(sent)
                one.settimeout(0.05)
                with contextlib.suppress(OSError):
                    one.recv(1)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # reset, not closed
        while "ready:" not in server.log.read_text():
            time.sleep(0.05)
        assert 0 == server.stop()
        log = server.log.read_text()

    assert "forged" not in log
    assert "Traceback" not in log


def test_a_wrong_format_is_refused() -> None:
    """It names the option and what it has to be."""
    ran = subprocess.run([sys.executable, "-m", "relaylens_collector", "--log-format", "xml"], capture_output=True, text=True, check=False)
    assert (2, True) == (ran.returncode, "--log-format has to be text or json, found 'xml'." in ran.stderr)
