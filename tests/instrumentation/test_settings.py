"""Every setting has one declaration, and it is documented."""

import inspect
import logging
from pathlib import Path

import pytest

import relaylens
from relaylens import safety
from relaylens.settings import CAPTURE_CONTENT, PROTOCOL, SERVICE, SETTINGS

DOCUMENT = Path(__file__).parents[2] / "docs" / "instrumentation.md"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_is_documented_as_it_is_declared(setting: relaylens.settings.Setting[object]) -> None:
    """The table of the documentation has one row for each: name, variables, default and sentence."""
    variables = ", ".join(f"`{variable}`" for variable in setting.variables)
    default = "" if setting.default is None else f"`{str(setting.default).lower()}`"
    argument = f"`{setting.name}`" if setting.name in inspect.signature(relaylens.instrument).parameters else ""
    assert f"| {argument} | {variables} | {default} | {setting.sentence} |" in DOCUMENT.read_text().splitlines()


def test_the_precedence_is_argument_variable_default() -> None:
    """The same for all, and the first variable wins."""
    environ = {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    assert ["http/protobuf", "grpc", "http/protobuf"] == [
        PROTOCOL.resolve("http/protobuf", environ),
        PROTOCOL.resolve(None, environ),
        PROTOCOL.resolve(None, {}),
    ]


@pytest.mark.parametrize(("value", "captures"), [("TRUE", True), ("span_and_event", True), ("0", False), ("EVENT_ONLY", False)])
def test_switches_speak_the_words_of_opentelemetry(value: str, captures: bool) -> None:  # noqa: FBT001 - a case of the test
    """The variable for message content has more values than true and false."""
    assert captures == CAPTURE_CONTENT.resolve(None, {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": value}).keeps_texts


def test_a_meaningless_variable_is_reported_and_passed_over(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error in the environment does not stop the host; the next variable or the default holds."""
    monkeypatch.setattr(safety, "_reported", set())
    caplog.set_level(logging.WARNING, "relaylens")
    environ = {"RELAYLENS_CAPTURE_CONTENT": "perhaps", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "false"}
    assert False is CAPTURE_CONTENT.resolve(None, environ).keeps_texts
    assert None is SERVICE.resolve(None, {"OTEL_SERVICE_NAME": " "})
    assert ["use RELAYLENS_CAPTURE_CONTENT: SettingError: is 'perhaps'", "use OTEL_SERVICE_NAME: SettingError: is empty"] == [
        entry.getMessage().removeprefix("Relaylens could not ").split(";")[0].split(". Your")[0] for entry in caplog.records
    ]
