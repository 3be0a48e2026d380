"""What the exporters are asked to send: all pairs of what their APIs can express."""

from collections.abc import Mapping
from typing import Any, Final

from tests.collector.golden.spans import pairwise

LONG: Final = "The customer asks again, and again. " * 40
START: Final = 1_790_000_000_123_456_789

_ATTRIBUTES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"text": "plain"},
    {"text": "Grüße \U0001f680 передача → агент"},
    {"text": ""},
    {"text": LONG},
    {"flag": True, "other": False},
    {"number": 0},
    {"number": -(2**31)},
    {"number": 2**31 - 1},
    {"share": {"double": 0.1}},
    {"share": {"double": -1.5e-300}},
    {"texts": ["a", "", LONG]},
    {"numbers": [1, -2, 3]},
    {"flags": [True, False]},
    {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 12, "gen_ai.request.model": "gpt-4.1"},
)
_DIMENSIONS: Final[tuple[list[Mapping[str, Any]], ...]] = (
    [{"attributes": attributes} for attributes in _ATTRIBUTES],
    [{"kind": kind} for kind in ("INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")],
    [{"parent": None}, {"parent": "00000000000000ab"}],
    [{"status": "UNSET", "message": ""}, {"status": "OK", "message": ""}, {"status": "ERROR", "message": "broken: ä"}],
    [
        {"events": []},
        {"events": [{"name": "happened", "time": str(START + 5), "attributes": {"why": "because", "count": 2}}]},
        {"events": [{"name": name, "time": str(START + 7), "attributes": {}} for name in ("one", LONG)]},
    ],
    [{"links": []}, {"links": [{"trace": "ab" * 16, "span": "cd" * 8, "attributes": {"reason": "retry"}}]}],
    [{"start": str(START), "end": str(START + 1)}, {"start": str(START), "end": str(START + 3_600_000_000_001)}],
    [{"state": []}, {"state": [["vendor", "value"], ["other", "1"]]}],
    [{"name": name} for name in ("chat gpt-4.1", "передача → агент", LONG)],
)


def plan_of(trace: str) -> list[dict[str, Any]]:
    """The spans of a trace."""
    spans = []
    for number, row in enumerate(pairwise(_DIMENSIONS), start=1):
        fields = {name: value for values, chosen in zip(_DIMENSIONS, row, strict=True) for name, value in values[chosen].items()}
        spans.append({"trace": trace, "span": f"{number:016x}", **fields})
    return spans
