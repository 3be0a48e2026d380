"""Instrumentations of frameworks: found where they are installed, switched on once, never in the way."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from opentelemetry import trace

import relaylens
from relaylens import safety

from .conftest import Recording

Install = Callable[..., list[object]]

MODULE = """
calls = []
class {name}:
    def instrument(self, **arguments):
        calls.append(("{name}", sorted(arguments)))
        {body}
    def uninstrument(self):
        calls.append(("{name}", "off"))
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution with an instrumentation into a folder on the path, as pip would lay it out."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules: list[str] = []

    def one(distribution: str, name: str, body: str = "pass") -> list[object]:
        module = distribution.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(MODULE.format(name=name, body=body))
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[opentelemetry_instrumentor]\nit = {module}:{name}\n")
        modules.append(module)
        calls: list[object] = __import__(module).calls
        return calls

    yield one
    for module in modules:
        sys.modules.pop(module, None)


def test_what_is_installed_is_switched_on_and_off(record: Callable[..., Recording], install: Install) -> None:
    """A known instrumentation gets the tracer provider in use, and is switched off by `uninstrument()`."""
    haystack = install("openinference-instrumentation-haystack", "Haystack")

    recording = record(frameworks=True)
    assert [("haystack", "openinference-instrumentation-haystack")] == [
        (each.library, each.distribution) for each in recording.instrumentation.frameworks
    ]
    relaylens.uninstrument()

    assert [("Haystack", ["tracer_provider"]), ("Haystack", "off")] == haystack


def test_one_instrumentation_for_a_library(record: Callable[..., Recording], install: Install) -> None:
    """Of two for the same library the one that shows more is taken, since both would record every call twice; strangers are left alone."""
    better = install("openinference-instrumentation-haystack", "Better")
    other = install("opentelemetry-instrumentation-haystack", "Other")
    stranger = install("opentelemetry-instrumentation-django", "Stranger")

    record(frameworks=True)

    assert ([("Better", ["tracer_provider"])], [], []) == (better, other, stranger)


def test_one_that_fails_does_not_stop_the_rest(
    record: Callable[..., Recording],
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A failure is logged with the name of the distribution, and the host goes on."""
    monkeypatch.setenv("RELAYLENS_RAISE_ERRORS", "false")
    monkeypatch.setattr(safety, "_reported", set())
    install("openinference-instrumentation-dspy", "Broken", "raise RuntimeError('needs version 9')")
    mcp = install("openinference-instrumentation-mcp", "Mcp")

    recording = record(frameworks=True)

    assert [("Mcp", ["tracer_provider"])] == mcp
    assert ["mcp"] == [each.library for each in recording.instrumentation.frameworks]
    (logged,) = [entry.getMessage() for entry in caplog.records]
    assert (
        "Relaylens could not switch on openinference-instrumentation-dspy: RuntimeError: needs version 9. "
        "Your program goes on; some telemetry is missing."
    ) == logged


def test_they_can_be_left_off(record: Callable[..., Recording], install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the argument or by its variable."""
    haystack = install("openinference-instrumentation-haystack", "Haystack")
    record(frameworks=False)
    relaylens.uninstrument()
    monkeypatch.setenv("RELAYLENS_FRAMEWORKS", "off")
    record(frameworks=None)
    assert [] == haystack


@pytest.mark.parametrize(("captures", "value"), [(True, "SPAN_ONLY"), (False, "NO_CONTENT")])
def test_they_are_told_about_texts_too(
    record: Callable[..., Recording],
    install: Install,
    monkeypatch: pytest.MonkeyPatch,
    captures: bool,  # noqa: FBT001 - a case of the test
    value: str,
) -> None:
    """Their own variables are set, unless the host has set them; undoing takes them back."""
    variable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
    body = f"import os; calls.append(os.environ.get({variable!r}))"
    haystack = install("openinference-instrumentation-haystack", "Haystack", body)
    monkeypatch.setenv("OPENINFERENCE_HIDE_INPUTS", "host")

    record(frameworks=True, capture_content=captures)
    relaylens.uninstrument()

    import os  # noqa: PLC0415 - only to look

    assert value == haystack[1]
    assert ("host", None) == (os.environ["OPENINFERENCE_HIDE_INPUTS"], os.environ.get(variable))
    assert trace.get_tracer_provider() is not None
