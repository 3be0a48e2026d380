"""The command of the example network, against receivers on real sockets."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.instrumentation.receivers import Got, grpc_receiver, http_receiver

from .conftest import ROOT


def start(*arguments: str, module: str = "examples.support_network", path: Path = ROOT) -> subprocess.Popen[str]:
    """Start the command."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(path)},
        stderr=subprocess.PIPE,
        text=True,
    )


def runs_of(got: Got) -> Counter[str]:
    """Root spans by run."""
    return Counter(
        attribute.value.string_value
        for request in got.requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
        for attribute in span.attributes
        if span.name.startswith("invoke_workflow") and attribute.key == "relaylens.run.id"
    )


def truth_of(path: Path) -> dict[str, Any]:
    """Rows of the truth by run."""
    return {row["run"]: row for row in map(json.loads, path.read_text().splitlines())}


@pytest.mark.parametrize(
    ("receiver", "protocol", "module", "path"),
    [
        (http_receiver, "http/protobuf", "examples.support_network", ROOT),
        (grpc_receiver, "grpc", "support_network", ROOT / "examples"),
    ],
    ids=["http", "grpc"],
)
def test_every_run_of_the_truth_arrives(receiver: Any, protocol: str, module: str, path: Path, tmp_path: Path) -> None:  # noqa: ANN401
    """Over both transports and under either name of the package: more spans than the exporter's queue holds, none lost."""
    with receiver() as got:
        file = tmp_path / "truth.jsonl"
        arguments = ["--runs", "130", "--seed", "3", "--endpoint", got.address, "--protocol", protocol, "--truth", str(file)]
        process = start(*arguments, module=module, path=path)
        _, talk = process.communicate(timeout=60)
        assert (0, 130) == (process.returncode, len(talk.splitlines())), talk
        assert {run: row["traces"] for run, row in truth_of(file).items()} == runs_of(got)
        assert len(got.names()) > 2048
        assert "support" == got.resource()["service.name"]


def test_a_live_network_ends_in_good_order(tmp_path: Path) -> None:
    """On SIGTERM no run begins any more, those under way come to their end, and all of them are in the truth and at the collector."""
    with http_receiver() as got:
        file = tmp_path / "truth.jsonl"
        process = start("--runs", "0", "--seed", "3", "--live", "--every", "0.1", "--endpoint", got.address, "--truth", str(file))
        deadline = time.monotonic() + 30
        while not (file.exists() and file.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, talk = process.communicate(timeout=60)
        assert 0 == process.returncode, talk
        assert len(truth_of(file)) > 3
        assert {run: row["traces"] for run, row in truth_of(file).items()} == runs_of(got)


def test_nobody_to_talk_to_is_said_at_once() -> None:
    """Without a collector the command ends with a sentence instead of losing everything in silence."""
    process = start("--runs", "1", "--endpoint", "http://127.0.0.1:9")
    _, talk = process.communicate(timeout=60)
    assert (1, "Nobody listens at http://127.0.0.1:9. Start the collector with `relaylens up`, or name another --endpoint.\n") == (
        process.returncode,
        talk,
    )
