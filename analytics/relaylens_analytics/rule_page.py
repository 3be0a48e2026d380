"""Writes the list of rules of docs/settling.md from the rule files, so that the page cannot say something else."""

import sys
from importlib.resources import files
from pathlib import Path
from typing import Final

from relaylens_analytics.metric_page import PageMarkError

BEGIN: Final = "<!-- begin rules: written by relaylens_analytics.rule_page -->"
END: Final = "<!-- end rules -->"

FOLDERS: Final = {
    "span_class": "What a span is",
    "agent_name": "The name of an agent",
    "handoff": "Handoffs that a span, a message or a model's call states",
    "handoff_inferred": "Handoffs inferred for turns that no stated handoff explains",
    "escalation": "Questions to a person",
    "step_outcome": "How a step ended",
    "run_outcome": "How a run ended",
}
"""The folders of rules below `sql/rules`, with their headings, in the order of deriving."""


def renewed(page: str) -> str:
    """Give the page with its list of rules made anew."""
    before, found_begin, rest = page.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found_begin or not found_end:
        detail = f"Looked for {BEGIN!r} and {END!r}."
        raise PageMarkError(detail)
    parts = [f"## {heading}\n\n{_table(folder)}" for folder, heading in FOLDERS.items()]
    return f"{before}{BEGIN}\n" + "\n\n".join(parts) + f"\n{END}{after}"


def _first_line(text: str) -> str:
    """The sentence with which a rule opens."""
    return text.partition("\n")[0].removeprefix("-- ").replace("|", "\\|")


def _table(folder: str) -> str:
    entries = sorted((files("relaylens_analytics") / "sql" / "rules" / folder).iterdir(), key=lambda entry: entry.name)
    rows = [
        f"| `{entry.name[4:-4]}` | {_first_line(entry.read_text(encoding='utf-8'))} |" for entry in entries if entry.name.endswith(".sql")
    ]
    return "\n".join(["| rule | matches |", "|---|---|", *rows])


def main(path: Path) -> None:
    """Write the list of rules into the page."""
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
