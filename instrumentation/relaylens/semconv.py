"""The vocabulary: every attribute name, allowed value, outcome and reason that Relaylens reads or writes.

Standard library only, so that the host process, the collector's SQL and the screens share one spelling.
OpenTelemetry's words come first (`gen_ai.*`); `relaylens.*` names only what has no name there yet.
"""

from enum import StrEnum
from typing import Final

# --- OpenTelemetry GenAI: what our own instrumentation writes ---------------------------------------------------------

GEN_AI_OPERATION_NAME: Final = "gen_ai.operation.name"
"""What the span does: one of `Operation`, or a framework's own word."""

GEN_AI_PROVIDER_NAME: Final = "gen_ai.provider.name"
"""Who serves the model, such as `openai`."""

GEN_AI_AGENT_NAME: Final = "gen_ai.agent.name"
"""The agent that acts; on a tool span, the agent that calls the tool."""

GEN_AI_AGENT_ID: Final = "gen_ai.agent.id"
"""The framework's identifier of the agent."""

GEN_AI_AGENT_VERSION: Final = "gen_ai.agent.version"
"""Version of the agent's definition (prompt, model, tools)."""

GEN_AI_AGENT_DESCRIPTION: Final = "gen_ai.agent.description"
"""What the agent is for, in its author's words."""

GEN_AI_CONVERSATION_ID: Final = "gen_ai.conversation.id"
"""The conversation, session or thread the span belongs to."""

GEN_AI_WORKFLOW_NAME: Final = "gen_ai.workflow.name"
"""Name of the network or workflow of which the run is an execution."""

GEN_AI_REQUEST_MODEL: Final = "gen_ai.request.model"
"""Model asked for."""

GEN_AI_REQUEST_MAX_TOKENS: Final = "gen_ai.request.max_tokens"
"""Most tokens that the answer may have."""

GEN_AI_REQUEST_TEMPERATURE: Final = "gen_ai.request.temperature"
"""How freely the model may choose its words."""

GEN_AI_RESPONSE_MODEL: Final = "gen_ai.response.model"
"""Model that answered."""

GEN_AI_RESPONSE_FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
"""Why the model stopped, one word per choice."""

GEN_AI_USAGE_INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
"""Tokens of the prompt."""

GEN_AI_USAGE_OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
"""Tokens of the answer."""

GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
"""Prompt tokens served from the provider's cache."""

GEN_AI_INPUT_MESSAGES: Final = "gen_ai.input.messages"
"""Prompt, as a JSON list of messages with parts."""

GEN_AI_OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
"""Answer, as a JSON list of messages with parts."""

GEN_AI_SYSTEM_INSTRUCTIONS: Final = "gen_ai.system_instructions"
"""System prompt, as a JSON list of parts."""

GEN_AI_TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
"""Tools the model could call, as JSON."""

GEN_AI_TOOL_NAME: Final = "gen_ai.tool.name"
"""Name of the tool."""

GEN_AI_TOOL_TYPE: Final = "gen_ai.tool.type"
"""Kind of the tool, such as `function`."""

GEN_AI_TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
"""The model's identifier of the call."""

GEN_AI_TOOL_CALL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
"""Arguments of the call, as JSON."""

GEN_AI_TOOL_CALL_RESULT: Final = "gen_ai.tool.call.result"
"""Result of the call, as JSON or text."""

GEN_AI_TRANSFER_TARGET_NAME: Final = "gen_ai.transfer.target.name"
"""Who the work is handed to (proposed, semantic-conventions-genai #447)."""

GEN_AI_TRANSFER_TARGET_TYPE: Final = "gen_ai.transfer.target.type"
"""`agent` or `human` (an earlier draft of #447)."""

GEN_AI_TRANSFER_MODE: Final = "gen_ai.transfer.mode"
"""`TransferMode`: whether control comes back to the caller (proposed, #447)."""

GEN_AI_EVALUATION_RESULT: Final = "gen_ai.evaluation.result"
"""Event that says how something was evaluated; findings are sent on as such."""

GEN_AI_EVALUATION_NAME: Final = "gen_ai.evaluation.name"
GEN_AI_EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
GEN_AI_EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
GEN_AI_EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"

ERROR_TYPE: Final = "error.type"
"""Class of the error a span ended with."""

USER_ID: Final = "user.id"
"""The end user, as the application names or hashes them."""

SERVICE_NAME: Final = "service.name"
"""The service a resource belongs to."""

# --- Relaylens: what has no name in OpenTelemetry yet -----------------------------------------------------------------

RELAYLENS_RUN_ID: Final = "relaylens.run.id"
"""One piece of work asked of the network; set on every span of the run, also across processes."""

RELAYLENS_RUN_OUTCOME: Final = "relaylens.run.outcome"
"""`Outcome` of the run as the application states it."""

RELAYLENS_RUN_OUTCOME_REASON: Final = "relaylens.run.outcome.reason"
"""Why the run ended so, in words."""

RELAYLENS_RUN_OUTCOME_EVIDENCE: Final = "relaylens.run.outcome.evidence"
"""`Evidence`: stated by the program, or graded by a check."""

RELAYLENS_STEP_OUTCOME: Final = "relaylens.step.outcome"
"""`Outcome` of one agent's turn, as the application states it."""

RELAYLENS_HANDOFF_ID: Final = "relaylens.handoff.id"
"""Set on the span that offers a handoff and on the target's agent span that received it: the receipt."""

RELAYLENS_HANDOFF_STATUS: Final = "relaylens.handoff.status"
"""`HandoffStatus` on the receipt."""

RELAYLENS_HANDOFF_REASON: Final = "relaylens.handoff.reason"
"""Why work was handed over or refused, in words."""

RELAYLENS_HANDOFF_PAYLOAD: Final = "relaylens.handoff.payload"
"""What was sent along (on the offer), as JSON or text."""

RELAYLENS_HANDOFF_RECEIVED: Final = "relaylens.handoff.received"
"""What the target got (on the receipt), as JSON or text."""

RELAYLENS_ESCALATION_ID: Final = "relaylens.escalation.id"
"""One question to a person; set on the request and on the answer, which may be in another trace."""

RELAYLENS_ESCALATION_STATE: Final = "relaylens.escalation.state"
"""`EscalationState` the span reports."""

RELAYLENS_ESCALATION_QUESTION: Final = "relaylens.escalation.question"
"""What the person is asked."""

RELAYLENS_ESCALATION_ANSWER: Final = "relaylens.escalation.answer"
"""What the person answered."""

RELAYLENS_ESCALATION_ANSWERED_BY: Final = "relaylens.escalation.answered_by"
"""Who answered."""

RELAYLENS_VALIDATION_VERDICT: Final = "relaylens.validation.verdict"
"""`Verdict` of a validator about another agent's work."""

RELAYLENS_VALIDATION_SUBJECT: Final = "relaylens.validation.subject"
"""The agent whose work was judged."""

RELAYLENS_VALIDATION_REASON: Final = "relaylens.validation.reason"
"""Why it passed or was sent back, in words."""

RELAYLENS_FEEDBACK_NAME: Final = "relaylens.feedback.name"
RELAYLENS_FEEDBACK_VALUE: Final = "relaylens.feedback.value"
RELAYLENS_FEEDBACK_SOURCE: Final = "relaylens.feedback.source"
RELAYLENS_FEEDBACK_COMMENT: Final = "relaylens.feedback.comment"

RELAYLENS_FINDING_ID: Final = "relaylens.finding.id"
"""The finding, as the table `findings` names it, on the event that sends it on."""

RELAYLENS_FINDING_SEVERITY: Final = "relaylens.finding.severity"
RELAYLENS_FINDING_CERTAINTY: Final = "relaylens.finding.certainty"
RELAYLENS_FINDING_MARK: Final = "relaylens.finding.mark"
"""`Mark` that people gave to it."""

RELAYLENS_PROCESS_ID: Final = "relaylens.process.id"
"""Resource attribute: identifies one exporting process."""

RELAYLENS_SEQUENCE: Final = "relaylens.sequence"
"""Gap-free number of the span within its process, from 1."""

RELAYLENS_SPAN_ROLE: Final = "relaylens.span.role"
"""`SpanRole`: set on spans of other instrumentations inside work that Relaylens records itself."""

RELAYLENS_ORIGINAL_TRACE_ID: Final = "relaylens.original.trace_id"
"""The trace a span was started in, where that was another one than its step's."""

RELAYLENS_ACCOUNT: Final = "relaylens.account"
"""Event name of the log record with which a process, or a later one in its place, accounts for the spans it has begun."""

RELAYLENS_ACCOUNT_NUMBER: Final = "relaylens.account.number"
"""Number of the account, from 1: of several of a process the highest holds."""

RELAYLENS_ACCOUNT_STATE: Final = "relaylens.account.state"
"""`AccountState`: whether the process goes on."""

RELAYLENS_ACCOUNT_LAST: Final = "relaylens.account.last"
"""The highest `relaylens.sequence` the account speaks of."""

RELAYLENS_ACCOUNT_OPEN: Final = "relaylens.account.open"
"""Numbers of the spans that had begun and not ended, such as `3-5,9`."""

RELAYLENS_ACCOUNT_WAITING: Final = "relaylens.account.waiting"
"""Numbers of the spans that had ended and were still to be sent."""

RELAYLENS_ACCOUNT_DROPPED: Final = "relaylens.account.dropped."
"""Prefix of one attribute for each `DropReason`: numbers among which are the spans given up for it. Holds whatever later accounts say."""

RELAYLENS_ACCOUNT_DROPPED_COUNT: Final = "relaylens.account.dropped_count."
"""Prefix of one attribute for each `DropReason`: how many spans were given up for it."""

# --- Allowed values ---------------------------------------------------------------------------------------------------


class Operation(StrEnum):
    """Values of `gen_ai.operation.name` that Relaylens writes."""

    CHAT = "chat"
    EXECUTE_TOOL = "execute_tool"
    INVOKE_AGENT = "invoke_agent"
    INVOKE_WORKFLOW = "invoke_workflow"
    RETRIEVAL = "retrieval"
    HANDOFF = "handoff"
    RECEIVE_HANDOFF = "receive_handoff"
    ESCALATE = "escalate"
    VALIDATE = "validate"
    FEEDBACK = "feedback"
    OUTCOME = "outcome"


class SpanClass(StrEnum):
    """What a span is in the network."""

    LLM = "llm"
    HANDOFF = "handoff"
    TOOL = "tool"
    WORKFLOW = "workflow"
    CREATE_AGENT = "create_agent"
    AGENT = "agent"
    HUMAN = "human"
    VALIDATION = "validation"
    FEEDBACK = "feedback"
    CHAIN = "chain"


class SpanRole(StrEnum):
    """What a span of another instrumentation is to the work around it (values of `relaylens.span.role`)."""

    DETAIL = "detail"
    """Its model and tool calls count; agents, handoffs and questions to people are stated by Relaylens' own spans."""


class TransferMode(StrEnum):
    """Whether control comes back (values of `gen_ai.transfer.mode`)."""

    PASS_CONTROL = "pass_control"  # noqa: S105 - OpenTelemetry's word, not a secret
    RETURN_TO_CALLER = "return_to_caller"


class Outcome(StrEnum):
    """How a run or a step ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"
    RUNNING = "running"


class Evidence(StrEnum):
    """Grade of evidence for an outcome, strongest first."""

    STATED = "stated"
    GRADED = "graded"
    RULE = "rule"
    INFERRED = "inferred"


class HandoffState(StrEnum):
    """How far a handoff came."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    PROGRESSED = "progressed"
    CLOSED = "closed"


class HandoffReason(StrEnum):
    """Why a handoff did not succeed."""

    UNKNOWN_TARGET = "unknown_target"
    UNANSWERED = "unanswered"
    REFUSED = "refused"
    BOUNCED = "bounced"
    LOOPED = "looped"
    ERRORED = "errored"
    TIMED_OUT = "timed_out"
    CONTEXT_LOST = "context_lost"


class HandoffStatus(StrEnum):
    """What the target of a handoff states about it (values of `relaylens.handoff.status`)."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class EscalationState(StrEnum):
    """Where a question to a person stands."""

    REQUESTED = "requested"
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EDITED = "edited"
    TIMED_OUT = "timed_out"
    ABANDONED = "abandoned"


OPEN_ESCALATIONS: Final = (EscalationState.REQUESTED, EscalationState.PENDING)
"""States in which a question waits for an answer."""


class Verdict(StrEnum):
    """A validator's judgement."""

    PASSED = "passed"
    REJECTED = "rejected"


class LabelName(StrEnum):
    """Names of labels that Relaylens itself reads; any other name is the user's own."""

    OUTCOME = "outcome"
    """How the run ended: an `Outcome`."""

    VERDICT = "verdict"
    """`RunVerdict`: whether the run serves as an example of good work."""

    FINDING = "finding"
    """`Mark` on the finding that the label names."""

    JUDGEMENT = "judgement"
    """`Mark` that a judge gave to the finding that the label names; it is shown, and counts for nothing else."""


class RunVerdict(StrEnum):
    """What a person says of a whole run (values of the label `verdict`); the newest counts."""

    GOOD = "good"
    BAD = "bad"
    OPEN = "open"
    """An earlier verdict is taken back."""


class Mark(StrEnum):
    """What a person says of a finding (values of the label `finding`); the newest counts."""

    TRUE = "true"
    FALSE = "false"
    KNOWN = "known"
    """True, and nobody wants to see it again."""

    OPEN = "open"
    """An earlier mark is taken back."""


JUDGE: Final = "judge"
"""Source of the labels that a judge gave."""


class AccountState(StrEnum):
    """Whether a process that gives an account goes on (values of `relaylens.account.state`)."""

    RUNNING = "running"
    ENDED = "ended"
    DIED = "died"


class DropReason(StrEnum):
    """Why a span was given up by the process that recorded it."""

    QUEUE_FULL = "queue_full"
    SPOOL_FULL = "spool_full"
    SPOOL_FAILED = "spool_failed"
    EXPORT_REFUSED = "export_refused"
    UNENCODABLE = "unencodable"
    SHUTDOWN = "shutdown"


class GapReason(StrEnum):
    """Why a number that a process gave to a span is missing in the store, beyond the reasons of `DropReason`."""

    NEVER_ENDED = "never_ended"
    PROCESS_DIED = "process_died"
    WAITING = "waiting"
    UNKNOWN = "unknown"


class Detector(StrEnum):
    """Silent-failure signals; the name is the finding's `detector`."""

    EMPTY_OUTPUT = "empty_output"
    TRUNCATED_ANSWER = "truncated_answer"
    NO_ANSWER = "no_answer"
    SWALLOWED_TOOL_ERROR = "swallowed_tool_error"
    SERVICE_FAILURE = "service_failure"
    FALSE_SUCCESS = "false_success"
    FALSE_CLAIM = "false_claim"
    UNGROUNDED_ARGUMENT = "ungrounded_argument"
    UNGROUNDED_ANSWER = "ungrounded_answer"
    IGNORED_CALCULATION = "ignored_calculation"
    UNUSED_RESULT = "unused_result"
    CONTEXT_RESET = "context_reset"
    UNSTABLE_RESULT = "unstable_result"
    UNCONFIRMED_CHANGE = "unconfirmed_change"
    UNVERIFIED_CHANGE = "unverified_change"
    ESCALATION_AFTER_CHANGE = "escalation_after_change"
    WORK_AFTER_CHANGE = "work_after_change"
    OFF_TOPIC_CALL = "off_topic_call"
    USER_CORRECTION = "user_correction"
    USER_REPEATS = "user_repeats"
    CYCLE = "cycle"
    REPEATED_MESSAGE = "repeated_message"
    LOOP = "loop"
    TOOL_CALL_WITHOUT_SPAN = "tool_call_without_span"
    ANSWER_AFTER_FAILED_HANDOFF = "answer_after_failed_handoff"
    FAILED_HANDOFF = "failed_handoff"
    BOUNCED_HANDOFF = "bounced_handoff"
    REWORK = "rework"
    LLM_ERROR = "llm_error"
    APPROVAL_PENDING = "approval_pending"
    ANSWERED_WHILE_PENDING = "answered_while_pending"
    CONTEXT_LOST = "context_lost"
    DROPPED_ENTITY = "dropped_entity"
    INVENTED_ENTITY = "invented_entity"
    SWALLOWED_CHILD_ERROR = "swallowed_child_error"
    DUPLICATED_WORK = "duplicated_work"
    CONTRADICTION = "contradiction"
    PING_PONG = "ping_pong"
    IGNORED_PEER = "ignored_peer"
    ORPHANED_HANDOFF = "orphaned_handoff"
    CONTEXT_GROWTH = "context_growth"
    AGENT_QUIET = "agent_quiet"
    UNUSUAL_RUN = "unusual_run"
    UNDECLARED_AGENT = "undeclared_agent"
    UNDECLARED_HANDOFF = "undeclared_handoff"
    SKIPPED_AGENT = "skipped_agent"
    UNAPPROVED_ACTION = "unapproved_action"
    UNDECLARED_TOOL = "undeclared_tool"


class SpecificationPart(StrEnum):
    """What of a network can be declared."""

    AGENT = "agent"
    HANDOFF = "handoff"
    REQUIRED = "required"
    APPROVAL = "approval"
    TOOL = "tool"


class DeclaredState(StrEnum):
    """How what is declared of a network and what was seen of it go together."""

    AS_DECLARED = "as_declared"
    NOT_SEEN = "not_seen"
    UNDECLARED = "undeclared"
    NOT_HELD = "not_held"
    """Seen where nothing of its kind is declared."""


class Silence(StrEnum):
    """Whether a deployment from which nothing has come for a while is silent by its own rhythm."""

    SILENT = "silent"
    USUAL = "usual"
    UNKNOWN = "unknown"
    """Its rhythm is not known yet."""


HUMAN: Final = "human"
"""Name of a person as the target of a handoff."""

# --- Conventions: which attribute carries which concept, first match wins ---------------------------------------------

CONVENTIONS: Final[dict[str, tuple[str, ...]]] = {
    "operation": (GEN_AI_OPERATION_NAME,),
    "instrumentation_kind": (
        "openinference.span.kind",
        "traceloop.span.kind",
        "ai.operationId",
        "langfuse.observation.type",
        "mastra.span.type",
        "langsmith.span.kind",
        "mlflow.spanType",
        "genkit:metadata:subtype",
    ),
    "agent_name": (GEN_AI_AGENT_NAME, "agent.name", "agent_name", "crewai.agent.role", "graph.node.name", "ai.telemetry.functionId"),
    "agent_id": (GEN_AI_AGENT_ID,),
    "agent_version": (GEN_AI_AGENT_VERSION,),
    "agent_node": ("graph.node.id",),
    "agent_parent_node": ("graph.node.parent_id",),
    "session_id": (
        GEN_AI_CONVERSATION_ID,
        "session.id",
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
        "gcp.vertex.agent.session_id",
        "ai.telemetry.metadata.sessionId",
        "langsmith.metadata.session_id",
        "langsmith.metadata.thread_id",
    ),
    "user_id": (USER_ID, "traceloop.association.properties.user_id", "ai.telemetry.metadata.userId"),
    "workflow_name": (GEN_AI_WORKFLOW_NAME, "traceloop.workflow.name"),
    "run_id": (RELAYLENS_RUN_ID,),
    "node_name": ("traceloop.association.properties.langgraph_node", "langsmith.metadata.langgraph_node"),
    "checkpoint_ns": ("traceloop.association.properties.langgraph_checkpoint_ns", "langsmith.metadata.langgraph_checkpoint_ns"),
    "tool_name": (GEN_AI_TOOL_NAME, "tool.name", "ai.toolCall.name", "haystack.tool.name"),
    "tool_type": (GEN_AI_TOOL_TYPE,),
    "tool_call_id": (GEN_AI_TOOL_CALL_ID, "tool_call.id", "tool.id", "ai.toolCall.id"),
    "tool_arguments": (
        GEN_AI_TOOL_CALL_ARGUMENTS,
        "tool_arguments",
        "gcp.vertex.agent.tool_call_args",
        "ai.toolCall.args",
        "gen_ai.tool.input",
        "haystack.agent.step.tool.input",
    ),
    "tool_result": (
        GEN_AI_TOOL_CALL_RESULT,
        "tool_response",
        "gcp.vertex.agent.tool_response",
        "ai.toolCall.result",
        "gen_ai.tool.output",
        "haystack.agent.step.tool.output",
    ),
    "model": (
        GEN_AI_RESPONSE_MODEL,
        GEN_AI_REQUEST_MODEL,
        "llm.model_name",
        "model_name",
        "ai.response.model",
        "ai.model.id",
        "langfuse.observation.model.name",
        "mlflow.llm.model",
    ),
    "provider": (GEN_AI_PROVIDER_NAME, "gen_ai.system", "llm.provider", "ai.model.provider"),
    "input_tokens": (
        GEN_AI_USAGE_INPUT_TOKENS,
        "llm.token_count.prompt",
        "gen_ai.usage.prompt_tokens",
        "ai.usage.inputTokens",
        "ai.usage.promptTokens",
    ),
    "output_tokens": (
        GEN_AI_USAGE_OUTPUT_TOKENS,
        "llm.token_count.completion",
        "gen_ai.usage.completion_tokens",
        "ai.usage.outputTokens",
        "ai.usage.completionTokens",
    ),
    "cached_tokens": (
        GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS,
        "gen_ai.usage.cache_read_input_tokens",
        "llm.token_count.prompt_details.cache_read",
        "ai.usage.cachedInputTokens",
    ),
    "cost_usd": ("operation.cost",),
    "finish_reasons": (
        GEN_AI_RESPONSE_FINISH_REASONS,
        "gen_ai.response.finish_reason",
        "llm.finish_reason",
        "ai.response.finishReason",
    ),
    "error_type": (ERROR_TYPE,),
    "input": (
        GEN_AI_INPUT_MESSAGES,
        "pydantic_ai.all_messages",
        "input.value",
        "traceloop.entity.input",
        "ai.prompt.messages",
        "ai.prompt",
        "langfuse.observation.input",
        "mlflow.spanInputs",
        "haystack.agent.step.llm.input",
        "haystack.agent.input",
        "haystack.component.input",
        "genkit:input",
        "gen_ai.prompt",
        "message",
        "input",
    ),
    "output": (
        GEN_AI_OUTPUT_MESSAGES,
        "final_result",
        "output.value",
        "traceloop.entity.output",
        "ai.response.text",
        "ai.response.object",
        "langfuse.observation.output",
        "mlflow.spanOutputs",
        "haystack.agent.step.llm.output",
        "haystack.agent.output",
        "haystack.component.output",
        "genkit:output",
        "gen_ai.completion",
        "output",
    ),
    "system_instructions": (GEN_AI_SYSTEM_INSTRUCTIONS,),
    "metadata": ("metadata",),
    "transfer_source": ("gen_ai.agent.handoff.source.name", "gen_ai.handoff.from_agent", "gen_ai.caller.name"),
    "transfer_target": (
        GEN_AI_TRANSFER_TARGET_NAME,
        "gen_ai.agent.handoff.target.name",
        "gen_ai.handoff.to_agent",
    ),
    "transfer_mode": (GEN_AI_TRANSFER_MODE,),
}
"""Concept to attribute keys in order of preference; each concept is a column of the `spans` table."""

FOREIGN: Final[dict[str, str]] = {
    "ag2.human_input.prompt": "AG2: what a person is asked",
    "ag2.human_input.response": "AG2: what the person answered",
    "ai.toolCall": "Vercel AI SDK: the operation of a tool call",
    "ai.response.toolCalls": "Vercel AI SDK: the tool calls of a model's answer, as JSON",
    "crew_agents": "OpenInference CrewAI: the crew's agents, as JSON",
    "crew_tasks": "OpenInference CrewAI: the crew's tasks, as JSON",
    "crewai.crew.agents": "OpenLLMetry CrewAI: the crew's agents, as JSON",
    "crewai.crew.tasks": "OpenLLMetry CrewAI: the crew's tasks, as JSON",
    "crewai.crew.tasks_output": "OpenLLMetry CrewAI: the framework's account of each task",
    "crewai.task.human_input": "OpenLLMetry CrewAI: whether a task asks a person",
    "crewai.workflow": "OpenLLMetry CrewAI: name of the span around a crew",
    "exception.message": "OpenTelemetry: of an exception event",
    "exception.type": "OpenTelemetry: of an exception event",
    "gen_ai.choice": "OpenTelemetry, older: event with a model's or tool's answer",
    "gen_ai.system.message": "OpenTelemetry, older: event with a system prompt",
    "gen_ai.task.status": "OpenLLMetry: how a task ended",
    "gen_ai.tool.message": "OpenTelemetry, older: event with a tool's message",
    "gen_ai.tool.status": "Strands: how a tool call ended",
    "gen_ai.user.message": "OpenTelemetry, older: event with a user's message",
    "langfuse.observation.level": "Langfuse: how serious what happened is; an error is one whatever the span's status says",
    "langfuse.observation.usage_details": "Langfuse: a model call's tokens, as JSON",
    "langsmith.metadata.lc_agent_name": "LangSmith: the agent that a part of a LangChain graph belongs to",
    "langgraph.command.goto_node": "OpenLLMetry LangGraph: the node a command goes to",
    "gen_ai.completion.": "OpenLLMetry, older: prefix of an answer's flattened messages",
    "haystack.agent.step.llm": "Haystack: name of the span of a call of a model by an agent",
    "haystack.component.name": "Haystack: what a part of a pipeline is called",
    "haystack.component.type": "Haystack: the class of a part of a pipeline",
    "llm.request.type": "OpenLLMetry, older: the operation of a model call",
    "llm.input_messages.": "OpenInference: prefix of a prompt's flattened messages",
    "llm.output_messages.": "OpenInference: prefix of an answer's flattened messages",
    "mcp.method.name": "OpenTelemetry: the method of a request of the Model Context Protocol, on the client's and the server's span",
    "mcp.request.id": "OpenLLMetry: the number of a request of the Model Context Protocol, on the span that sends it",
    "mlflow.chat.tokenUsage": "MLflow: a model call's tokens, as JSON",
    "smolagents.managed_agents.": "OpenInference smolagents: prefix of the agents that a manager has",
    "traceloop.association.properties.__handoff_destination": "OpenLLMetry LangGraph: whom a tool hands over to",
    "traceloop.association.properties.lc_agent_name": "OpenLLMetry LangChain: the agent that a part of a graph belongs to",
}
"""Names of other instrumentations that the rules of settling read beside the conventions, with what they mean."""

NUMERIC_CONCEPTS: Final[dict[str, str]] = {
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cached_tokens": "BIGINT",
    "cost_usd": "DOUBLE",
}
"""Concepts that are numbers and their SQL type; a value that is no number becomes NULL."""

# --- Content: which attributes hold texts of people, models and tools -------------------------------------------------


class ContentLevel(StrEnum):
    """How much of the content leaves the process (values of `capture_content`), from most to least."""

    ALL = "all"
    METADATA = "metadata"
    NONE = "none"


CONTENT_CONCEPTS: Final = ("input", "output", "system_instructions", "tool_arguments", "tool_result", "metadata")
"""Concepts of `CONVENTIONS` whose attributes are content."""

CONTENT_KEYS: Final[frozenset[str]] = frozenset(
    {
        *(key for concept in CONTENT_CONCEPTS for key in CONVENTIONS[concept]),
        GEN_AI_AGENT_DESCRIPTION,
        GEN_AI_EVALUATION_EXPLANATION,
        GEN_AI_TOOL_DEFINITIONS,
        RELAYLENS_ESCALATION_ANSWER,
        RELAYLENS_ESCALATION_QUESTION,
        RELAYLENS_FEEDBACK_COMMENT,
        RELAYLENS_FEEDBACK_VALUE,
        RELAYLENS_HANDOFF_PAYLOAD,
        RELAYLENS_HANDOFF_REASON,
        RELAYLENS_HANDOFF_RECEIVED,
        RELAYLENS_RUN_OUTCOME_REASON,
        RELAYLENS_VALIDATION_REASON,
        "ai.prompt.tools",
        "ai.response.reasoning",
        "ai.response.toolCalls",
        "ai.value",
        "ai.values",
        "ag2.human_input.prompt",
        "ag2.human_input.response",
        "all_messages_events",
        "content",  # of a message event
        "crew_agents",
        "crew_inputs",
        "crew_tasks",
        "crewai.agent.backstory",
        "crewai.agent.goal",
        "crewai.crew.agents",
        "crewai.crew.result",
        "crewai.crew.tasks",
        "crewai.crew.tasks_output",
        "crewai.task.description",
        "crewai.task.expected_output",
        "db.query.text",
        "db.statement",
        "error.message",
        "exception.message",
        "exception.stacktrace",
        "gcp.vertex.agent.data",
        "gcp.vertex.agent.llm_request",
        "gcp.vertex.agent.llm_response",
        "gen_ai.completion",
        "gen_ai.prompt",
        "gen_ai.task.input",
        "gen_ai.task.output",
        "gen_ai.tool.description",
        "gen_ai.tool.json_schema",
        "http.request.body",
        "http.response.body",
        "input",
        "llm.invocation_parameters",
        "llm.prompts",
        "logfire.msg",
        "haystack.agent.tools",
        "haystack.pipeline.input_data",
        "haystack.pipeline.output_data",
        "mcp.request.argument",
        "mcp.response.value",
        "message.content",
        "message_context",
        "mlflow.chat.tools",
        "model_request_parameters",
        "output",
        "prompt",
        "completion",
        "tool.description",
        "tool.parameters",
        "tool.result",
        "url.query",
        "workflow.definition",
    }
)
"""Attributes of spans, events and links that hold texts of people, models and tools, or texts made of these."""

CONTENT_PREFIXES: Final = (
    "crewai.task.output",
    "embedding.embeddings.",
    "gen_ai.completion.",
    "gen_ai.prompt.",
    "http.request.header.",
    "http.response.header.",
    "llm.choices.",
    "llm.input_messages.",
    "llm.output_messages.",
    "llm.prompts.",
    "llm.prompt_template.",
    "llm.tools.",
    "mcp.request.argument.",
    "reranker.",
    "retrieval.documents.",
    "smolagents.managed_agents.",
)
"""Beginnings of attributes that hold content, for instrumentations that flatten messages."""

CONTENT_EVENTS: Final = (
    "gen_ai.assistant.message",
    "gen_ai.choice",
    "gen_ai.client.inference.operation.details",
    GEN_AI_EVALUATION_RESULT,
    "gen_ai.system.message",
    "gen_ai.tool.message",
    "gen_ai.user.message",
)
"""Events that are messages."""

STRUCTURAL_ENDINGS: Final = (".role", ".name", ".id", ".tool_call_id", ".type", ".finish_reason", ".mime_type", ".score")
"""Ends of flattened attributes that say how content is built, not what it says."""

STRUCTURAL_KEYS: Final[frozenset[str]] = frozenset(
    {
        *(key for concept, keys in CONVENTIONS.items() if concept not in CONTENT_CONCEPTS for key in keys),
        GEN_AI_EVALUATION_NAME,
        GEN_AI_EVALUATION_SCORE_LABEL,
        GEN_AI_TRANSFER_TARGET_TYPE,
        RELAYLENS_ESCALATION_ANSWERED_BY,
        RELAYLENS_ESCALATION_ID,
        RELAYLENS_ESCALATION_STATE,
        RELAYLENS_FEEDBACK_NAME,
        RELAYLENS_FEEDBACK_SOURCE,
        RELAYLENS_HANDOFF_ID,
        RELAYLENS_HANDOFF_STATUS,
        RELAYLENS_ORIGINAL_TRACE_ID,
        RELAYLENS_PROCESS_ID,
        RELAYLENS_RUN_OUTCOME,
        RELAYLENS_RUN_OUTCOME_EVIDENCE,
        RELAYLENS_SEQUENCE,
        RELAYLENS_SPAN_ROLE,
        RELAYLENS_STEP_OUTCOME,
        RELAYLENS_VALIDATION_SUBJECT,
        RELAYLENS_VALIDATION_VERDICT,
        "exception.type",
        "gen_ai.workflow.nodes",
        "gen_ai.workflow.edges",
        "langgraph.command.source_node",
        "langgraph.command.goto_node",
        "traceloop.association.properties.__handoff_destination",
        "traceloop.entity.name",
    }
)
"""Attributes that say who did what and how it ended; they are kept at every level."""

USER_KEYS: Final[frozenset[str]] = frozenset(
    {*CONVENTIONS["user_id"], "enduser.id", "enduser.pseudo.id", "user.email", "user.full_name", "user.name", "langfuse.user.id"}
)
"""Attributes that say who the end user is; `hash_user_ids` hashes them."""

CONTENT_METADATA_KEYS: Final[frozenset[str]] = frozenset(
    {
        "checkpoint_ns",
        "conversation_id",
        "langgraph_checkpoint_ns",
        "langgraph_node",
        "langgraph_step",
        "lc_agent_name",
        "session_id",
        "thread_id",
        "user_id",
    }
)
"""Members of the attribute `metadata` that settling reads; they are kept at every level."""

JOINING_KEYS: Final[frozenset[str]] = frozenset(
    {RELAYLENS_RUN_ID, RELAYLENS_HANDOFF_ID, RELAYLENS_ESCALATION_ID, *CONVENTIONS["tool_call_id"]}
)
"""Identifiers that are made by programs and join spans; rules of redaction do not look at them."""

IDENTITY_KEYS: Final[frozenset[str]] = frozenset({*CONVENTIONS["session_id"], *CONVENTIONS["agent_id"]})
"""Identifiers that an application chooses; where they hold personal data a hash keeps them apart."""
