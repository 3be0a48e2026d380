"""`relaylens up` and `relaylens demo` as processes: they answer, and they end in good order."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import pytest

Relaylens = Callable[..., Any]
DEADLINE_S = 60.0
pytestmark = pytest.mark.xdist_group("live")


@dataclass
class Live:
    """A running command, and what it printed so far."""

    process: subprocess.Popen[str]
    printed: str

    @property
    def url(self) -> str:
        """Where its collector answers."""
        return self._found(r"OTLP/HTTP +(http://\S+)")

    @property
    def dashboard(self) -> str:
        """Where its dashboard answers."""
        return self._found(r"Dashboard +(http://\S+)")

    @property
    def store(self) -> Path:
        """Where it keeps its data."""
        return Path(self._found(r"Store +(\S+)"))

    def children(self) -> list[int]:
        """List the processes it has started."""
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]

    def stop(self, with_signal: signal.Signals) -> tuple[int, str]:
        """Send the signal, and give the exit code and what was said meanwhile."""
        self.process.send_signal(with_signal)
        _, said = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, said

    def _found(self, pattern: str) -> str:
        found = re.search(pattern, self.printed)
        assert found is not None, self.printed
        return found[1]


@contextmanager
def running(*arguments: str | Path, **variables: str) -> Iterator[Live]:
    """Run a command until the block ends; it is there once it has printed where its store is."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RELAYLENS_", "OTEL_"))}
    command = [sys.executable, "-m", "relaylens_dashboard.main", *map(str, arguments)]
    with subprocess.Popen(command, env=kept | variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            printed = ""
            for line in process.stdout:
                printed += line
                if line.startswith("Store"):
                    break
            else:
                pytest.fail(process.communicate()[1])
            yield Live(process, printed)
        finally:
            if process.poll() is None:
                process.kill()


def get(url: str) -> tuple[int, str]:
    """Ask an address, and give status and body."""
    with build_opener(ProxyHandler({})).open(url, timeout=10) as answer:
        return answer.status, answer.read().decode()


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition to hold."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.1)


def test_up_takes_spans_in_and_shows_them(relaylens: Relaylens, bodies: list[bytes], tmp_path: Path) -> None:
    """Collector and dashboard answer; SIGTERM ends both with exit code 0, and what was acknowledged is in the store."""
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    with running("up", "--store", tmp_path / "store", *ports) as live:
        for body in bodies:
            request = Request(f"{live.url}/v1/traces", body, {"Content-Type": "application/x-protobuf"})  # noqa: S310 - our own address
            assert 200 == build_opener(ProxyHandler({})).open(request, timeout=10).status
        until(lambda: len(json.loads(relaylens("runs", "--url", live.url, "--format", "json").out)) == len(bodies))
        healthy, page = get(f"{live.dashboard}/_stcore/health"), get(live.dashboard)
        in_use = relaylens("runs", "--store", tmp_path / "store")
        second = relaylens("import", __file__, "--store", tmp_path / "store")
        children = live.children()
        code, said = live.stop(signal.SIGTERM)

    assert ((200, "ok"), 200) == (healthy, page[0])
    assert (1, 1) == (in_use.code, second.code)
    assert "A running collector holds this store" in in_use.err
    assert "Another process uses this store folder" in second.err
    assert (0, "Ctrl-C stops.\n") == (code, said)
    assert 1 == len(children)
    assert [] == [child for child in children if Path(f"/proc/{child}").exists()]
    assert 2 == len(json.loads(relaylens("handoffs", "--store", tmp_path / "store", "--format", "json").out))


def test_up_asks_for_its_token(relaylens: Relaylens, tmp_path: Path) -> None:
    """Without it nothing is answered, with it everything is; Ctrl-C ends it with exit code 0."""
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--no-dashboard")
    with running("up", "--store", tmp_path / "store", *ports, RELAYLENS_TOKEN="open sesame") as live:  # noqa: S106 - of this test
        refused = relaylens("runs", "--url", live.url)
        answered = relaylens("runs", "--url", live.url, "--token", "open sesame")
        from_variable = relaylens("runs", "--url", live.url, RELAYLENS_TOKEN="open sesame")  # noqa: S106
        children = live.children()
        code, said = live.stop(signal.SIGINT)

    assert "Dashboard" not in live.printed
    assert [] == children
    assert (1, 0, 0) == (refused.code, answered.code, from_variable.code), answered.err
    assert "asks for a token" in refused.err
    assert (0, "Ctrl-C stops.\n") == (code, said)


def test_up_shows_a_project_to_those_who_have_its_token(relaylens: Relaylens, bodies: list[bytes], tmp_path: Path) -> None:
    """Each token sees its project alone, tokens come and go without a restart, and no secret is in anything that was said or logged."""
    made = {
        project: relaylens(
            "token", "create", f"for {project}", "--scope", "ingest", "--scope", "read", "--project", project, "--store", tmp_path
        )
        for project in ("acme", "default")
    }
    texts = {project: done.out.strip() for project, done in made.items()}
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0", "--dashboard-project", "acme")
    with running("up", "--store", tmp_path, *ports) as live:
        for body in bodies:
            headers = {"Content-Type": "application/x-protobuf", "Authorization": f"Bearer {texts['acme']}"}
            request = Request(f"{live.url}/v1/traces", body, headers)  # noqa: S310 - our own address
            assert 200 == build_opener(ProxyHandler({})).open(request, timeout=10).status
        acme = ("runs", "--url", live.url, "--format", "json", "--token", texts["acme"])
        until(lambda: len(json.loads(relaylens(*acme).out)) == len(bodies))
        default = relaylens("runs", "--url", live.url, "--format", "json", RELAYLENS_TOKEN=texts["default"])
        nobody = relaylens("runs", "--url", live.url)
        healthy = get(f"{live.dashboard}/_stcore/health")
        listed = relaylens("token", "list", "--store", tmp_path, "--format", "json")
        token_id = next(token["id"] for token in json.loads(listed.out) if token["project"] == "acme")
        revoked = relaylens("token", "revoke", token_id, "--store", tmp_path)
        after = relaylens(*acme)
        code, said = live.stop(signal.SIGTERM)

    assert "(project acme)" in live.printed
    assert (0, 1, 0, 1, 0) == (default.code, nobody.code, revoked.code, after.code, code)
    assert [] == json.loads(default.out)
    assert "asks for a token" in nobody.err
    assert "revoked" in after.err
    assert (200, "ok") == healthy
    said_by_all = live.printed + said + "".join(done.out + done.err for done in (default, nobody, listed, revoked, after))
    assert [] == [text for text in texts.values() if text in said_by_all or text.split("_", 2)[2] in said_by_all]


@pytest.mark.parametrize("option", ["--otlp-http-port", "--otlp-grpc-port", "--dashboard-port"])
def test_a_port_that_is_taken_is_named(relaylens: Relaylens, tmp_path: Path, option: str) -> None:
    """It is said which, nothing is left running, and the store is free again."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ports = {"--otlp-http-port": "0", "--otlp-grpc-port": "0", "--dashboard-port": "0"} | {option: port}
        arguments = [part for pair in ports.items() for part in pair]
        command = [sys.executable, "-m", "relaylens_dashboard.main", "up", "--store", str(tmp_path / "store"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=DEADLINE_S)

    assert done.returncode in {1, 2}
    assert port in done.stderr
    assert "Traceback" not in done.stderr
    assert 0 == relaylens("rebuild", "--store", tmp_path / "store").code or not (tmp_path / "store").exists()


def test_demo_shows_the_example_network_and_leaves_nothing(relaylens: Relaylens) -> None:
    """History and live runs come in, the dashboard answers, and Ctrl-C ends everything and removes the data."""
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    with running("demo", "--runs", "5", "--seed", "1", *ports) as live:
        until(lambda: len(json.loads(relaylens("runs", "--url", live.url, "--format", "json").out)) > 5)
        edges = json.loads(relaylens("metrics", "handoff_success_rate", "--by", "edge", "--url", live.url, "--format", "json").out)
        healthy = get(f"{live.dashboard}/_stcore/health")
        children = live.children()
        code, said = live.stop(signal.SIGINT)

    assert (200, "ok") == healthy
    assert "triage -> retriever" in {row["key"] for row in edges}
    assert (0, "Ctrl-C stops.\n") == (code, said)
    assert 2 == len(children)
    assert [] == [child for child in children if Path(f"/proc/{child}").exists()]
    assert not live.store.exists()
    with pytest.raises(URLError):
        get(live.url)


def test_a_part_that_ends_by_itself_stops_all(tmp_path: Path) -> None:
    """When the dashboard dies, `relaylens up` says so and ends with exit code 1 instead of going on without it."""
    ports = ("--otlp-http-port", "0", "--otlp-grpc-port", "0", "--dashboard-port", "0")
    with running("up", "--store", tmp_path / "store", *ports) as live:
        (dashboard,) = live.children()
        os.kill(dashboard, signal.SIGKILL)
        _, said = live.process.communicate(timeout=DEADLINE_S)

    assert 1 == live.process.returncode
    assert "The dashboard ended with exit code -9." in said
