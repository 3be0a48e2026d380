"""Programs that are observed without a change: `relaylens run` and OpenTelemetry's own loader."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relaylens.launching import environment

from .receivers import Got, http_receiver

PROGRAM = """
import json, os, subprocess, sys
from opentelemetry import trace
with trace.get_tracer("app").start_as_current_span("work " + "-".join(sys.argv[1:])):
    pass
if "child" not in sys.argv:
    print(json.dumps({"arguments": sys.argv[1:], "path": os.environ["PYTHONPATH"].split(os.pathsep)[1:]}))
    subprocess.run([sys.executable, sys.argv[0], "child"], check=True)
    sys.exit(7)
"""


def run(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed environment."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OTEL_", "RELAYLENS_", "PYTHONPATH"))}
    return subprocess.run(command, env=inherited | environ, capture_output=True, text=True, timeout=60, check=False)


def relaylens(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, as its script does."""
    return run([sys.executable, "-m", "relaylens_dashboard.main", "run", *arguments], **environ)


@pytest.fixture
def receiver() -> Iterator[Got]:
    """An OTLP receiver on loopback."""
    with http_receiver() as got:
        yield got


@pytest.fixture
def program(tmp_path: Path) -> str:
    """A program that knows nothing of Relaylens."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return str(path)


def test_a_program_and_its_children_are_observed(receiver: Got, program: str) -> None:
    """Arguments, path and exit code are the program's own; its spans and those of a Python process it starts arrive."""
    ran = relaylens(
        "--service",
        "unchanged",
        "--endpoint",
        receiver.address,
        "--",
        sys.executable,
        program,
        "-x",
        "--service",
        "own",
        PYTHONPATH="/elsewhere",
    )

    assert (7, "") == (ran.returncode, ran.stderr)
    assert {"arguments": ["-x", "--service", "own"], "path": ["/elsewhere"]} == json.loads(ran.stdout)
    assert {("unchanged", "work -x---service-own"), ("unchanged", "work child")} == receiver.of_services()


def test_opentelemetrys_loader_finds_it(receiver: Got, program: str) -> None:
    """`opentelemetry-instrument` switches it on by its entry point; every span then names its process and has a number."""
    ran = run(
        [str(Path(sys.executable).with_name("opentelemetry-instrument")), sys.executable, program, "child"],
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.address,
        OTEL_TRACES_EXPORTER="none",
        OTEL_METRICS_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
    )

    assert (0, "") == (ran.returncode, ran.stdout)
    assert (["work child"], [1]) == (receiver.names(), receiver.numbers())


def test_a_sitecustomize_of_the_installation_still_runs(receiver: Got, program: str, tmp_path: Path) -> None:
    """Ours stands before it on the path and hands on to it."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text("import sys; sys.stderr.write('theirs')")

    ran = relaylens("--endpoint", receiver.address, "--", sys.executable, program, "child", PYTHONPATH=str(folder))

    assert (0, "theirs" * 2) == (ran.returncode, ran.stderr)  # the command itself is a Python program too


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "relaylens run needs a command: relaylens run -- python app.py\n"),
        (["--", "no-such-program"], 127, "relaylens run: there is no command 'no-such-program' here.\n"),
        (["--protocol", "smoke", "--", "ls"], 2, "instrument(protocol=...) is 'smoke'; allowed are http/protobuf and grpc.\n"),
    ],
)
def test_wrong_use_is_a_sentence(arguments: list[str], code: int, message: str) -> None:
    """It says what is wrong and what is right."""
    ran = relaylens(*arguments)
    assert (code, "", message) == (ran.returncode, ran.stdout, ran.stderr)


@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://collector:4318", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}),
        ("http://collector:4318/v1/traces", {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector:4318/v1/traces"}),
    ],
)
def test_an_endpoint_is_a_base_or_the_address_for_traces(endpoint: str, expected: dict[str, Any]) -> None:
    """As OpenTelemetry's variables tell them apart; what the environment said before gives way."""
    made = environment({"endpoint": endpoint}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://old", "HOME": "/h"})
    made.pop("PYTHONPATH")
    assert expected | {"HOME": "/h"} == made
