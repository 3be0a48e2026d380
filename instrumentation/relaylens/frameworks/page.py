"""Writes the table of supported frameworks in docs/frameworks/README.md from their files, so that the page cannot say something else."""

import sys
from pathlib import Path
from typing import Final

from relaylens.frameworks.supported import SUPPORTED, load

BEGIN: Final = "<!-- begin frameworks: written by relaylens.frameworks.page -->\n"
END: Final = "<!-- end frameworks -->"


def table() -> str:
    """The table in markdown, one row for each framework."""
    rows = [
        f"| [{framework.name}]({framework.name}.md) | `relaylens[{framework.name}]` | `{framework.distribution}` {framework.tested} "
        f"| {framework.adds} | {framework.why} |\n"
        for framework in map(load, SUPPORTED)
    ]
    return "".join(
        ["| | extra | tested with | what Relaylens adds | where model and tool calls come from |\n", "|---|---|---|---|---|\n", *rows]
    )


def written(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + table() + END + after


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text(encoding="utf-8")), encoding="utf-8")
