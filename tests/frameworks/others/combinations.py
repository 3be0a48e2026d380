"""Which frameworks are played under which instrumentation, none of them ours."""

from dataclasses import dataclass
from typing import Final

_OI: Final = "openinference"
_OTEL: Final = "opentelemetry.instrumentation.genai"


@dataclass(frozen=True)
class Combination:
    """A framework and what sends its spans."""

    framework: str
    """The folder and the main program of the framework."""

    instrumentation: str
    """`openinference`, `openllmetry`, `otel_genai`, `otel_v2`, or `builtin` where the framework sends its own spans."""

    packages: tuple[str, ...] = ()
    instrumentors: str = ""
    """What the modules of the instrumentors to switch on begin with."""

    code: str = ""
    """A line that switches the framework's own tracing on, or keeps the program from switching it off."""

    newest: bool = False
    """Whether the newest names of the conventions are asked for."""

    capture: str = "true"
    """How texts are asked for."""

    @property
    def name(self) -> str:
        """As the captures are named."""
        return f"{self.framework}__{self.instrumentation}"


# the program takes the SDK's processors away, which send to OpenAI
_KEEP: Final = "import agents; agents.set_trace_processors = lambda processors: None"
_PYDANTIC: Final = "from pydantic_ai import Agent, InstrumentationSettings; Agent.instrument_all(InstrumentationSettings(version={}))"
_MAF: Final = "from agent_framework.observability import enable_instrumentation; enable_instrumentation(enable_sensitive_data=True)"

COMBINATIONS: Final = (
    Combination("langgraph", "openinference", ("openinference-instrumentation-langchain==0.1.80",), _OI),
    Combination(
        "langgraph", "openllmetry", ("opentelemetry-instrumentation-langchain==0.62.4",), "opentelemetry.instrumentation.langchain"
    ),
    Combination(
        "langgraph",
        "otel_genai",
        ("opentelemetry-instrumentation-genai-langchain==1.3b0",),
        f"{_OTEL}.langchain",
        newest=True,
        capture="SPAN_ONLY",
    ),
    Combination("openai_agents", "openinference", ("openinference-instrumentation-openai-agents==2.6.0",), _OI, _KEEP),
    Combination(
        "openai_agents",
        "openllmetry",
        ("opentelemetry-instrumentation-openai-agents==0.62.4",),
        "opentelemetry.instrumentation.openai_agents",
        _KEEP,
    ),
    Combination(
        "openai_agents",
        "otel_genai",
        ("opentelemetry-instrumentation-genai-openai-agents==1.3b0",),
        f"{_OTEL}.openai_agents",
        _KEEP,
        newest=True,
        capture="SPAN_ONLY",
    ),
    Combination(
        "openai_agents",
        "otel_v2",
        ("opentelemetry-instrumentation-openai-agents-v2==0.1.0",),
        "opentelemetry.instrumentation.openai_agents",
        _KEEP,
        capture="SPAN_ONLY",
    ),
    Combination(
        "crewai", "openinference", ("openinference-instrumentation-crewai==1.1.21", "openinference-instrumentation-openai==0.1.66"), _OI
    ),
    Combination(
        "crewai",
        "openllmetry",
        ("opentelemetry-instrumentation-crewai==0.62.4", "opentelemetry-instrumentation-openai==0.62.4"),
        "opentelemetry.instrumentation.crewai,opentelemetry.instrumentation.openai",
    ),
    Combination("autogen", "builtin"),
    Combination(
        "autogen", "builtin_openllmetry", ("opentelemetry-instrumentation-openai==0.62.4",), "opentelemetry.instrumentation.openai"
    ),
    Combination("pydantic_ai", "builtin_v5", code=_PYDANTIC.format(5)),
    Combination("pydantic_ai", "builtin_v2", code=_PYDANTIC.format(2)),
    Combination("google_adk", "builtin"),
    Combination("google_adk", "builtin_latest", newest=True, capture="SPAN_AND_EVENT"),
    Combination("agent_framework", "builtin", code=_MAF),
    Combination("strands", "builtin"),
    Combination("strands", "builtin_latest", newest=True),
    Combination("smolagents", "openinference", ("openinference-instrumentation-smolagents==0.1.43",), _OI),
    Combination(
        "smolagents",
        "otel_genai",
        ("opentelemetry-instrumentation-genai-smolagents==1.2b0",),
        f"{_OTEL}.smolagents",
        newest=True,
        capture="SPAN_ONLY",
    ),
    Combination("llama_index", "openinference", ("openinference-instrumentation-llama-index==4.6.1",), _OI),
    Combination(
        "llama_index",
        "otel_genai",
        ("opentelemetry-instrumentation-genai-llama-index==1.3b0",),
        f"{_OTEL}.llama_index",
        newest=True,
        capture="SPAN_ONLY",
    ),
    Combination("agno", "openinference", ("openinference-instrumentation-agno==1.0.15",), _OI),
    Combination(
        "agno", "otel_genai", ("opentelemetry-instrumentation-genai-agno==1.3b0",), f"{_OTEL}.agno", newest=True, capture="SPAN_ONLY"
    ),
)
