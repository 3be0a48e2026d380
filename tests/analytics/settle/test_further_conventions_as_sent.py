"""What MLflow, Haystack, Genkit, Mastra, Pydantic AI, the Model Context Protocol and A2A send, in the names of their own."""

import json
from collections.abc import Iterator

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.analytics.settle.building import agent, chat, settle_spans, span, tool
from tests.analytics.settle.captured import rows

from relaylens import semconv
from relaylens_analytics.messages import exchange
from relaylens_collector.store import Store

_HANDOFFS = "SELECT from_agent, to_agent, ok, reason FROM handoffs WHERE NOT is_return ORDER BY offered_at"
_STEPS = "SELECT agent, model_calls, tool_calls, input_tokens, output_tokens FROM steps ORDER BY position"
_SERVICES = "SELECT agent, service_name FROM steps ORDER BY position"
_TOOLS = "SELECT tool_name, is_error FROM span_facts WHERE span_class = 'tool' ORDER BY started_at, ended_at DESC"
_CLASSES = "SELECT span_class, count(*) FROM span_facts GROUP BY ALL ORDER BY ALL"
_FINDINGS = "SELECT DISTINCT detector FROM findings ORDER BY ALL"
_ANSWERS = "SELECT agent, state, answer FROM escalations ORDER BY requested_at"


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    made = Store(":memory:")
    yield made
    made.close()


def mlflow(number: int, name: str, kind: str, start: float, end: float, given: object, said: object, *, parent: int = 0) -> Span:
    """A span of MLflow's, whose values are all JSON; a call of a model has its tokens in a document."""
    attributes = {"mlflow.spanType": json.dumps(kind), "mlflow.spanInputs": json.dumps(given), "mlflow.spanOutputs": json.dumps(said)}
    if kind == "CHAT_MODEL":
        attributes |= {"mlflow.llm.model": '"m-1"', "mlflow.chat.tokenUsage": '{"input_tokens": 7, "output_tokens": 3, "total_tokens": 10}'}
    return span(number, name, start, end, attributes, parent=parent)


def completion(text: str | None = None, *, call: str | None = None) -> dict[str, object]:
    """OpenAI's answer as it came."""
    calls = [{"id": "c1", "type": "function", "function": {"name": call, "arguments": "{}"}}] if call else None
    return {"id": "r1", "choices": [{"index": 0, "message": {"role": "assistant", "content": text, "tool_calls": calls}}]}


@pytest.mark.parametrize(("said", "found"), [("It is late.", []), ("", [("empty_output",)])], ids=["an answer", "no word"])
def test_spans_of_mlflow_are_agents_calls_and_tools(store: Store, said: str, found: list[tuple[str]]) -> None:
    """Its types are quoted, as all its values are; the agent is named by its function, which names the span."""
    asked = {"model": "m-1", "messages": [{"role": "user", "content": "Where is it?"}]}
    settle_spans(
        store,
        mlflow(1, "triage", "AGENT", 0, 20, {"text": "Where is it?"}, "It is late."),
        mlflow(2, "Completions", "CHAT_MODEL", 1, 2, asked, completion(call="transfer_to_docs"), parent=1),
        mlflow(3, "transfer_to_docs", "TOOL", 3, 12, {"k": {}}, said, parent=1),
        mlflow(4, "docs", "AGENT", 4, 11, {"text": "Find it."}, said, parent=3),
        mlflow(5, "search", "TOOL", 5, 6, {"query": "it"}, "It left on Monday.", parent=4),
        mlflow(6, "Completions", "CHAT_MODEL", 7, 8, asked, completion(said), parent=4),
        mlflow(7, "Completions", "CHAT_MODEL", 14, 15, asked, completion("It is late."), parent=1),
    )

    assert [("triage", 2, 1, 14, 6), ("docs", 1, 1, 7, 3)] == rows(store.connection, _STEPS)
    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("m-1",)] == rows(store.connection, "SELECT DISTINCT model FROM span_facts WHERE model IS NOT NULL")
    assert [("Where is it?", "It is late.")] == rows(store.connection, "SELECT input_preview, output_preview FROM runs")
    assert found == rows(store.connection, _FINDINGS)


def test_a_handoff_to_nobody_is_seen_in_what_mlflow_sends(store: Store) -> None:
    """The model asked for it, and no tool was run."""
    settle_spans(
        store,
        mlflow(1, "triage", "AGENT", 0, 9, {"text": "Hello"}, "Nobody can help."),
        mlflow(2, "Completions", "CHAT_MODEL", 1, 2, {}, completion(call="transfer_to_billing"), parent=1),
        mlflow(3, "Completions", "CHAT_MODEL", 3, 4, {}, completion("Nobody can help."), parent=1),
    )

    assert [("triage", "billing", False, "unknown_target")] == rows(store.connection, _HANDOFFS)
    assert ["Hello"] == [one.text for one in exchange({"mlflow.spanInputs": '{"prompt": "Hello"}'}).given]


def replies(*contents: object) -> str:
    """What a generator of Haystack's gives back."""
    usage = {"prompt_tokens": 7, "completion_tokens": 3}
    said = {"role": "assistant", "meta": {"model": "m-1", "usage": usage}, "name": None, "content": list(contents)}
    return json.dumps({"replies": [said]})


def haystack_call(number: int, start: float, end: float, *contents: object, parent: int) -> Span:
    """A call of the model by one of Haystack's agents."""
    return span(number, "haystack.agent.step.llm", start, end, {"haystack.agent.step.llm.output": replies(*contents)}, parent=parent)


def haystack_tool(number: int, name: str, start: float, end: float, said: str, *, parent: int) -> Span:
    """A tool that it runs."""
    attributes = {"haystack.tool.name": name, "haystack.agent.step.tool.input": "{}", "haystack.agent.step.tool.output": said}
    return span(number, "haystack.agent.step.tool", start, end, attributes, parent=parent)


def haystack_agent(number: int, name: str, start: float, end: float, *, parent: int) -> Span:
    """An agent that is a component of a pipeline."""
    asked: dict[str, object] = {"messages": [{"role": "user", "meta": {}, "name": None, "content": [{"text": "Where is it?"}]}]}
    attributes = {
        "haystack.component.name": name,
        "haystack.component.type": "Agent",
        "haystack.component.input": json.dumps(asked),
    }
    return span(number, "haystack.component.run", start, end, attributes, parent=parent)


def test_spans_of_haystack_are_agents_calls_and_tools(store: Store) -> None:
    """An agent bears its component's name, and one that a tool runs that of the tool; tokens stand in the answer."""
    called: dict[str, object] = {"tool_call": {"tool_name": "transfer_to_docs", "arguments": {}, "id": "c1", "extra": None}}
    settle_spans(
        store,
        span(1, "haystack.pipeline.run", 0, 20),
        haystack_agent(2, "triage", 1, 19, parent=1),
        span(3, "haystack.agent.run", 1, 19, parent=2),
        haystack_call(4, 2, 3, called, parent=3),
        haystack_tool(5, "transfer_to_docs", 4, 12, "It is late.", parent=3),
        span(6, "haystack.agent.run", 5, 11, parent=5),
        haystack_call(7, 6, 7, {"tool_call": {"tool_name": "search", "arguments": {}, "id": "c2"}}, parent=6),
        haystack_tool(8, "search", 8, 9, '{"error": "the index is offline"}', parent=6),
        haystack_call(9, 10, 11, {"text": "It is late."}, parent=6),
        haystack_call(10, 13, 14, {"text": "It is late."}, parent=3),
    )

    assert [("triage", 2, 1, 14, 6), ("docs", 2, 1, 14, 6)] == rows(store.connection, _STEPS)
    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("swallowed_tool_error",)] == rows(store.connection, _FINDINGS)
    assert [("Where is it?",)] == rows(store.connection, "SELECT input_preview FROM runs")


def test_only_the_parts_of_a_pipeline_that_generate_call_a_model(store: Store) -> None:
    """A retriever is a part of the pipeline like any other."""
    parts = {"triage": "Agent", "llm": "OpenAIChatGenerator", "retriever": "InMemoryBM25Retriever"}
    settle_spans(
        store,
        span(1, "haystack.pipeline.run", 0, 9),
        *(
            span(
                number,
                "haystack.component.run",
                number,
                number + 1,
                {"haystack.component.name": name, "haystack.component.type": kind},
                parent=1,
            )
            for number, (name, kind) in enumerate(parts.items(), 2)
        ),
    )

    assert [("triage",)] == rows(store.connection, "SELECT agent FROM steps")
    assert [("agent", 1), ("chain", 2), ("llm", 1)] == rows(store.connection, _CLASSES)


def genkit(number: int, name: str, kind: str, start: float, end: float, said: object, *, parent: int = 0, failed: bool = False) -> Span:
    """An action of Genkit's."""
    attributes = {"genkit:name": name, "genkit:input": '"Where is it?"'} | ({"genkit:metadata:subtype": kind} if kind else {})
    attributes |= {} if failed else {"genkit:output": json.dumps(said)}
    return span(number, name, start, end, attributes, parent=parent, failed=failed)


def genkit_answer(part: dict[str, object]) -> dict[str, object]:
    """What a model gives back."""
    return {"finishReason": "stop", "message": {"role": "model", "content": [part]}, "usage": {"inputTokens": 7, "outputTokens": 3}}


def test_flows_of_genkit_that_ask_a_model_are_agents(store: Store) -> None:
    """It knows no agents: the flow that calls a model bears the name, and one that only starts others is none."""
    asks = genkit_answer({"toolRequest": {"name": "transfer_to_docs", "ref": "c1", "input": {}}})
    settle_spans(
        store,
        genkit(1, "desk", "flow", 0, 20, "It is late."),
        genkit(2, "triage", "flow", 1, 19, "It is late.", parent=1),
        genkit(3, "generate", "", 1, 18, {}, parent=2),
        genkit(4, "local/m-1", "model", 2, 3, asks, parent=3),
        genkit(5, "transfer_to_docs", "tool", 4, 12, "It is late.", parent=3),
        genkit(6, "docs", "flow", 5, 11, "It is late.", parent=5),
        genkit(7, "local/m-1", "model", 6, 7, genkit_answer({"text": "It is late."}), parent=6),
        genkit(8, "local/m-1", "model", 13, 14, genkit_answer({"text": "It is late."}), parent=3),
    )

    assert [("triage", 2, 1, 14, 6), ("docs", 1, 0, 7, 3)] == rows(store.connection, _STEPS)
    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("local/m-1",)] == rows(store.connection, "SELECT DISTINCT model FROM span_facts WHERE model IS NOT NULL")
    assert [] == rows(store.connection, _FINDINGS)


def test_a_flow_that_fails_by_its_model_has_failed(store: Store) -> None:
    """The model's span says why."""
    settle_spans(
        store,
        genkit(1, "triage", "flow", 0, 9, None, failed=True),
        genkit(2, "local/m-1", "model", 1, 2, None, parent=1, failed=True),
    )

    assert [("triage", "failed")] == rows(store.connection, "SELECT agent, outcome FROM steps")
    assert [("llm_error",)] == rows(store.connection, _FINDINGS)


def mcp_call(number: int, name: str, start: float, end: float, *, parent: int, failed: bool = False) -> Span:
    """One side of a call of a tool over the Model Context Protocol, in OpenTelemetry's words."""
    attributes = {
        semconv.GEN_AI_OPERATION_NAME: "execute_tool",
        semconv.GEN_AI_TOOL_NAME: name,
        "mcp.method.name": "tools/call",
    }
    return span(number, f"tools/call {name}", start, end, attributes, parent=parent, failed=failed)


def turn_with(*parts: Span) -> list[Span]:
    """An agent's turn with these spans, and an answer after them."""
    return [agent(1, "docs", 0, 20, parent=0), chat(2, 1, 1, 2, "I look."), *parts, chat(9, 1, 15, 16, "It is late.")]


@pytest.mark.parametrize("failed", [False, True])
@pytest.mark.parametrize("prefix", ["", "parcels_"], ids=["its name", "the server before it"])
def test_client_and_server_of_a_call_are_one_call(store: Store, prefix: str, *, failed: bool) -> None:
    """The framework, the client and the server each write a span of one call, and two of them have its error."""
    settle_spans(
        store,
        *turn_with(
            tool(3, f"{prefix}search", 3, 9, "{}", "It is offline" if failed else "Monday", parent=1, failed=failed),
            mcp_call(4, "search", 4, 8, parent=3),
            span(5, "MCP send tools/call search", 5, 8, {"mcp.method.name": "tools/call"}, parent=4),
            mcp_call(6, "search", 6, 7, parent=5, failed=failed),
        ),
    )

    assert [(f"{prefix}search", failed)] == rows(store.connection, _TOOLS)
    assert ([("swallowed_tool_error",)] if failed else []) == rows(store.connection, _FINDINGS)


def test_a_call_of_which_only_the_server_tells_is_a_call(store: Store) -> None:
    """The client's span names no tool, and the program writes none."""
    sent = span(3, "MCP send tools/call search", 3, 8, {"mcp.method.name": "tools/call"}, parent=1)
    settle_spans(store, *turn_with(sent, mcp_call(4, "search", 4, 7, parent=3, failed=True)))

    assert [("search", True)] == rows(store.connection, _TOOLS)
    assert [("swallowed_tool_error",)] == rows(store.connection, _FINDINGS)


def test_an_error_that_only_the_server_tells_is_kept(store: Store) -> None:
    """A client may give the error back as a text."""
    settle_spans(store, *turn_with(tool(3, "search", 3, 9, "{}", "offline", parent=1), mcp_call(4, "search", 4, 7, parent=3, failed=True)))

    assert [("search", False), ("search", True)] == rows(store.connection, _TOOLS)


def test_another_tool_that_a_tool_calls_is_a_call_of_its_own(store: Store) -> None:
    """So is the same one called by an agent within it."""
    settle_spans(
        store,
        *turn_with(
            tool(3, "research", 3, 12, "{}", "Monday", parent=1),
            mcp_call(4, "search", 4, 5, parent=3),
            agent(5, "reader", 6, 11, parent=3),
            mcp_call(6, "research", 7, 8, parent=5),
        ),
    )

    assert [("research", False), ("search", False), ("research", False)] == rows(store.connection, _TOOLS)


def test_the_call_that_openllmetry_writes_within_a_frameworks_is_the_same(store: Store) -> None:
    """It names the tool in the span's name, and numbers the request below it."""
    settle_spans(
        store,
        *turn_with(
            tool(3, "search", 3, 9, "{}", "Monday", parent=1),
            span(4, "search.tool", 4, 8, {"traceloop.span.kind": "tool", "traceloop.entity.name": "search"}, parent=3),
            span(5, "ResponseStreamWriter", 5, 6, {"mcp.request.id": "2"}, parent=4),
        ),
    )

    assert [("search", False)] == rows(store.connection, _TOOLS)


@pytest.mark.parametrize("below", ["request", "model call"])
def test_a_tool_that_fails_by_a_request_has_failed(store: Store, below: str) -> None:
    """A request over HTTP that failed below it is how it failed; a model's call that failed there is found by itself."""
    inner = span(4, "GET", 4, 5, parent=3, failed=True) if below == "request" else chat(4, 3, 4, 5, failed=True)
    settle_spans(store, *turn_with(tool(3, "search", 3, 9, "{}", "", parent=1, failed=True), inner))

    assert [("swallowed_tool_error",) if below == "request" else ("llm_error",)] == rows(store.connection, _FINDINGS)


def approving(answer: str | None, *, runs: bool) -> list[Span]:
    """A program that asks a person within an agent's tool and goes on at once, as Pydantic AI has it."""
    asked = {"tool_name": "send", "args": '{"text": "Dear Ann"}', "tool_call_id": "c7"}
    call = {"role": "assistant", "parts": [{"type": "tool_call", "id": "c7", "name": "send", "arguments": "{}"}]}
    result = {"role": "user", "parts": [{"type": "tool_call_response", "id": "c7", "name": "send", "result": answer}]}
    messages = {"pydantic_ai.all_messages": json.dumps([call, result] if answer is not None else [call])}
    first = {"final_result": json.dumps({"calls": [], "approvals": [asked]}), "pydantic_ai.all_messages": json.dumps([call])}
    sent = tool(5, "send", 8, 9, '{"text": "Dear Ann"}', "sent", parent=4)
    sent.attributes.add(key=semconv.GEN_AI_TOOL_CALL_ID).value.string_value = "c7"
    return [
        agent(1, "triage", 0, 20, parent=0),
        tool(2, "transfer_to_approver", 1, 15, "{}", "Done.", parent=1),
        agent(3, "approver", 2, 5, parent=2, **first),
        agent(4, "approver", 6, 12, parent=2, final_result="Done.", **messages),
        *([sent] if runs else []),
        chat(6, 4, 10, 11, "Done."),
        chat(7, 1, 16, 17, "Done."),
    ]


@pytest.mark.parametrize(
    ("answer", "runs", "expected"),
    [
        ("sent", True, ("approver", "approved", None)),
        ("Ann does not want this.", False, ("approver", "denied", "Ann does not want this.")),
        (None, False, ("approver", "pending", None)),
    ],
    ids=["let through", "turned down", "left open"],
)
def test_a_call_is_answered_within_the_trace_that_asked(
    store: Store, answer: str | None, expected: tuple[str, str, str | None], *, runs: bool
) -> None:
    """The call that was made later was let through; a result without a call is what the person said against it."""
    settle_spans(store, *approving(answer, runs=runs))

    assert [expected] == rows(store.connection, _ANSWERS)
    open_findings = [("answered_while_pending",), ("approval_pending",)]
    assert (open_findings if answer is None else []) == rows(store.connection, _FINDINGS)


def test_a_call_of_an_agent_over_a2a_is_a_handoff(store: Store) -> None:
    """Its SDK writes functions only; where HTTP carries the context, the agent in the other process is in the same trace."""
    settle_spans(
        store,
        agent(1, "triage", 0, 20, parent=0),
        tool(2, "transfer_to_docs", 2, 12, "{}", "It is late.", parent=1),
        span(3, "a2a.client.transports.jsonrpc.JsonRpcTransport.send_message", 3, 11, parent=2),
        span(4, "POST", 4, 10, parent=3),
        chat(10, 1, 14, 15, "It is late."),
        service="desk",
    )
    settle_spans(
        store,
        span(5, "POST /", 5, 10, parent=4),
        span(6, "a2a.server.request_handlers.default_request_handler_v2.DefaultRequestHandlerV2.on_message_send", 5, 9, parent=5),
        agent(7, "docs", 6, 9, parent=6),
        chat(8, 7, 7, 8, "It is late."),
        service="docs-service",
    )

    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("triage", "desk"), ("docs", "docs-service")] == rows(store.connection, _SERVICES)
    assert [(1,)] == rows(store.connection, "SELECT count(*) FROM runs")


def test_an_answer_that_ended_in_an_error_is_none(store: Store) -> None:
    """Mastra sends no span of an agent whose model failed, and the call says only why it ended; the caller's own call goes on around it."""
    call = {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_REQUEST_MODEL: "m-1"}
    failed = json.dumps({"text": "", "files": []})
    said = json.dumps({"text": "Nobody can help.", "files": []})
    settle_spans(
        store,
        agent(1, "triage", 0, 9, parent=0),
        span(2, "chat m-1", 1, 8, call | {semconv.GEN_AI_RESPONSE_FINISH_REASONS: "stop", "gen_ai.completion": said}, parent=1),
        span(3, "chat m-1", 3, 4, call | {semconv.GEN_AI_RESPONSE_FINISH_REASONS: "error", "gen_ai.completion": failed}, parent=99),
    )

    assert [("llm_error",)] == rows(store.connection, _FINDINGS)
    assert [("triage", "completed")] == rows(store.connection, "SELECT agent, outcome FROM steps")


@pytest.mark.parametrize("length", [10, 20_000], ids=["short", "in parts"])
def test_a_run_was_asked_what_was_said_last_before_its_answer(store: Store, length: int) -> None:
    """Pydantic AI's turn holds the conversation with its answer and the results of its calls, however long they are."""
    messages = [
        {"role": "system", "parts": [{"type": "text", "content": "You are the docs agent."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Good morning."}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]},
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "search", "arguments": {}}]},
        {"role": "user", "parts": [{"type": "tool_call_response", "id": "c1", "name": "search", "result": "late " * length}]},
        {"role": "assistant", "parts": [{"type": "text", "content": "It is late."}]},
    ]
    settle_spans(
        store, agent(1, "docs", 0, 20, parent=0, **{"pydantic_ai.all_messages": json.dumps(messages)}), chat(2, 1, 1, 2, "It is late.")
    )

    assert [("Where is it?",)] == rows(store.connection, "SELECT input_preview FROM runs")
