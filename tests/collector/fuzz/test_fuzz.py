"""Whatever is thrown at the collector: no crash, no hang, no 500, no success that is not in the store, no bad request asked for again.

`FUZZ=` sets how many inputs; `make fuzz` throws many more.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.collector.fuzz import by_seed
from tests.collector.fuzz.__main__ import main
from tests.collector.fuzz.choices import Choices
from tests.collector.fuzz.inputs import draw, draw_over_grpc
from tests.collector.fuzz.target import Target
from tests.collector.fuzz.throwing import Run

INPUTS = int(os.environ.get("FUZZ", "20000"))
_PARTS = 4
_PART = -(-INPUTS // _PARTS)
_OVER_GRPC = 200
_GUIDED = 1_000


@pytest.mark.timeout(max(120, INPUTS // 20))
@pytest.mark.parametrize("part", range(_PARTS))
def test_seeded_inputs(part: int) -> None:
    """The inputs of a seed: always the same ones, so that what is found is found again."""
    with Run() as run:
        by_seed.throw_all(run, range(part * _PART, (part + 1) * _PART), 4)

    assert [] == run.found
    assert _PART == run.counts.total()


def test_what_the_grpc_port_is_sent() -> None:
    """HTTP/2 frames and calls alone, and the memory that the process needs for them at most."""
    peak = Path("/proc/self/clear_refs")
    with Run(over_grpc=True) as run:
        by_seed.throw_all(run, range(10), 5)
        peak.write_text("5", encoding="ascii")  # the highest so far counts from now on
        before = _peak()
        by_seed.throw_all(run, range(10, _OVER_GRPC), 5)
        grown = _peak() - before

    assert [] == run.found
    assert _OVER_GRPC == run.counts.total()
    assert grown < 128 << 20


def _peak() -> int:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM:"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """One collector for all examples; at the end its store holds what it said."""
    one = Target(tmp_path_factory.mktemp("fuzz"))
    yield one
    try:
        one.check_store()
    finally:
        one.close()


@settings(max_examples=500)
@given(st.binary(max_size=400))
def test_inputs_that_hypothesis_chooses(target: Target, data: bytes) -> None:
    """The same inputs, drawn by hypothesis, which finds the smallest that fails."""
    assert target.throw(draw(Choices(data))) != 500


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=400))
def test_frames_that_hypothesis_chooses(target: Target, data: bytes) -> None:
    """What hypothesis draws for the gRPC port."""
    assert target.throw(draw_over_grpc(Choices(data))) == 0


@pytest.mark.timeout(300)
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is for Python below 3.14")
def test_inputs_that_libfuzzer_chooses() -> None:
    """Those that lead to code that none has reached are changed again, until there were so many."""
    command = [sys.executable, "-m", "tests.collector.fuzz", "--driver", "atheris", "--inputs", str(_GUIDED)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)

    assert 0 == ran.returncode, ran.stderr[-4000:]
    assert f"{_GUIDED:9,}  inputs" in ran.stdout
    assert "promises broken: 0" in ran.stdout
    assert 0 < int(ran.stdout.rpartition("kept because they reach more: ")[2])


def test_one_input_is_thrown_again(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """By the bytes that a report names."""
    data = by_seed.choices_of(4, 0)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--replay", data.hex()])

    assert 0 == main()
    said = capsys.readouterr().out
    assert f"{1:9,}  inputs" in said
    assert str(draw(Choices(data))).partition(",")[0] in said


def test_a_driver_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, before anything is started."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["fuzz", "--driver", "atheris"])

    with pytest.raises(SystemExit, match=r"The driver atheris is not installed: .*make setup"):
        main()
