"""One colour for each meaning, the same on every screen, told apart also by people who do not see red and green as two.

The hues are Okabe and Ito's; blue is good and vermilion is bad, never green and red.
"""

from collections.abc import Mapping
from typing import Final

from relaylens.semconv import EscalationState, Evidence, Outcome, SpanClass

GOOD: Final = "#0072b2"
FAIR: Final = "#56a8d8"
WEAK: Final = "#e69f00"
BAD: Final = "#d55e00"
PERSON: Final = "#a4669e"
UNKNOWN: Final = "#8a939e"

OUTCOMES: Final[Mapping[str, str]] = {
    Outcome.COMPLETED: GOOD,
    Outcome.FAILED: BAD,
    Outcome.ESCALATED: PERSON,
    Outcome.ABANDONED: UNKNOWN,
    Outcome.RUNNING: "#56b4a5",
}
"""How a run or a step ended."""

EVIDENCE: Final[Mapping[str, str]] = {
    Evidence.STATED: "#08519c",
    Evidence.GRADED: "#3182bd",
    Evidence.RULE: "#7fb3d9",
    Evidence.INFERRED: "#c6d9ea",
}
"""Grade of evidence: the weaker, the paler."""

SEVERITIES: Final[Mapping[str, str]] = {"high": BAD, "medium": WEAK, "low": UNKNOWN}
"""How grave a finding is."""

ESCALATIONS: Final[Mapping[str, str]] = {
    EscalationState.REQUESTED: WEAK,
    EscalationState.PENDING: WEAK,
    EscalationState.APPROVED: GOOD,
    EscalationState.EDITED: FAIR,
    EscalationState.DENIED: BAD,
    EscalationState.TIMED_OUT: UNKNOWN,
    EscalationState.ABANDONED: UNKNOWN,
}
"""Where a question to a person stands."""

SPANS: Final[Mapping[str, str]] = {
    SpanClass.LLM: "#5b7fa6",
    SpanClass.TOOL: "#c9a227",
    SpanClass.HANDOFF: "#5f9e8f",
    SpanClass.HUMAN: PERSON,
    SpanClass.VALIDATION: "#7b6fb0",
}
"""Blocks on a lane; a class not named here is `UNKNOWN`."""

AGENTS: Final = ("#4477aa", "#66a5ad", "#b0a160", "#7b6fb0", "#c48a69", "#8a939e", "#5f9e8f", "#a4669e", "#6f8fd0", "#9aa86a")
"""Told apart where several agents share one bar; they mean nothing."""

RATES: Final[tuple[tuple[float, str, str], ...]] = (
    (0.95, GOOD, "95 % and more"),
    (0.8, FAIR, "80 to 95 %"),
    (0.5, WEAK, "50 to 80 %"),
    (0.0, BAD, "under 50 %"),
)
"""Colour of a success rate: lower end of the class, colour and what the legend says."""


def rate(value: float | None) -> str:
    """Give the colour of a success rate; one that is not known is grey."""
    if value is None:
        return UNKNOWN
    return next(colour for low, colour, _ in RATES if value >= low)


THEME: Final[Mapping[str, str]] = {
    "theme.baseRadius": "small",
    "theme.baseFontSize": "14",
    "theme.showWidgetBorder": "true",
    "theme.headingFontWeights": "600",
    "theme.light.primaryColor": GOOD,
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f6f8",
    "theme.light.textColor": "#1c2430",
    "theme.light.borderColor": "#dfe4ea",
    "theme.light.linkColor": GOOD,
    "theme.dark.primaryColor": FAIR,
    "theme.dark.backgroundColor": "#14181e",
    "theme.dark.secondaryBackgroundColor": "#1d232b",
    "theme.dark.textColor": "#e4e8ee",
    "theme.dark.borderColor": "#323a45",
    "theme.dark.linkColor": FAIR,
}
"""Streamlit's own settings for the same look, light and dark."""
