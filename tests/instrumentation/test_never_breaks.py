"""The host's results, exceptions and end are the same with and without us, whatever happens to us."""

import ast
import contextvars
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Self

import pytest
from opentelemetry.sdk.trace import TracerProvider

import relaylens
from relaylens import safety

from .fronts import Front, front
from .unbroken_host import Nothing, workload

HOST = Path(__file__).with_name("unbroken_host.py")
PACKAGE = Path(relaylens.__file__).parent
OWN_WORDS = ("Relaylens ", "The collector ")
"""How each line of our own log begins."""

ENDS = ["end", "exit", "_exit", "exception", "interrupt", "daemon", "atexit", "fork", "multiprocessing"]


@dataclass(frozen=True)
class Ended:
    """What can be seen of a process."""

    code: int
    out: str
    err: list[str]


def run_host(which: str, endpoint: str, how: str, *, spool: Path, limit: int = 0) -> tuple[Ended, float]:
    """Run the host, and say how long it took."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RELAYLENS_")}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(HOST), which, endpoint, how, str(limit)],
        env={**environment, "RELAYLENS_SPOOL_DIR": str(spool)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if not line.startswith(OWN_WORDS)]
    return Ended(done.returncode, done.stdout, said), time.monotonic() - began


@cache
def without(how: str) -> Ended:
    """How the host ends without us."""
    return run_host("without", "-", how, spool=Path("unused"))[0]


@pytest.mark.parametrize("how", ENDS)
def test_every_end_of_the_interpreter_is_the_hosts_own(how: str, tmp_path: Path) -> None:
    """Code, output and traceback are the same, with the collector away."""
    with front(None, None) as door:
        ended, _ = run_host("with", door.address, how, spool=tmp_path)

    assert without(how) == ended


@pytest.mark.parametrize("mode", ["500", "503", "400", "cut", "slow"])
def test_whatever_the_collector_does(mode: str, tmp_path: Path) -> None:
    """A collector that refuses, hangs up or never answers changes nothing, and holds the end up for two seconds at most."""
    with front(None, "open") as door:
        _, usual = run_host("with", door.address, "exception", spool=tmp_path / "usual")
        door.open(mode)
        ended, took = run_host("with", door.address, "exception", spool=tmp_path / "spool")

    assert without("exception") == ended
    assert took < usual + 5


@pytest.mark.parametrize("limit", [1, 4096, 20_000])
def test_a_disk_that_takes_no_more(limit: int, tmp_path: Path) -> None:
    """No file can grow beyond a few bytes: neither the ledger nor the spool can be written, or only its beginning."""
    with front(None, None) as door:
        ended, _ = run_host("with", door.address, "exit", spool=tmp_path, limit=limit)

    assert without("exit") == ended


def test_a_full_file_system(tmp_path: Path) -> None:
    """A real file system of 16 KiB that is full at once; where none can be mounted there is nothing to see."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(small)], capture_output=True, check=False)  # noqa: S607
    if mounted.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with front(None, None) as door:
            ended, _ = run_host("with", door.address, "exit", spool=small)
    finally:
        subprocess.run(["umount", str(small)], check=True)  # noqa: S607

    assert without("exit") == ended


def test_a_spool_that_cannot_be(tmp_path: Path) -> None:
    """A file where the folder should be: spans wait in memory."""
    (tmp_path / "spool").write_text("in the way")
    with front(None) as door:
        ended, _ = run_host("with", door.address, "exit", spool=tmp_path / "spool")

    assert without("exit") == ended
    assert "invoke_workflow answer" in door.spans


@dataclass(frozen=True)
class Place:
    """A statement of ours in which an error is made."""

    file: str
    line: int

    def __str__(self) -> str:
        """For the name of the test."""
        return f"{Path(self.file).name}:{self.line}"


def guarded_places() -> list[Place]:
    """Every statement that stands directly in a guarded block of ours: all that can go wrong is in one of them."""
    places = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.With) and any("guarded(" in ast.unparse(item.context_expr) for item in node.items):
                places += [Place(str(path), statement.lineno) for statement in node.body]
    return places


class Fault(Exception):  # noqa: N818 - an injected one
    """What is injected."""


class Injection:
    """Raises a fault the first time a place is reached, on any thread."""

    def __init__(self, place: Place) -> None:
        """Wait for the place."""
        self._place = place
        self.happened = False

    def __call__(self, frame: FrameType, event: str, _argument: object) -> Any:  # noqa: ANN401 - a trace function
        """Trace the file that is meant."""
        if frame.f_code.co_filename != self._place.file:
            return None
        if event == "line" and frame.f_lineno == self._place.line and not self.happened:
            self.happened = True
            raise Fault
        return self

    def __enter__(self) -> Self:
        """Begin, on this thread and on those that are started."""
        threading.settrace(self)
        sys.settrace(self)
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        sys.settrace(None)
        threading.settrace(None)


@pytest.fixture(scope="module")
def door() -> Iterator[Front]:
    """A collector that takes everything."""
    with front(None) as opened:
        yield opened


EXPECTED = workload(Nothing())
"""What the host sees without us."""


def observed(door: Front, place: Place | None) -> tuple[list[object], bool]:
    """What the host sees with us and an error at a place, from setting up to shutting down, and whether the place was reached."""
    relaylens.uninstrument()
    provider = TracerProvider(shutdown_on_exit=False)
    with Injection(place or Place("", 0)) as injection:
        relaylens.instrument("unbroken", endpoint=door.address, tracer_provider=provider, frameworks=False)
        seen = workload(relaylens)
        relaylens.flush(2)
        relaylens.uninstrument(1)
    provider.shutdown()
    return seen, injection.happened


@pytest.mark.timeout(600)  # some 400 places, each with a host of its own: minutes on a busy machine
def test_an_error_in_any_block_of_ours_stays_there(door: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """For every statement of every guarded block that this host reaches: an error there changes nothing for the host."""
    monkeypatch.setenv("RELAYLENS_RAISE_ERRORS", "false")
    monkeypatch.setattr(safety, "_reported", set())
    assert (EXPECTED, False) == observed(door, None)

    reached, broken = [], []
    for place in guarded_places():
        try:
            # An error where a context is left behind would reach the tests that follow.
            seen, happened = contextvars.copy_context().run(observed, door, place)
        except BaseException as error:  # noqa: BLE001 - whatever comes out is what is looked for
            broken.append((str(place), repr(error)))
            continue
        if happened:
            reached.append(place)
        if seen != EXPECTED:
            broken.append((str(place), repr(seen)))

    assert [] == broken
    core = [place for place in guarded_places() if Path(place.file).parent == PACKAGE]
    assert len(reached) > 0.6 * len(core)
