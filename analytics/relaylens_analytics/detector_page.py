"""Writes the tables of docs/detectors.md from the catalogue of detectors, so that the page cannot say something else."""

import json
import re
import sys
from pathlib import Path
from typing import Final

from relaylens_analytics.detectors import GENERAL, MEASURED, Detector, Layer, Parameter, catalogue
from relaylens_analytics.metric_page import PageMarkError

BEGIN: Final = "<!-- begin detectors: written by relaylens_analytics.detector_page -->"
END: Final = "<!-- end detectors -->"

_HEADINGS: Final = {
    Layer.RUN: "Within a run",
    Layer.AGENTS: "Between agents",
    Layer.PAST: "Against the deployment's own past",
    Layer.DECLARED: "Against the declared network",
}


def renewed(page: str) -> str:
    """Give the page with its tables made anew."""
    before, found_begin, rest = page.partition(BEGIN)
    _, found_end, after = rest.partition(END)
    if not found_begin or not found_end:
        detail = f"Looked for {BEGIN!r} and {END!r}."
        raise PageMarkError(detail)
    layers = [(heading, [one for one in catalogue() if one.layer is layer]) for layer, heading in _HEADINGS.items()]
    parts = [f"## {heading}\n\n{_table(found)}" for heading, found in layers if found]
    return "\n\n".join(
        [
            f"{before}{BEGIN}\n{parts[0]}",
            *parts[1:],
            f"## Parameters\n\n{_parameters()}\n\n## What they leave alone\n\n{_exempt()}\n{END}{after}",
        ]
    )


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _table(found: list[Detector]) -> str:
    rows = [f"| {one.id} | `{one.name}` | {_cell(one.meaning)} | {', '.join(one.reads)} | {one.on} |" for one in sorted(found, key=_place)]
    return "\n".join(["| id | detector | means | reads | on |", "|---|---|---|---|---|", *rows])


def _place(detector: Detector) -> tuple[str, int, str]:
    """By the letters of its id, then by the number."""
    letters, number, part = re.findall(r"^([A-Z]+)(\d+)([a-z]?)", detector.id)[0]
    return letters, int(number), part


def _parameters() -> str:
    """What can be set, by detector."""
    rows = [_row(one.name, parameter) for one in catalogue() for parameter in one.parameters]
    rows.extend(_row(GENERAL, parameter) for parameter in MEASURED)
    return "\n".join(["| detector | parameter | default | means |", "|---|---|---|---|", *rows])


def _row(name: str, parameter: Parameter) -> str:
    return f"| `{name}` | `{parameter.name}` | `{_cell(json.dumps(parameter.default))}` | {_cell(parameter.meaning)} |"


def _exempt() -> str:
    """What is no finding, by detector."""
    rows = [f"| `{one.name}` | {_cell('; '.join(one.exempt))} |" for one in catalogue() if one.exempt]
    return "\n".join(["| detector | leaves alone |", "|---|---|", *rows])


def main(path: Path) -> None:
    """Write the tables into the page."""
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
