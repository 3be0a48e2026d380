"""Texts are kept, or kept out entirely."""

import dataclasses
from collections.abc import Callable

import pytest

import relaylens
from relaylens import content

from .conftest import Recording

WORD = "Sesame-4711"


def say_it_everywhere() -> None:
    """A run in which every text of the API is the word."""

    @relaylens.handoff("b")
    def ask(_: str) -> str:
        return WORD

    @relaylens.agent("c")
    def agent(_: str) -> str:
        return WORD

    with relaylens.run("r", run_id="r") as run:
        run.input(WORD).output(WORD)
        with relaylens.agent("a") as step:
            step.input(WORD).output(WORD)
            ask(WORD)
            agent(WORD)
            with relaylens.model_call("m") as call:
                call.system(WORD).messages(WORD).tools([WORD]).answer(WORD, tool_calls=[{"name": "t", "arguments": WORD}])
            with relaylens.tool("t") as tool:
                tool.input({"x": WORD}).output(WORD)
            relaylens.handoff("d", WORD, reason=WORD)
            relaylens.handoff("e", WORD).refuse(WORD)
            relaylens.escalate(WORD).answer("edited", WORD)
            relaylens.validation("b", "rejected", WORD)
            with relaylens.validation("b") as check:
                check.rejected(WORD)
            relaylens.feedback("f", 1, comment=WORD)
        with relaylens.agent("d", payload=WORD) as step:
            step.refuse(WORD)
        with pytest.raises(ValueError, match=WORD), relaylens.tool("broken"):
            raise ValueError(WORD)
        relaylens.outcome("failed", WORD)
    relaylens.outcome("failed", WORD, run="r")


def everything_recorded(recording: Recording) -> str:
    """All that left the process, as one text."""
    return "\n".join(span.to_json() for span in recording.spans())


@pytest.mark.parametrize("variable", [None, "RELAYLENS_CAPTURE_CONTENT", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"])
def test_without_capture_no_text_leaves(record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch, variable: str | None) -> None:
    """By the argument or by either variable, no prompt, answer, argument, result, payload, reason or message is in any span."""
    if variable is not None:
        monkeypatch.setenv(variable, "false")
    recording = record() if variable is not None else record(capture_content=False)
    say_it_everywhere()

    assert WORD not in everything_recorded(recording)
    assert ["ValueError"] == [
        event.attributes["exception.type"] for span in recording.spans() for event in span.events if event.attributes is not None
    ]


def test_with_capture_every_text_is_there(recording: Recording) -> None:
    """The test above looks in the right places: with capture on, each of these attributes holds the word."""
    say_it_everywhere()

    assert {
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "gen_ai.system_instructions",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.result",
        "gen_ai.tool.definitions",
        "relaylens.escalation.answer",
        "relaylens.escalation.question",
        "relaylens.feedback.comment",
        "relaylens.handoff.payload",
        "relaylens.handoff.reason",
        "relaylens.handoff.received",
        "relaylens.run.outcome.reason",
        "relaylens.validation.reason",
    } == {key for entry in recording.tree() for key, value in entry["attributes"].items() if WORD in str(value)}


def test_the_argument_wins_over_the_variable(record: Callable[..., Recording], monkeypatch: pytest.MonkeyPatch) -> None:
    """What the program says counts more than what its surroundings say."""
    monkeypatch.setenv("RELAYLENS_CAPTURE_CONTENT", "false")
    recording = record(capture_content=True)
    with relaylens.agent("a") as step:
        step.output(WORD)
    assert WORD in everything_recorded(recording)


@dataclasses.dataclass
class Order:
    """A value of some host."""

    number: int
    tags: tuple[str, ...]


class Model:
    """A value that dumps itself, as Pydantic's do."""

    def model_dump(self) -> dict[str, object]:
        """What it holds."""
        return {"order": Order(1, ("a",))}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Straße\n", "Straße\n"),
        ({"a": Order(7, ("x", "y")), 2: None}, '{"a": {"number": 7, "tags": ["x", "y"]}, "2": null}'),
        (Model(), '{"order": {"number": 1, "tags": ["a"]}}'),
        ([b"abc", 1.5, float("nan"), float("inf")], '["3 bytes", 1.5, "nan", "inf"]'),
        (ValueError("no"), '"no"'),
        (True, "true"),
    ],
)
def test_any_value_becomes_text(value: object, text: str) -> None:
    """Texts as they are, everything else as JSON."""
    assert text == content.as_text(value)


def test_a_value_that_holds_itself_ends() -> None:
    """Cycles are cut off."""
    circle: list[object] = []
    circle.append(circle)
    assert content.as_text(circle).startswith("[[[[")


@pytest.mark.parametrize("text", ["", "Where is it?", 'a "quoted" \\ text\n\t\x00\x1f', "Grüße \u2028 \U0001f642", "[1]", "\x7f</script>"])
def test_a_text_is_written_as_any_other_message(text: str) -> None:
    """The short way for a text gives, byte for byte, what the long way gives."""
    asked = [{"role": "user", "content": text}]
    told = [{"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": "stop"}]

    assert content.messages(asked, "user") == content.messages(text, "user")
    assert content.as_json(told) == content.answer(text, (), "stop") == content.messages(text, "assistant", "stop")
