"""Labels: what people or programs say of a run or a finding later, kept in the journal like everything else."""

import json
import math
import uuid
from typing import Any, Final

from relaylens.semconv import LabelName, Mark, RunVerdict
from relaylens_collector.errors import LabelRefusedError
from relaylens_collector.read_api.questions import read_object

_TEXTS: Final = ("run", "trace_id", "finding", "name", "value", "source", "comment", "id")
_FIELDS: Final = frozenset({*_TEXTS, "score"})
_ON_FINDINGS: Final = (LabelName.FINDING, LabelName.JUDGEMENT)
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    LabelName.FINDING: tuple(Mark),
    LabelName.JUDGEMENT: tuple(Mark),
    LabelName.VERDICT: tuple(RunVerdict),
}
"""What may be said under the names that detectors and baselines read: a misspelt word there would be lost in silence."""


def read_label(body: bytes) -> bytes:
    """Check a label and return what is journalled; without an `id` of its own each label is a new one, also when it says the same."""
    label = {name: value for name, value in read_object(body, _FIELDS, LabelRefusedError).items() if value is not None}
    for name in _TEXTS:
        if name in label and not isinstance(label[name], str):
            message = f"The field {name!r} has to be text."
            raise LabelRefusedError(message)
    if not label.get("name") or not (label.get("run") or label.get("trace_id")):
        message = "A label needs a name, and the run or the trace_id it is about."
        raise LabelRefusedError(message)
    if "score" in label and not _is_score(label["score"]):
        message = "The field 'score' has to be a number."
        raise LabelRefusedError(message)
    if "value" not in label and "score" not in label:
        message = "A label needs a value or a score."
        raise LabelRefusedError(message)
    _check_vocabulary(label)
    label.setdefault("id", uuid.uuid4().hex)
    return json.dumps(label, sort_keys=True).encode()


def _check_vocabulary(label: dict[str, Any]) -> None:
    """Refuse what would be stored and never read: a mark without its finding, or an unknown word."""
    name = label["name"]
    if ("finding" in label) is not (name in _ON_FINDINGS) or label.get("finding") == "":
        message = f"A label on a finding has the field 'finding' and is named {' or '.join(map(repr, map(str, _ON_FINDINGS)))}."
        raise LabelRefusedError(message)
    if name in _VALUES and label.get("value") not in _VALUES[name]:
        message = f"The label {name!r} has one of the values {', '.join(_VALUES[name])}."
        raise LabelRefusedError(message)


def _is_score(value: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond what a double holds
        return False
