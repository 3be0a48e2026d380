"""The examples of docs/instrumentation.md run, and its table says what is written."""

import re
from pathlib import Path
from typing import Any

from relaylens import semconv
from relaylens.semconv import Operation

from .conftest import Recording

DOCUMENT = (Path(__file__).parents[2] / "docs" / "instrumentation.md").read_text()


def run_examples() -> None:
    """Run all examples one after the other, as a reader would."""
    namespace: dict[str, Any] = {}
    for example in re.findall(r"^```python\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL):
        exec(compile(example, "docs/instrumentation.md", "exec"), namespace)  # noqa: S102 - our own documentation
    namespace["has_date"]("tomorrow")


def table() -> dict[str, str]:
    """Operation and attributes of each row of the table of calls."""
    rows = [line.split(" | ") for line in DOCUMENT.splitlines() if line.startswith("| ") and line.count(" | ") == 3]
    described: dict[str, str] = {}
    for _, _, operation, attributes in rows:
        for word in re.findall(r"`([a-z_]+)`", operation):
            described[word] = described.get(word, "") + attributes
    return described


def test_the_examples_run_and_show_every_operation(recording: Recording) -> None:
    """Together the examples write a span of each operation but the one for receipts without a step, and none of them fails."""
    run_examples()

    written = recording.tree()
    assert {operation.value for operation in Operation} - {"retrieval", "receive_handoff"} == {
        entry["attributes"]["gen_ai.operation.name"] for entry in written
    }
    assert [] == [entry["name"] for entry in written if "status" in entry]


def test_the_table_names_every_attribute_that_is_written(recording: Recording) -> None:
    """Whatever the examples write is in the row of its operation, or in the first row for every span."""
    run_examples()
    described = table()
    always = next(line for line in DOCUMENT.splitlines() if line.startswith("| *every span*"))
    # Receipts and outcomes have rows of their own without an operation, since they are on spans of agents and runs.
    extra = " ".join(line for line in DOCUMENT.splitlines() if line.startswith(("| ... that", "| `outcome(state)` while")))

    missing = {
        (entry["attributes"]["gen_ai.operation.name"], key)
        for entry in recording.tree()
        for key in entry["attributes"]
        if key != semconv.GEN_AI_OPERATION_NAME
        and not any(
            f"`{key}`" in text or f"`.{key.split('.', 2)[-1]}`" in text
            for text in (described[entry["attributes"]["gen_ai.operation.name"]], always, extra)
        )
    }
    assert set() == missing
