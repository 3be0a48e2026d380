"""What conventions of their own send: Langfuse's SDK, Semantic Kernel's plugins, AG2's wait for a person, frameworks in JavaScript."""

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


@pytest.fixture
def store() -> Iterator[Store]:
    """A store in memory."""
    made = Store(":memory:")
    yield made
    made.close()


def observation(number: int, name: str, kind: str, start: float, end: float, *, parent: int = 0, **more: object) -> Span:
    """An observation of Langfuse's; its other attributes begin with `langfuse.observation`."""
    attributes = {f"langfuse.observation.{key}": value if isinstance(value, str) else json.dumps(value) for key, value in more.items()}
    return span(number, name, start, end, {"langfuse.observation.type": kind, **attributes}, parent=parent)


def test_observations_of_langfuse_are_agents_calls_and_tools(store: Store) -> None:
    """The type says what an observation is; a generation's answer, model and tokens stand in attributes of its own."""
    called = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "function": {"name": "transfer_to_billing", "arguments": "{}"}}],
    }
    asked = {"tools": [], "messages": [{"role": "user", "content": "Where is it?"}]}
    usage = {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    }
    generation = observation(3, "OpenAI-generation", "generation", 2, 3, parent=2, input=asked, output=called, usage_details=usage)
    generation.attributes.add(key="langfuse.observation.model.name").value.string_value = "m-1"
    settle_spans(
        store,
        observation(1, "answer_ticket", "span", 0, 9),
        observation(2, "triage", "agent", 1, 8, parent=1, input={"args": ["Where is it?"], "kwargs": {}}, output="Nobody can help."),
        generation,
        observation(4, "search", "tool", 4, 5, parent=2, input={"args": ["it"], "kwargs": {}}, level="ERROR"),
        observation(5, "OpenAI-generation", "generation", 6, 7, parent=2, output={"role": "assistant", "content": "Nobody can help."}),
    )

    assert [("triage", 2, 1, 7, 3)] == rows(
        store.connection, "SELECT agent, model_calls, tool_calls, input_tokens, output_tokens FROM steps"
    )
    assert [("triage", "billing", False, "unknown_target")] == rows(store.connection, _HANDOFFS)
    assert [("search", True)] == rows(store.connection, "SELECT tool_name, is_error FROM span_facts WHERE span_class = 'tool'")
    assert [("m-1",)] == rows(store.connection, "SELECT DISTINCT model FROM span_facts WHERE model IS NOT NULL")
    assert ["Where is it?"] == [one.text for one in exchange({"langfuse.observation.input": json.dumps(asked)}).given]


@pytest.mark.parametrize(("said", "found"), [("", [("empty_output",)]), ('{"answer": ""}', [])], ids=["no word", "a document of its own"])
def test_an_answer_in_a_message_is_what_it_says(store: Store, said: str, found: list[tuple[str]]) -> None:
    """A message without a word is an empty answer, though it is written as a document; a structured answer is what it is."""
    settle_spans(
        store,
        observation(1, "triage", "agent", 0, 9),
        observation(2, "OpenAI-generation", "generation", 1, 2, parent=1, output=said or {"role": "assistant", "content": said}),
    )

    assert found == rows(store.connection, "SELECT detector FROM findings")


def test_a_plugin_before_the_name_of_a_tool_does_not_hide_a_handoff(store: Store) -> None:
    """Semantic Kernel's tools bear their plugin's name, and those that hand over are of the plugin `Handoff`."""
    settle_spans(
        store,
        span(1, "run", 0, 9),
        agent(2, "triage", 1, 4),
        tool(3, "Handoff-transfer_to_docs", 2, 3, "{}", ""),
        agent(4, "docs", 5, 8),
        chat(5, 4, 6, 7),
    )

    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("transfer_tool",)] == rows(store.connection, "SELECT rule FROM handoffs")


@pytest.mark.parametrize("failed", [False, True])
def test_a_wait_for_a_person_is_a_question(store: Store, *, failed: bool) -> None:
    """AG2 has an operation of its own for it; one that ended in order was answered."""
    asked = {semconv.GEN_AI_OPERATION_NAME: "await_human_input", "ag2.human_input.prompt": "May it be sent?"}
    answer = {} if failed else {"ag2.human_input.response": "yes"}
    settle_spans(store, agent(1, "approver", 0, 9, parent=0), span(2, "await_human_input", 1, 5, asked | answer, parent=1, failed=failed))

    state = "SELECT agent, state, question, answer FROM escalations"
    assert [("approver", "requested" if failed else "approved", "May it be sent?", None if failed else "yes")] == rows(
        store.connection, state
    )


def test_a_command_to_the_parent_is_no_error_in_javascript_either(store: Store) -> None:
    """LangGraph's control flow travels as an error, which JavaScript writes as its stack; one that stopped for a person is a question."""
    stack = "\n    at RunnableCallable._controlBranch (file:///app/node_modules/@langchain/langgraph/dist/graph.js:1:1)"
    node = {"openinference.span.kind": "CHAIN"}
    passed = span(2, "triage", 1, 4, node | {"metadata": json.dumps({"langgraph_node": "triage"})}, parent=1, failed=True)
    passed.status.message = f"\n\nParentCommand{stack}"
    stopped = span(5, "send", 6, 7, {"openinference.span.kind": "TOOL", "tool.name": "send"}, parent=4, failed=True)
    stopped.status.message = f'[{{"value": "May it be sent?"}}]\n\nGraphInterrupt: [{{"value": "May it be sent?"}}]{stack}'
    settle_spans(
        store,
        span(1, "LangGraph", 0, 9, node),
        passed,
        span(3, "transfer_to_docs", 2, 3, {"openinference.span.kind": "TOOL", "tool.name": "transfer_to_docs"}, parent=2),
        span(4, "docs", 5, 8, node | {"metadata": json.dumps({"langgraph_node": "docs"})}, parent=1),
        stopped,
    )

    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("triage", "completed"), ("docs", "escalated")] == rows(store.connection, "SELECT agent, outcome FROM steps ORDER BY position")
    assert [("docs", "pending")] == rows(store.connection, "SELECT agent, state FROM escalations")


def test_a_handoff_span_may_tell_its_ends_in_documents(store: Store) -> None:
    """OpenAI Agents for JavaScript under OpenInference writes source and target as JSON."""
    offered = {"openinference.span.kind": "TOOL", "input.value": '{"from_agent":"triage"}', "output.value": '{"to_agent":"docs"}'}
    settle_spans(
        store,
        span(1, "answer", 0, 9),
        agent(2, "triage", 1, 4),
        span(3, "handoff to docs", 2, 3, offered, parent=2),
        agent(4, "docs", 5, 8),
        chat(5, 4, 6, 7),
    )

    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)


def test_spans_of_mastra_are_agents_calls_and_tools(store: Store) -> None:
    """Its own word says what a span is, and an agent's name stands behind `agent.`; tools lie within the model's call."""
    answer = json.dumps({"text": "Sent.", "files": []})
    settle_spans(
        store,
        span(1, "agent.triage", 0, 9, {"mastra.span.type": "agent_run", "input": "Hello", "output": answer}),
        span(2, "chat m-1", 1, 8, {"mastra.span.type": "model_generation", "gen_ai.prompt": "{}", "gen_ai.completion": answer}, parent=1),
        span(3, "step: 0", 1, 5, {"mastra.span.type": "model_step"}, parent=2),
        span(4, "tool.execute ask_docs", 2, 4, {"mastra.span.type": "tool_call", semconv.GEN_AI_TOOL_NAME: "ask_docs"}, parent=3),
        span(5, "agent.docs", 2, 3, {"mastra.span.type": "agent_run"}, parent=4),
    )

    assert [("triage", "Sent."), ("docs", None)] == rows(
        store.connection, "SELECT agent, plain_text(text_of(output)) FROM steps ORDER BY position"
    )
    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("Hello", "Sent.")] == rows(store.connection, "SELECT input_preview, output_preview FROM runs")


def test_chat_messages_in_the_place_of_messages_with_parts_are_read(store: Store) -> None:
    """AG2 writes OpenAI's messages into OpenTelemetry's attribute: they say what they say, and an empty one is empty."""
    called = [
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "function": {"name": "transfer_to_billing", "arguments": "{}"}}]}
    ]
    answers = [called, [{"role": "assistant", "content": "Nobody can help."}], [{"role": "assistant", "content": ""}]]
    call = {semconv.GEN_AI_OPERATION_NAME: "chat"}
    calls = [
        span(number, "chat", number, number + 1, call | {semconv.GEN_AI_OUTPUT_MESSAGES: json.dumps(answer)}, parent=1)
        for number, answer in enumerate(answers, 2)
    ]
    settle_spans(store, agent(1, "triage", 0, 9, parent=0), *calls)

    assert [("triage", "billing", False, "unknown_target")] == rows(store.connection, _HANDOFFS)
    empty = "SELECT span_id FROM findings WHERE detector = 'empty_output'"
    assert [((4).to_bytes(8).hex(),)] == rows(store.connection, empty)


def test_a_wait_within_the_tool_that_asks_is_one_question(store: Store) -> None:
    """The tool asks by waiting for the person; the wait tells the question and its answer."""
    asked = {
        semconv.GEN_AI_OPERATION_NAME: "await_human_input",
        "ag2.human_input.prompt": "May it be sent?",
        "ag2.human_input.response": "yes",
    }
    settle_spans(
        store,
        agent(1, "approver", 0, 9, parent=0),
        tool(2, "escalate_to_human", 1, 6, '{"question": "May it be sent?"}', "yes", parent=1),
        span(3, "await_human_input approver", 2, 5, asked, parent=2),
    )

    assert [("awaited_input", "approved", "yes")] == rows(store.connection, "SELECT rule, state, answer FROM escalations")


def test_a_tools_error_in_a_chat_message_is_found(store: Store) -> None:
    """The tool has no span: its result stands in the model's next prompt, in a message without parts."""
    prompt = [
        {"role": "user", "content": "Where is it?"},
        {"role": "tool", "tool_call_id": "c1", "content": "Error: the index is not reachable"},
    ]
    told = {semconv.GEN_AI_OPERATION_NAME: "chat", semconv.GEN_AI_INPUT_MESSAGES: json.dumps(prompt)}
    settle_spans(store, agent(1, "docs", 0, 9, parent=0), span(2, "chat", 1, 2, told, parent=1), chat(3, 1, 3, 4))

    assert [("swallowed_tool_error", "docs")] == rows(store.connection, "SELECT detector, agent FROM findings")


def test_nodes_of_a_graph_under_langsmith_are_agents(store: Store) -> None:
    """LangSmith puts the graph's metadata into attributes, and every exception into one without a type of its own."""
    node = {"langsmith.span.kind": "chain", "langsmith.metadata.session_id": "s-7"}
    passed = span(2, "triage", 1, 4, node | {"langsmith.metadata.langgraph_node": "triage"}, parent=1, failed=True)
    event = passed.events.add(name="exception")
    for key, value in (
        ("exception.type", "Exception"),
        ("exception.message", "ParentCommand(Command(graph='g', goto='docs'))Traceback ..."),
    ):
        event.attributes.add(key=key).value.string_value = value
    answer = {
        "generations": [[{"text": "", "message": {"lc": 1, "kwargs": {"content": "It is on its way.", "type": "ai", "tool_calls": []}}}]]
    }
    model = {"langsmith.span.kind": "llm", semconv.GEN_AI_OPERATION_NAME: "chat", "gen_ai.completion": json.dumps(answer)}
    settle_spans(
        store,
        span(1, "LangGraph", 0, 9, node),
        passed,
        span(3, "transfer_to_docs", 2, 3, {"langsmith.span.kind": "tool", semconv.GEN_AI_TOOL_NAME: "transfer_to_docs"}, parent=2),
        span(4, "docs", 5, 8, node | {"langsmith.metadata.langgraph_node": "docs"}, parent=1),
        span(5, "ChatOpenAI", 6, 7, model, parent=4),
    )

    assert [("triage", "docs", True, None)] == rows(store.connection, _HANDOFFS)
    assert [("s-7", "It is on its way.")] == rows(store.connection, "SELECT conversation, output_preview FROM runs")


def test_calls_of_older_openllmetry_are_read(store: Store) -> None:
    """Before there were operations and JSON messages it wrote a request's type and numbered attributes."""
    call = {"llm.request.type": "chat", "gen_ai.system": "OpenAI", semconv.GEN_AI_REQUEST_MODEL: "m-1", "gen_ai.usage.prompt_tokens": "7"}
    asked = {"tool_calls.0.id": "c1", "tool_calls.0.name": "transfer_to_billing", "tool_calls.0.arguments": "{}"}
    settle_spans(
        store,
        span(1, "triage.agent", 0, 9, {"traceloop.span.kind": "agent", "traceloop.entity.name": "triage"}),
        span(2, "openai.chat", 1, 2, call | {f"gen_ai.completion.0.{key}": value for key, value in asked.items()}, parent=1),
        span(3, "openai.chat", 3, 4, call | {"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": ""}, parent=1),
    )

    assert [("triage", 2, 14)] == rows(store.connection, "SELECT agent, model_calls, input_tokens FROM steps")
    assert [("triage", "billing", False, "unknown_target")] == rows(store.connection, _HANDOFFS)
    assert [((3).to_bytes(8).hex(),)] == rows(store.connection, "SELECT span_id FROM findings WHERE detector = 'empty_output'")
