"""What may not leave the process does not: by level, by agent, by rule, on our spans and on those of others."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import Link, SpanContext, Status, StatusCode

import relaylens
from relaylens import safety
from relaylens.capturing import Capture, capture_of
from relaylens.exceptions import SettingError
from relaylens.privacy import Privacy
from relaylens.reducing import Reducer
from relaylens.semconv import CONTENT_KEYS, CONTENT_PREFIXES, STRUCTURAL_KEYS, ContentLevel
from relaylens_analytics.testing import settled

from .conftest import Recording

Record = Callable[..., Recording]

CANARY = "Zanzibar 4711 pangolin"
MAIL = "ann.smith@example.com"
LEVELS = [ContentLevel.METADATA, ContentLevel.NONE]


def everything(spans: Sequence[ReadableSpan]) -> str:
    """All texts of spans, as one."""
    return json.dumps(
        [
            [
                span.name,
                span.status.description,
                dict(span.attributes or {}),
                dict(span.resource.attributes),
                [[event.name, dict(event.attributes or {})] for event in span.events],
                [dict(link.attributes or {}) for link in span.links],
            ]
            for span in spans
        ],
        default=str,
        ensure_ascii=False,
    )


def work(text: str = CANARY) -> None:
    """A run in which every call of ours is given a text."""
    with relaylens.run("answer a ticket", conversation="c-1", user=MAIL) as run:
        run.input(text)
        with relaylens.agent("triage") as step:
            step.input([{"role": "user", "content": text}])
            with relaylens.model_call("small-1", provider="openai") as call:
                call.system(text).messages([{"role": "user", "content": text}])
                call.answer(text, tool_calls=[{"id": "c1", "name": "search", "arguments": {"query": text}}], finish_reason="stop")
            relaylens.tool(search)(text)
            relaylens.handoff("payroll", {"note": text}, reason=text)
        with relaylens.agent("payroll", payload={"note": text}) as step:
            relaylens.escalate(text).answer("edited", text, by="Mara")
            relaylens.validation("triage", "rejected", text)
            relaylens.feedback("helpful", text, comment=text)
            step.output(text)
        run.output(text)
        relaylens.outcome("completed", text)
    with pytest.raises(ValueError, match=r"Zanzibar|ann"), relaylens.run("fail"), relaylens.agent("docs"):
        raise ValueError(text)


def search(query: str) -> list[str]:
    """Answer with the question."""
    return [query]


def foreign(recording: Recording, text: str = CANARY) -> None:
    """Spans as other instrumentations write them, with a text in each of the places they have for one."""
    tracer = recording.provider.get_tracer("another.instrumentation")
    link = Link(SpanContext(1, 1, is_remote=True), {"message": text})
    with tracer.start_as_current_span("ChatOpenAI", links=[link]) as span:
        for key in sorted(CONTENT_KEYS):
            span.set_attribute(key, json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}, {"x": text}]))
        for prefix in CONTENT_PREFIXES:
            span.set_attribute(f"{prefix}0.message.content", text)
            span.set_attribute(f"{prefix}0.message.role", "user")
        span.set_attribute("metadata", json.dumps({"langgraph_node": "docs", "note": text}))
        span.set_attribute("an.attribute.of.the.host", text)
        span.set_attribute("several", [text, "two words"])
        span.set_attribute("gen_ai.agent.name", "docs")
        span.set_attribute("gen_ai.usage.input_tokens", 17)
        span.set_attribute("gen_ai.response.finish_reasons", ["stop"])
        span.add_event("gen_ai.user.message", {"content": text})
        span.add_event("gen_ai.choice", {"message": text, "finish_reason": "stop"})
        span.add_event(f"They said {text}", {"body": text})
        span.record_exception(RuntimeError(text))
        span.set_status(Status(StatusCode.ERROR, f"RuntimeError: {text}"))
    with tracer.start_as_current_span(f"{text} and what else was asked for.task") as span:
        span.set_attribute("crewai.task.description", f"{text} and what else was asked for")


@pytest.mark.parametrize("level", LEVELS)
def test_no_text_leaves_below_all(record: Record, level: ContentLevel) -> None:
    """Neither of our own calls nor of other instrumentations, wherever a span has room for one."""
    recording = record(capture_content=level.value)
    work()
    foreign(recording)

    sent = everything(recording.spans())
    assert [] == [word for word in CANARY.split() if word in sent]


def test_all_is_everything(record: Record) -> None:
    """The same texts are all there without a level; the test above looks in the right places."""
    recording = record()
    work()
    foreign(recording)

    sent = recording.spans()
    assert 60 < everything(sent).count("Zanzibar")
    assert {} == {span.name: key for span in sent for key in STRUCTURAL_KEYS if CANARY in str((span.attributes or {}).get(key))}


def test_metadata_keeps_what_settling_needs(record: Record) -> None:
    """Roles, tools, finish reasons, sizes and hashes, and an empty answer stays empty."""
    recording = record(capture_content="metadata")
    with relaylens.model_call("small-1") as call:
        call.messages([{"role": "user", "content": CANARY}, {"role": "user", "content": CANARY}])
        call.answer("", tool_calls=[{"id": "c1", "name": "search", "arguments": {"query": CANARY, "n": 3}}], finish_reason="tool_calls")

    attributes = recording.attributes("chat small-1")
    first, second = json.loads(attributes["gen_ai.input.messages"])
    (answer,) = json.loads(attributes["gen_ai.output.messages"])
    assert first == second
    assert first["parts"][0]["content"].startswith(f"[text {len(CANARY)} ")
    assert {"type": "text", "content": ""} == answer["parts"][0]
    assert ("search", ["query", "n"]) == (answer["parts"][1]["name"], list(answer["parts"][1]["arguments"]))
    assert ("assistant", "tool_calls") == (answer["role"], answer["finish_reason"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("", ""),
        ("Error: no such page", "Error:"),
        ("This tool call requires confirmation, please", "requires confirmation:"),
        ("Command(graph='__parent__', update={'x': 'y'})", "Command(graph=:"),
        ("Ann asked", ""),
    ],
)
def test_phrases_that_say_how_it_ended_are_kept(text: str, left: str) -> None:
    """A tool's error, a pause and control flow are still seen as such; the rest of the text is not."""
    reduced = Reducer(b"key", is_shared=False).text(text)
    assert left == reduced.partition("[")[0].strip()
    assert "Ann" not in reduced


def test_the_network_is_the_same_without_its_texts(record: Record) -> None:
    """Settling finds the same runs, steps and handoffs at every level, and the same findings at the level metadata."""

    def lossy() -> None:
        with relaylens.run("answer a ticket"):
            with relaylens.agent("triage"):
                relaylens.handoff("docs", {"ticket": "A-17", "urgency": "high"})
            with relaylens.agent("docs", payload={"ticket": "A-17"}) as step, relaylens.model_call("small-1") as call:
                call.messages([{"role": "user", "content": "Where is it?"}])
                call.answer("", finish_reason="stop")
                step.output("")

    seen = {}
    for level in ContentLevel:
        recording = record(capture_content=level.value)
        lossy()
        seen[level] = settled(recording.spans())
        relaylens.uninstrument()

    complete, metadata, none = seen[ContentLevel.ALL], seen[ContentLevel.METADATA], seen[ContentLevel.NONE]
    assert complete.findings is not None
    assert metadata.findings is not None
    assert (
        {"context_lost", "empty_output"}
        == {finding.detector for finding in complete.findings}
        == {finding.detector for finding in metadata.findings}
    )
    assert complete.handoffs == metadata.handoffs
    assert ["triage -> docs"] == [f"{one.source} -> {one.target}" for one in none.handoffs]
    assert [] == none.findings
    assert [run.outcome for run in complete.runs] == [run.outcome for run in none.runs]


def test_an_agent_has_a_level_of_its_own(record: Record) -> None:
    """Its texts stay, also on the spans of others inside its step, on what is handed to it, and where its error passes through the run."""
    recording = record(capture_content={"default": "all", "payroll": "none", "legal agent": "metadata"})
    tracer = recording.provider.get_tracer("another.instrumentation")

    def work_of_three() -> None:
        with relaylens.run("work") as run:
            run.input("open question")
            with relaylens.agent("triage") as step:
                step.output("open answer")
                relaylens.handoff("payroll", {"note": CANARY})
            with relaylens.agent("legal") as step:
                step.output("secret clause")
            with relaylens.agent("payroll") as step, tracer.start_as_current_span("ChatOpenAI") as span:
                step.input(CANARY)
                span.set_attribute("output.value", CANARY)
                raise ValueError(CANARY)

    with pytest.raises(ValueError, match="pangolin"):
        work_of_three()
    sent = everything(recording.spans())
    assert [False, False, True, True] == [word in sent for word in ("pangolin", "clause", "open question", "open answer")]


def test_a_foreign_agent_is_known_by_its_span(record: Record) -> None:
    """Agents of frameworks are named on a span around the model's, or only in that span's name."""
    recording = record(capture_content={"payroll_agent": "none"})
    tracer = recording.provider.get_tracer("another.instrumentation")
    for name, attributes in (("invoke_agent payroll", {}), ("run", {"agent.name": "Payroll"}), ("run", {"graph.node.id": "payroll_agent"})):
        with tracer.start_as_current_span(name, attributes=attributes), tracer.start_as_current_span("ChatOpenAI") as span:
            span.set_attribute("input.value", CANARY)
    with tracer.start_as_current_span("invoke_agent docs") as span:
        span.set_attribute("input.value", "open")

    sent = everything(recording.spans())
    assert [False, True] == ["pangolin" in sent, "open" in sent]


def test_personal_data_is_taken_out_everywhere(record: Record) -> None:
    """By rule: from names, attributes, messages in JSON, events, links and the status; identifiers of the application are hashed."""
    recording = record(redact=True)
    with relaylens.run(f"mail to {MAIL}", conversation=MAIL):
        work(f"Write to {MAIL} or +49 30 1234567")
        foreign(recording, f"Write to {MAIL} or +49 30 1234567")

    sent = recording.spans()
    assert [False, False, True] == [word in everything(sent) for word in (MAIL, "1234567", "Write to [mail] or [phone]")]
    (conversation,) = {(span.attributes or {}).get("gen_ai.conversation.id") for span in sent if "mail to" in span.name}
    assert isinstance(conversation, str)
    assert 32 == len(conversation)
    assert {"invoke_workflow mail to [mail]"} == {span.name for span in sent if "mail to" in span.name}


@pytest.mark.parametrize(("level", "sent"), [("all", {"who": "[mail]", "n": [1, "x"]}), ("metadata", None), ("none", None)])
def test_attributes_with_members_are_looked_into(record: Record, level: str, sent: object) -> None:
    """Newer SDKs take lists and members by name; a text in them is a text, and bytes are one."""
    recording = record(capture_content=level, redact="mail")
    with recording.provider.get_tracer("host").start_as_current_span("x") as span:
        value: Any = {"who": MAIL, "n": [1, "x"]}
        span.set_attribute("input.value", value)
        raw: Any = f"I am {MAIL}".encode()
        span.set_attribute("of.the.host", raw)

    attributes = recording.attributes("x")
    assert MAIL not in str(attributes)
    if sent is not None:
        assert sent == json.loads(json.dumps(attributes["input.value"], default=dict))


def test_agents_that_only_a_text_names_keep_their_names(record: Record) -> None:
    """OpenInference says in input and output of a span who hands over, and for LlamaIndex in the input of a step whose it is."""
    recording = record(capture_content="metadata")
    tracer = recording.provider.get_tracer("another.instrumentation")
    with tracer.start_as_current_span("handoff to docs", attributes={"input.value": "triage agent", "output.value": "docs"}):
        pass
    with tracer.start_as_current_span("step", attributes={"input.value": f"AgentInput(input='{CANARY}', current_agent_name='docs')"}):
        pass

    first, second = recording.spans()
    assert {"input.value": "triage agent", "output.value": "docs"}.items() <= dict(first.attributes or {}).items()
    named = str((second.attributes or {})["input.value"])
    assert named.startswith("current_agent_name='docs': [text ")
    assert "pangolin" not in named


def test_users_are_hashed_with_the_key(record: Record) -> None:
    """The same user has the same name in every process that has the key, and no other."""
    names = []
    for key in ("one", "one", "two"):
        recording = record(hash_user_ids=True, privacy_key=key)
        with relaylens.run("work", user=MAIL):
            pass
        names.append(recording.attributes("invoke_workflow work")["user.id"])
        relaylens.uninstrument()
    assert names[0] == names[1] != names[2]
    assert MAIL not in names


def test_a_key_keeps_redacted_values_apart(record: Record) -> None:
    """With it a handoff that lost or changed a redacted value can still be seen."""
    recording = record(redact="mail", privacy_key="k")
    with relaylens.run("work"), relaylens.agent("triage"):
        relaylens.handoff("docs", {"a": MAIL, "b": MAIL.upper(), "c": "bob@example.com"})

    payload = json.loads(recording.attributes("handoff docs")["relaylens.handoff.payload"])
    assert payload["a"] == payload["b"] != payload["c"]
    assert payload["a"].startswith("[mail:")


def broken(text: str) -> str:
    """Fail, with the text in the error's own words."""
    raise RuntimeError(text)


def wrong(text: str) -> Any:  # noqa: ANN401 - on purpose
    """Answer something that is no text."""
    return len(text)


@pytest.mark.parametrize("function", [broken, wrong])
def test_a_failing_function_costs_the_texts_and_nothing_else(
    record: Record, function: Callable[[str], str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The spans are sent, without any text, and the log does not say what the function was given."""
    monkeypatch.setattr(safety, "_reported", set())
    recording = record(redact=function)
    work()
    foreign(recording)

    sent = recording.spans()
    assert 14 == len(sent)
    assert [] == [word for word in (*CANARY.split(), MAIL) if word in everything(sent) + caplog.text]
    assert {"triage", "payroll", "docs"} == {(span.attributes or {}).get("gen_ai.agent.name") for span in sent} - {None}
    assert "without its texts" in caplog.text


def test_nothing_is_done_where_nothing_is_asked_for(record: Record) -> None:
    """The usual case costs nothing: the span that ended is the span that is sent."""
    span = ReadableSpan("x", attributes={"input.value": MAIL})
    assert span is Privacy().cleaned(span)
    recording = record()
    work()
    assert CANARY in everything(recording.spans())


def test_levels_are_said_in_several_ways() -> None:
    """A word, a truth value, by agent, and as the environment writes it."""
    by_agent = Capture(ContentLevel.METADATA, (("payroll", ContentLevel.NONE),))
    assert [Capture(), Capture(ContentLevel.NONE), Capture(ContentLevel.METADATA), by_agent, by_agent] == [
        capture_of(given=True),
        capture_of("off"),
        capture_of("metadata"),
        capture_of({"default": "metadata", "Payroll Agent": False}),
        capture_of("metadata, payroll=none"),
    ]
    assert "metadata,payroll=none" == str(by_agent)
    with pytest.raises(SettingError, match=r"instrument\(capture_content=...\) is 'some'; allowed are all, metadata, none"):
        relaylens.instrument(capture_content="some")
    with pytest.raises(SettingError, match=r"instrument\(redact=...\) names 'mial'"):
        relaylens.instrument(redact="mial")


@pytest.mark.parametrize("variable", ["RELAYLENS_CAPTURE_CONTENT=non", "RELAYLENS_REDACT=mial", "RELAYLENS_HASH_USER_IDS=perhaps"])
def test_a_typing_error_does_not_cost_privacy(record: Record, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment asks for privacy in words that mean nothing, the strictest meaning holds."""
    name, value = variable.split("=")
    monkeypatch.setenv(name, value)
    recording = record()
    with relaylens.run("work", user=MAIL) as run:
        run.input(f"I am {MAIL}")

    attributes = recording.attributes("invoke_workflow work")
    assert {"RELAYLENS_CAPTURE_CONTENT": False, "RELAYLENS_REDACT": False, "RELAYLENS_HASH_USER_IDS": True}[name] == (
        MAIL in attributes.get("gen_ai.input.messages", "")
    )
    assert (name == "RELAYLENS_CAPTURE_CONTENT") == (attributes["user.id"] == MAIL)


def test_other_exporters_of_the_host_see_the_span_as_it_was(record: Record) -> None:
    """Only the copy that Relaylens sends is changed."""
    recording = record(redact=True)
    kept: list[ReadableSpan] = []

    class Keep(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            kept.extend(spans)
            return SpanExportResult.SUCCESS

    from opentelemetry.sdk.trace.export import SimpleSpanProcessor  # noqa: PLC0415 - used once

    recording.provider.add_span_processor(SimpleSpanProcessor(Keep()))
    with recording.provider.get_tracer("host").start_as_current_span("x") as span:
        span.set_attribute("input.value", MAIL)

    assert [MAIL] == [(span.attributes or {})["input.value"] for span in kept]
    assert ["[mail]"] == [(span.attributes or {})["input.value"] for span in recording.spans()]


def test_a_password_in_the_command_line_is_not_sent(record: Record) -> None:
    """Resource detectors put it on every span."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - used once

    privacy = Privacy(capture_of("none"))
    assert {"service.name": "a"} == privacy.resource(
        Resource({"service.name": "a", "process.command_args": ("x", "--password=hunter22")})
    ).attributes
    redacting = record(redact=True).instrumentation.processor
    assert redacting is not None
    left = redacting._privacy.resource(Resource({"process.command_line": "x --password=hunter22"}))  # noqa: SLF001 - the one in use
    assert {"process.command_line": "x --password=[secret]"} == left.attributes


def test_the_redaction_is_not_on_the_hosts_thread() -> None:
    """A text that takes long to redact does not hold up the program that wrote it."""
    program = """
import threading, relaylens
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
threads = set()
def note(text):
    if text == "a long text":
        threads.add(threading.current_thread().name)
    return text
relaylens.instrument(exporter=InMemorySpanExporter(), redact=note, frameworks=False)
with relaylens.run("work") as run:
    run.input("a long text")
relaylens.flush()
print(threads)
"""
    environ = {key: value for key, value in os.environ.items() if not key.startswith(("OTEL_", "RELAYLENS_"))}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, env=environ)
    assert "{'relaylens-sends'}\n" == done.stdout
